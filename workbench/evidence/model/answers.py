"""Captions of predictions, and the names of the orders in which errors are listed."""

from __future__ import annotations

from collections.abc import Collection

from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.mistakes import Order, confidence
from workbench.app.wording import percent

ORDERS: dict[Order, str] = {
    "confidence": "most confident errors first",
    "loss": "largest loss first",
    "margin": "farthest from the label",
    "close": "nearly right first",
    "votes": "annotators doubt the label",
    "source": "order of the data set",
}


def title(evaluation: Evaluation, index: int) -> str:
    """``sad > happy``: the true class, then the predicted one, as the papers print it."""
    return f"{evaluation.classes[evaluation.targets[index]]} > {evaluation.classes[evaluation.predictions[index]]}"


def caption(evaluation: Evaluation, index: int) -> str:
    """Title and confidence."""
    return f"{title(evaluation, index)}, {percent(confidence(evaluation, index), 0)}"


def marked_rows(marks: dict[int, frozenset[str]], selected: Collection[str]) -> frozenset[int]:
    """Row numbers that carry one of the ``selected`` marks."""
    return frozenset(row for row, row_marks in marks.items() if row_marks & set(selected))
