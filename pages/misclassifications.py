"""Misclassifications: the faces that a network gets wrong, a record of each, and the user's marks."""

from __future__ import annotations

import streamlit as st

from fer_models.data import FaceDataset
from fer_models.evaluation.annotators import votes_name
from workbench import cache, shared
from workbench.app import marks
from workbench.app.wording import percent
from workbench.evidence import bar, face_answer, gallery, notes, slices_table
from workbench.evidence.bar import Evidence
from workbench.features.misclassifications import filters, record
from workbench.widgets import downloads, heading
from workbench.widgets.errors import guard


def _answer(evidence: Evidence) -> None:
    evaluation = evidence.evaluation
    wrong = int((evaluation.predictions != evaluation.targets).sum())
    heading.head().line.caption(
        f"**{wrong:,} of {evaluation.n:,} faces are wrong** ({percent(wrong / evaluation.n)})", width="content"
    )
    voted = _voted(evidence)
    selection = filters.show(evidence, voted)
    with guard("the gallery"):
        _faces(evidence, selection, voted)
    st.caption(f"Accuracy {evaluation.sentence()}")
    notes.show(evaluation.notes)
    st.header("Where it fails most", anchor=False)
    with guard("the slices"):
        slices_table.show(evidence)
    _export(evidence)


def _faces(evidence: Evidence, selection: filters.Selection, voted: FaceDataset | None) -> None:
    evaluation, indices = evidence.evaluation, selection.indices
    index_of = {int(position): index for index, position in enumerate(evaluation.positions)}
    row = shared.ROW.get()
    selected = index_of.get(int(row)) if row is not None and row.isdecimal() else None
    if selected is None and len(indices):
        selected = int(indices[0])
    left, right = st.columns([7, 5], gap="large")
    with left:
        clicked = gallery.show(
            evidence, indices, key="errors", selected=selected, scope=selection.scope, title=selection.title
        )
    if clicked is not None:
        selected = clicked
        shared.ROW.set(str(int(evaluation.positions[clicked])))
    if selected is not None:
        with right:
            face_answer.show(evidence, selected, key="error face")
            record.show(evidence, selected, voted)


def _voted(evidence: Evidence) -> FaceDataset | None:
    """The data set with annotators' votes for the same images, if there is one."""
    name = votes_name(evidence.dataset, evidence.name)
    with guard("the annotators' votes"):
        return None if name is None else cache.dataset(name)
    return None


def _export(evidence: Evidence) -> None:
    marks_by_row = marks.read(evidence.dataset)
    st.header("Marked faces", anchor=False)
    if not marks_by_row:
        st.caption("None in this data set yet: mark a face beside its image, and it is listed here.")
        return
    st.caption(f"{len(marks_by_row):,} of {evidence.name}: {marks.summary(marks_by_row)}.")
    downloads.show(marks.COLUMNS, marks.table(evidence.dataset, marks_by_row), "marks.csv", key="marks csv")


heading.show("misclassifications")
with guard("the predictions"):
    evidence = bar.show(note=False)
    if evidence is not None:
        _answer(evidence)
heading.show_reading(
    "Above each face are two words, not a verdict: the label, then the network's answer. A confident error "
    "may be a wrong label, a face on which people disagree too, or a habit of the network; the heatmaps, the "
    "annotators' votes and the nearest training faces help to tell which. Marks are a person's judgement and "
    "change no figure on these pages.",
    "Barsoum et al. 2016 (FERPlus, ten votes a face); Northcutt et al. 2021 (label errors in test sets)",
)
