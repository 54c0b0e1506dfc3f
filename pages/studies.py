"""Studies: one recipe over folds, seeds and settings."""

from __future__ import annotations

import streamlit as st

from workbench import state
from workbench.features.studies import new, plots, tables
from workbench.features.studies import progress as studies_progress
from workbench.features.studies.model import studies
from workbench.widgets import data_choice, heading
from workbench.widgets.errors import guard
from workbench.widgets.files import file_names

_SECTIONS = ("Tables", "Curves", "Confusion", "Settings and figures")
STUDY = state.Choice("studies.study")
PART = state.Choice("studies.part", _SECTIONS)
STARTED = state.Kept("studies.started", 0)


def _show_study(studies_by_id: dict[str, str]) -> None:
    requested = STUDY.get()
    if requested is not None and requested not in studies_by_id:
        st.info(f"The study in the address, {requested!r}, is not on this computer.", icon=":material/info:")
    if not studies_by_id:
        st.info(
            "No study yet. Choose a recipe and what changes, then start it. Its runs join the queue and continue "
            "when this page is closed.",
            icon=":material/info:",
        )
        return
    ids = list(studies_by_id)
    study_id = str(st.selectbox("Study", ids, format_func=studies_by_id.__getitem__, **STUDY.widget(ids)))
    file_names.about(run=study_id, data=None)
    progress = studies_progress.show(study_id, key="study")
    section = st.segmented_control("Part", _SECTIONS, required=True, label_visibility="collapsed", **PART.widget())
    if section == "Curves":
        plots.show_curves(progress, key=study_id)
    elif section == "Confusion":
        plots.show_confusion(progress, key=study_id)
    elif section == "Settings and figures":
        plots.show_settings(progress, key=study_id)
    else:
        tables.show(progress, key=study_id)


heading.show("studies")
studies_by_id = studies.studies()
begun = STARTED.get()  # a fresh key closes the form, so that the study is visible
with (
    st.expander("New study", expanded=not studies_by_id, icon=":material/add:", key=f"new study {begun}"),
    guard("the form"),
):
    started = new.show("new study")
    if started is not None:
        STUDY.set(started)
        STARTED.set(begun + 1)
        st.rerun()
with guard("the data set"):
    data_choice.check()
for sentence in studies.damaged():
    st.warning(sentence, icon=":material/warning:")
with guard("the study"):
    _show_study(studies_by_id)
heading.show_reading(
    "A single run says little: another seed or fold moves the accuracy by a point or more. A study trains the same "
    "recipe several times, shows how far the runs scatter, and tests whether a change exceeds that. With folds of "
    "images, the same person can be in training and test, which flatters a network; folds of subjects rule that out. "
    "“No difference larger than chance” does not mean that there is none: more seeds or folds may find it.",
    "Nadeau and Bengio, Inference for the Generalization Error, 2003; Bouthillier et al., Accounting for Variance "
    "in Machine Learning Benchmarks, 2021",
)
