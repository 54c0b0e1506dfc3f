"""The words for a network's answers to faces, and the orders in which a person may see its errors."""

from __future__ import annotations

from collections.abc import Collection

from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.mistakes import Order, confidence
from workbench.app.wording import percent

ORDERS: dict[Order, str] = {
    "confidence": "the surest errors first",
    "loss": "largest loss first",
    "margin": "farthest from the label",
    "close": "nearly right first",
    "votes": "annotators doubt the label",
    "source": "as in the set",
}


def title(evaluation: Evaluation, place: int) -> str:
    """``sad > happy``: the true class, then the predicted one, as the papers print it."""
    return f"{evaluation.classes[evaluation.targets[place]]} > {evaluation.classes[evaluation.predictions[place]]}"


def caption(evaluation: Evaluation, place: int) -> str:
    """Title and confidence; number and sign stay on one line."""
    return f"{title(evaluation, place)}, {percent(confidence(evaluation, place), 0)}".replace(" %", "\u00a0%")


def marked_rows(marks: dict[int, frozenset[str]], wanted: Collection[str]) -> frozenset[int]:
    """Row numbers that carry one of the wanted marks."""
    return frozenset(row for row, own in marks.items() if own & set(wanted))
