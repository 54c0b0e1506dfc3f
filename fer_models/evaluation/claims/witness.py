"""A confusion matrix that gives the printed figures: the only proof that they can be true."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from fer_models.evaluation.claims.bounds import Interval
from fer_models.evaluation.metrics import accuracy, f1, precision, recall, specificity

#: Starts, and changes tried from each.
_STARTS, _CHANGES = 4, 800


def find_matrix(
    counts: np.ndarray, averaging: Mapping[str, str], figures: Mapping[str, Interval], seed: int = 0
) -> np.ndarray | None:
    """A confusion matrix, int64 (K, K), with these figures; ``None`` where the search finds none.

    From several starts, images of one class are moved between two predicted classes, ever fewer at a time, as long as
    that brings the figures nearer to their intervals. Where it finds none there may still be one.

    Args:
        counts: int (K,), images of each class.
        averaging: By figure.
        figures: Each as an interval of shares.
        seed: Of the starts and changes.

    Example:
        >>> int(find_matrix(np.array([2, 2]), {}, {"accuracy": (0.745, 0.755)}).trace())
        3
    """
    rng = np.random.default_rng(seed)
    functions = {name: _function(name, averaging.get(name, "macro")) for name in figures}
    level = float(np.mean(list(figures.get("recall") or figures.get("accuracy") or next(iter(figures.values())))))
    for start in range(_STARTS):
        table = _start(counts, level, rng, spread=0.1 * start)
        miss = _miss(table, functions, figures)
        for change in range(_CHANGES):
            if miss == 0:
                return table
            moved = _moved(table, rng, most=max(1.0, counts.max() * 0.1 * 0.995**change))
            found = _miss(moved, functions, figures)
            if found < miss or (found == miss and rng.random() < 0.5):
                table, miss = moved, found
    return None


def _function(name: str, way: Any) -> Callable[[np.ndarray], np.ndarray]:
    if name == "accuracy":
        return accuracy
    functions = {"precision": precision, "recall": recall, "specificity": specificity, "f1": f1}
    return partial(functions[name], averaging=way)


def _start(counts: np.ndarray, level: float, rng: np.random.Generator, spread: float) -> np.ndarray:
    """A matrix with about that share of hits in every class, its errors spread by the sizes of the other classes."""
    classes = len(counts)
    table = np.zeros((classes, classes), np.int64)
    for k, count in enumerate(counts):
        hits = round(float(np.clip(level + spread * rng.normal(), 0, 1)) * int(count))
        others = np.where(np.arange(classes) == k, 0.0, counts)
        table[k] = rng.multinomial(count - hits, others / others.sum())
        table[k, k] = hits
    return table


def _moved(table: np.ndarray, rng: np.random.Generator, most: float) -> np.ndarray:
    moved = table.copy()
    row = rng.integers(len(table))
    filled = np.flatnonzero(table[row])
    source = filled[rng.integers(len(filled))]
    target = rng.integers(len(table))
    number = min(int(table[row, source]), 1 + int(rng.random() ** 2 * most))
    moved[row, source] -= number
    moved[row, target] += number
    return moved


def _miss(
    table: np.ndarray, functions: Mapping[str, Callable[[np.ndarray], np.ndarray]], figures: Mapping[str, Interval]
) -> float:
    """How far the figures lie outside of their intervals, together."""
    total = 0.0
    for name, (low, high) in figures.items():
        value = float(functions[name](table))
        total += max(low - value, value - high, 0.0)
    return total
