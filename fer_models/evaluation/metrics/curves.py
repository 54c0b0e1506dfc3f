"""ROC and precision-recall curves of each class against the rest, as points for a figure."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fer_models.errors import UserError


class Curve(NamedTuple):
    """Points of a curve, float64 (M,), and the thresholds at which they lie, descending."""

    x: np.ndarray
    y: np.ndarray
    threshold: np.ndarray


def _sums(targets: np.ndarray, probabilities: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    positive = targets == k
    if not positive.any():
        raise UserError("A class without images has no curve; choose another class.")
    order = np.argsort(-probabilities[:, k], kind="stable")
    ranked = probabilities[order, k].astype(np.float64)
    ends = np.flatnonzero(np.r_[ranked[1:] != ranked[:-1], True])
    hits = np.cumsum(positive[order])[ends]
    return hits.astype(np.float64), ends + 1.0, ranked[ends]


def roc_curve(targets: np.ndarray, probabilities: np.ndarray, k: int) -> Curve:
    """False positive rate (x) and true positive rate (y) of class ``k``, from (0, 0) to (1, 1).

    Raises:
        UserError: If the class has no pictures, or all of them.
    """
    hits, selected, threshold = _sums(targets, probabilities, k)
    negatives = selected[-1] - hits[-1]
    if not negatives:
        raise UserError("A class that has all images has no ROC curve; choose another class.")
    return Curve(np.r_[0, (selected - hits) / negatives], np.r_[0, hits / hits[-1]], np.r_[np.inf, threshold])


def pr_curve(targets: np.ndarray, probabilities: np.ndarray, k: int) -> Curve:
    """Recall (x) and precision (y) of class ``k``, from recall 0 (precision 1 by convention) to 1.

    Raises:
        UserError: If the class has no pictures.
    """
    hits, selected, threshold = _sums(targets, probabilities, k)
    return Curve(np.r_[0, hits / hits[-1]], np.r_[1, hits / selected], np.r_[np.inf, threshold])
