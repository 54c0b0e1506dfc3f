"""Misclassifications: the faces that a network gets wrong, all that is known of each, and a person's marks on them."""

from __future__ import annotations

import numpy as np
import streamlit as st

from fer_models.data import FaceDataset
from fer_models.evaluation.annotators import votes_name
from workbench import cache, shared
from workbench.app import marks
from workbench.app.wording import percent
from workbench.evidence import bar, face_answer, gallery, slices_table
from workbench.evidence.bar import Evidence
from workbench.features.misclassifications import filters, record
from workbench.widgets import downloads, heading
from workbench.widgets.errors import guard


def _answer(evidence: Evidence) -> None:
    evaluation = evidence.evaluation
    wrong = int((evaluation.predictions != evaluation.targets).sum())
    st.markdown(
        f"**{wrong:,} of {evaluation.n:,} faces are wrong** ({percent(wrong / evaluation.n)}) · accuracy "
        f"{evaluation.sentence()}"
    )
    voted = _voted(evidence)
    found = filters.show(evidence, voted)
    with guard("the gallery"):
        _faces(evidence, found.places, found.scope, voted)
    st.subheader("Where it fails most", anchor=False)
    with guard("the slices"):
        slices_table.show(evidence)
    _export(evidence)


def _faces(evidence: Evidence, places: np.ndarray, scope: str, voted: FaceDataset | None) -> None:
    evaluation = evidence.evaluation
    at = {int(position): place for place, position in enumerate(evaluation.positions)}
    asked = shared.ROW.get()
    chosen = at.get(int(asked)) if asked is not None and asked.isdecimal() else None
    if chosen is None and len(places):
        chosen = int(places[0])
    left, right = st.columns([7, 5], gap="large")
    with left:
        clicked = gallery.show(evidence, places, key="errors", selected=chosen, scope=scope)
    if clicked is not None:
        chosen = clicked
        shared.ROW.set(str(int(evaluation.positions[clicked])))
    if chosen is not None:
        with right:
            face_answer.show(evidence, chosen, key="error face")
            record.show(evidence, chosen, voted)


def _voted(evidence: Evidence) -> FaceDataset | None:
    """The set with annotators' votes for the same pictures, where there is one."""
    name = votes_name(evidence.dataset, evidence.name)
    with guard("the annotators' votes"):
        return None if name is None else cache.dataset(name)
    return None


def _export(evidence: Evidence) -> None:
    known = marks.read(evidence.dataset)
    st.subheader("Marked faces", anchor=False)
    if not known:
        st.caption("None in this data set yet: mark a face beside its picture, and it is listed here.")
        return
    st.caption(f"{len(known):,} of {evidence.name}: {marks.summary(known)}.")
    downloads.show(marks.COLUMNS, marks.table(evidence.dataset, known), f"{evidence.name}-marks.csv", key="marks csv")


heading.show("misclassifications")
with guard("the predictions"):
    evidence = bar.show()
    if evidence is not None:
        _answer(evidence)
heading.show_reading(
    "Above each face stands no verdict but two words: the label, then the network's answer. A sure error may be a "
    "wrong label, a face that people do not agree on either, or a habit of the network; the heatmaps, the "
    "annotators' votes and the nearest training faces help to tell which. Marks are a person's judgement and "
    "change no figure on these pages.",
    "Barsoum et al. 2016 (FERPlus, ten votes a face); Northcutt et al. 2021 (label errors in test sets)",
)
