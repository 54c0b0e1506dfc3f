"""The worst slices of a split, with intervals."""

from __future__ import annotations

import numpy as np
import streamlit as st

from fer_models.evaluation.comparison.significance import LEVEL
from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.intervals import Estimate
from fer_models.evaluation.metrics import METRICS
from fer_models.evaluation.sentence import interval_text
from fer_models.evaluation.slicing.slices import SMALL
from workbench import cache, state
from workbench.evidence.bar import Evidence
from workbench.evidence.model import slices
from workbench.evidence.model.slices import Columns
from workbench.widgets import downloads, table

_ALL = "every column"
_SHOWN = 12
#: Other names of accuracy, or of a figure that is in the list already.
_SAME = ("micro_precision", "micro_recall", "micro_f1", "weighted_recall", "gar", "false_acceptance_share")
SLICE_FIGURE = state.Choice("evidence.slice figure")
CUT_BY = state.Choice("evidence.cut by", default=_ALL)


def show(evidence: Evidence) -> None:
    """Draw the slices of a split, worst first."""
    evaluation = evidence.evaluation
    with st.spinner("Measuring every slice."):
        columns = cache.of_predictions(slices.columns, evaluation, evidence.dataset)
    draw(evaluation, columns, name="slices.csv")


def draw(evaluation: Evaluation, columns: Columns, *, name: str, scope: str = "") -> None:
    """Draw the choice of figure and column, and the slices, worst first.

    Args:
        evaluation: Predictions for the images.
        options: Columns by which they can be cut.
        name: Name of the file with all slices.
        scope: Prefix of the keys that remember the choices.
    """
    left, middle, right = st.columns([2, 2, 5], vertical_alignment="bottom")
    with left:
        names = [key for key in METRICS if key not in _SAME]
        bound = SLICE_FIGURE.of(scope).widget(names)
        metric = str(st.selectbox("Figure", names, format_func=lambda k: METRICS[k].title, **bound))
    options = [_ALL, *columns.cuttable]
    with middle:
        column = str(st.selectbox("Cut by", options, **CUT_BY.of(scope).widget(options)))
    by = None if column == _ALL else column
    with st.spinner("Measuring every slice."):
        worst = cache.of_predictions(slices.worst, evaluation, columns, metric, by, key=(metric, by))
    chosen_metric = METRICS[metric]
    whole = evaluation.estimate((metric,))[metric]
    with right:
        st.caption(
            f"All images: {interval_text(*whole, percent=chosen_metric.percent)}. {chosen_metric.sentence} “Clearly "
            f"worse”: worse than the other images by more than chance, corrected for {len(worst)} slices (Holm, p < "
            f"{LEVEL}). Slices of fewer than {SMALL} images come last and are not tested."
        )
    rows = [
        (
            part.column,
            part.value,
            *_figure(part.estimate, chosen_metric.percent),
            f"{part.n:,}",
            "few images" if part.small else "clearly worse" if part.p is not None and part.p < LEVEL else "",
        )
        for part in worst
    ]
    table.show(
        ("Column", "Value", chosen_metric.title, "95 % interval", "n", ""),
        rows[:_SHOWN],
        right=(2, 3, 4, 5),
        label="Worst slices",
    )
    if same := slices.same_words(columns):
        st.caption(same)
    if len(rows) > _SHOWN:
        st.caption(f"The worst {_SHOWN} of {len(rows)}; all of them are in the file.")
    lines = [
        (
            part.column,
            part.value,
            round(part.estimate.value, 6),
            *("" if np.isnan(end) else round(end, 6) for end in part.estimate[1:]),
            part.n,
            part.small,
            "" if part.p is None else f"{part.p:.3g}",
        )
        for part in worst
    ]
    downloads.show(
        ("column", "value", metric, "low", "high", "n", "small", "p worse than the rest"),
        lines,
        f"{metric}-{name}",
        key=f"{scope}slices csv",
    )


def _figure(estimate: Estimate, percent: bool) -> tuple[str, str]:
    figure, bracket, interval = interval_text(*estimate, percent=percent).partition(" [")
    return figure, f"[{interval}" if bracket else ""
