"""The figures of each class with their intervals, as a table and a CSV file."""

from __future__ import annotations

import streamlit as st

from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.intervals import Estimate
from fer_models.evaluation.sentence import interval_text
from workbench import cache
from workbench.evidence.model import confusion
from workbench.widgets import downloads, table

_COLUMNS = ("Class", "Images", "Predicted", "Recall, %", "Precision, %", "F1, %", "Specificity, %")


def show(evaluation: Evaluation) -> None:
    """Draw the table with its CSV."""
    figures = cache.of_predictions(confusion.class_figures, evaluation)
    rows = [
        (f.name, f"{f.pictures:,}", f"{f.predicted:,}", *map(_text, (f.recall, f.precision, f.f1, f.specificity)))
        for f in figures
    ]
    table.show(_COLUMNS, rows, right=range(1, len(_COLUMNS)), label="Figures of each class with 95 % intervals")
    st.caption("In brackets the 95 % interval: Wilson's, for F1 a bootstrap's. A dash: nothing to divide by.")
    lines = []
    for f in figures:
        line: list[object] = [f.name, f.pictures, f.predicted]
        for estimate in (f.recall, f.precision, f.f1, f.specificity):
            line += ["", "", ""] if estimate is None else [round(v, 6) for v in estimate]
        lines.append(line)
    heads = [f"{what}{end}" for what in ("recall", "precision", "f1", "specificity") for end in ("", "_low", "_high")]
    downloads.show(("class", "images", "predicted", *heads), lines, "classes.csv", key="classes csv")


def _text(estimate: Estimate | None) -> str:
    if estimate is None:
        return "–"
    return interval_text(*estimate, unit=False)
