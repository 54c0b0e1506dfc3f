"""The confusion matrix with its controls: a click, or two lists for the keyboard, choose a cell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from fer_models.evaluation.comparison.significance import paired
from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.part import Part
from fer_models.evaluation.training_overlap import training_overlap
from workbench import state
from workbench.app import fit, inventory
from workbench.evidence import bar, matrix_plot
from workbench.evidence.bar import Evidence
from workbench.evidence.figures import Cells, confusion_heatmap
from workbench.evidence.model import confusion
from workbench.evidence.model.confusion import KINDS, ORDERS, UNITS, Kind
from workbench.widgets import downloads

_KEY = "confusion matrix"
CELLS = state.Choice("confusion.cells", KINDS)
AGAINST = state.Choice("confusion.against")
ORDER = state.Choice("confusion.order", ORDERS, "canonical")
TRUE = state.Choice("confusion.true")
PREDICTED = state.Choice("confusion.predicted")


@dataclass(frozen=True)
class Cell:
    """The selected cell; ``other`` holds the predictions of the second network if a difference is shown."""

    true: str
    predicted: str
    other: Evaluation | None = None
    other_name: str = ""


def show(evidence: Evidence) -> Cell:
    """Draw accuracy, matrix and controls; returns the selected cell, by default the one with most errors."""
    evaluation = evidence.evaluation
    left, right = st.columns([6, 5], gap="large")
    with left:
        kind, other, other_name = _kind(evidence)
    with right:
        bar.headline(evidence)
        cell = _cell(evaluation)
        sentence, below = st.container(), st.container()
        with below:
            order_name = _order()
    compared = [evaluation] if other is None else paired((evaluation, other))
    counts, second = compared[0].confusion, compared[1].confusion if other is not None else None
    order = confusion.order(counts, order_name)
    names = [evaluation.classes[k] for k in order]
    counts = counts[np.ix_(order, order)]
    second = None if second is None else second[np.ix_(order, order)]
    with left:
        _matrix(counts, second, names, kind, cell)
    with sentence:
        st.markdown(confusion.cell_sentence(compared[0], *cell))
        if other is not None:
            st.markdown(f"{other_name}: {confusion.cell_sentence(compared[1], *cell)}")
    with right:
        _downloads(evidence, counts, second, names, kind)
    return Cell(*cell, other, other_name)


def _kind(evidence: Evidence) -> tuple[Kind, Evaluation | None, str]:
    """What the cells show, and for a difference the predictions of the other network."""
    selected = st.segmented_control(
        "Cells show",
        list(KINDS),
        format_func=KINDS.__getitem__,
        required=True,
        label_visibility="collapsed",
        **CELLS.widget(),
    )
    kind: Kind = selected if selected in KINDS else "rows"
    if kind != "difference":
        return kind, None, ""
    if evidence.folds:
        st.info(
            "Pooled folds hold the answers of several networks; choose one network for a difference. Shown: "
            "shares of the true class.",
            icon=":material/info:",
        )
        return "rows", None, ""
    usable = inventory.usable(inventory.trained_networks())
    fitting = fit.ordered(usable, evidence.name)
    names = [network.name for network in fitting if network.name != evidence.checkpoint.name]
    if not names:
        st.info(
            "A difference needs a second trained network; train one, then come back. Shown: shares of the true class.",
            icon=":material/info:",
        )
        return "rows", None, ""
    name = str(
        st.selectbox("Compare with", names, format_func=lambda n: usable[n].listed, **AGAINST.widget(names, names[0]))
    )
    checkpoint = usable[name].checkpoint
    assert checkpoint is not None
    evaluation = evidence.evaluation
    same = Part(evaluation.split, evaluation.positions)
    other = bar.of(checkpoint, evidence.dataset, same, evaluation.averaging)
    if other is not None and other.classes != evaluation.classes:
        st.info(
            f"{name} answers with other classes ({', '.join(other.classes)}), so there is no difference to show; "
            "choose another network.",
            icon=":material/info:",
        )
        other = None
    if other is None:
        return "rows", None, ""
    overlap = training_overlap(other, checkpoint, evidence.dataset, evidence.name)
    if overlap is not None and overlap.trained.any():
        st.caption(
            f":orange[:material/warning:] {name} was trained on some of these images: the difference flatters it."
        )
    return kind, other, name


def _order() -> str:
    """Draw the choices of class order and test-time augmentation; returns the order."""
    how = st.selectbox("Order of the classes", list(ORDERS), format_func=ORDERS.__getitem__, **ORDER.widget())
    bar.averaging_choice()
    return str(how)


def _cell(evaluation: Evaluation) -> tuple[str, str]:
    """Two lists for the keyboard, in sync with clicks on the matrix."""
    classes = list(evaluation.classes)
    usual = confusion.largest_confusion(evaluation.confusion, classes)
    first, second = st.columns(2)
    with first:
        true = st.selectbox("True class", classes, **TRUE.widget(classes, usual[0]))
    with second:
        predicted = st.selectbox("Predicted class", classes, **PREDICTED.widget(classes, usual[1]))
    return str(true), str(predicted)


def _matrix(counts: np.ndarray, second: np.ndarray | None, names: list[str], kind: Kind, cell: tuple[str, str]) -> None:
    dark = st.context.theme.type == "dark"
    values = confusion.values(counts, kind, second)
    figure = confusion_heatmap(
        Cells(values, confusion.texts(values, kind), names, UNITS[kind], kind == "difference", _about(counts, second)),
        framed=cell,
        dark=dark,
    )
    matrix_plot.show(
        figure,
        names,
        _choose,
        key=_KEY,
        name=f"matrix-{kind}",
    )
    st.caption("Click a cell to see its images, or choose its two classes in the lists.")


def _choose(cell: tuple[str, str]) -> None:
    TRUE.set(cell[0])
    PREDICTED.set(cell[1])


def _about(counts: np.ndarray, second: np.ndarray | None) -> list[list[str]]:
    def words(table: np.ndarray, k: int, j: int) -> str:
        total = int(table[k].sum())
        return f"{int(table[k, j]):,} of {total:,}" + (f" ({100 * table[k, j] / total:.1f} %)" if total else "")

    tables = [counts] if second is None else [counts, second]
    size = range(len(counts))
    return [[" against ".join(words(table, k, j) for table in tables) for j in size] for k in size]


def _downloads(evidence: Evidence, counts: np.ndarray, second: np.ndarray | None, names: list[str], kind: Kind) -> None:
    evaluation = evidence.evaluation
    name = f"matrix-{kind}"
    caption = (
        f"Confusion of {evidence.checkpoint.name} on {evidence.name}, {UNITS[kind]}. Accuracy {evaluation.sentence()}."
    )
    with st.container(horizontal=True):
        rows = confusion.table_rows(counts, names, kind, second)
        downloads.show(("true \\ predicted", *names), rows, f"{name}.csv", key="confusion csv")
        downloads.button(
            "LaTeX", confusion.latex(counts, names, kind, second, caption), f"{name}.tex", key="confusion latex"
        )
