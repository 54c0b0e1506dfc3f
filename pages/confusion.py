"""Confusion: which classes a network confuses, with the images behind every cell."""

from __future__ import annotations

import numpy as np
import streamlit as st

from workbench import navigation, shared, state
from workbench.evidence import as_python, bar, face_answer, gallery
from workbench.evidence.bar import Evidence
from workbench.evidence.model import confusion
from workbench.features.confusion import calibration, class_table, matrix, scorecard, thresholds
from workbench.features.confusion.matrix import Cell
from workbench.widgets import heading
from workbench.widgets.errors import guard

#: Expanders, drawn when they are opened: title and icon, name, and drawing function.
_FOLDS = {
    ("Scorecard", "assignment"): ("scorecard", scorecard.show),
    ("Can its confidence be believed?", "speed"): ("calibration", calibration.show),
    ("One class against the rest, and thresholds", "show_chart"): ("thresholds", thresholds.show),
}
PUT_BY = state.Choice("confusion.put by", default="here")


def _answer(evidence: Evidence) -> None:
    cell = matrix.show(evidence)
    with guard("the images of the cell"):
        _pictures(evidence, cell)
    st.header("Class by class", anchor=False)
    with guard("the figures of the classes"):
        class_table.show(evidence.evaluation)
    for (title, icon), (what, draw) in _FOLDS.items():
        fold = st.expander(title, icon=f":material/{icon}:", key=f"{what} fold", on_change="rerun")
        if fold.open:
            with fold, guard(f"the {what}"):
                draw(evidence)


def _pictures(evidence: Evidence, cell: Cell) -> None:
    evaluation = evidence.evaluation
    st.header(f"{cell.true} > {cell.predicted}", anchor=False)
    which = _which(evidence, cell)
    if which == "here" or cell.other is None:
        indices = confusion.pictures(evaluation, cell.true, cell.predicted)
    else:
        indices = confusion.moved(evaluation, cell.other, cell.true, cell.predicted, into=which == "only here")
    row = shared.ROW.get()
    index_of_row = {str(int(evaluation.positions[index])): int(index) for index in indices}
    selected = index_of_row.get(row or "", int(indices[0]) if len(indices) else None)
    left, right = st.columns([7, 5], gap="large")
    with left:
        said = f"{cell.true} > {cell.predicted}" + ("" if which == "here" else f" {which}")
        scope = f"{evidence.checkpoint.name} {evidence.name} {evaluation.split} {said}"
        clicked = gallery.show(evidence, np.asarray(indices), key="cell", selected=selected, scope=scope)
    if clicked is not None:
        selected = clicked
        shared.ROW.set(str(int(evaluation.positions[clicked])))
    if selected is not None:
        with right:
            face_answer.show(evidence, selected, key="cell face")
            row = str(int(evaluation.positions[selected]))
            st.page_link(
                navigation.page("misclassifications"),
                label="Open its record",
                icon=":material/manage_search:",
                query_params={"row": row, "error true": cell.true, "error predicted": cell.predicted},
            )


def _which(evidence: Evidence, cell: Cell) -> str:
    if cell.other is None:
        return "here"
    first, second = evidence.checkpoint.name, cell.other_name
    only = (f"{first} and not {second}", f"{second} and not {first}")
    titles = {"here": f"all of {first}", "only here": only[0], "only there": only[1]}
    return str(
        st.segmented_control(
            "Predicted here by",
            list(titles),
            format_func=titles.__getitem__,
            required=True,
            **PUT_BY.widget(list(titles)),
        )
    )


heading.show("confusion")
with guard("the predictions"):
    evidence = bar.show(note=False)
    if evidence is not None:
        _answer(evidence)
        as_python.show(as_python.measuring(evidence), key="confusion")
heading.show_reading(
    "A row holds the images of one true class, a column the answers: the diagonal is right, the rest says what "
    "is mistaken for what. Shares of the row answer “how often is sad taken for neutral?”, shares of the column "
    "“how often is it right when it says neutral?”. A rare class has wide intervals: look at its number of "
    "images first. Figures on images that chose the network, or that have copies in training, are flattering.",
    "Goodfellow et al. 2013 (FER2013, human level); Guo et al. 2017 (temperature); Geifman et al. 2019 (coverage)",
)
