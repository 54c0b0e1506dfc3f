"""Metrics that are functions of the confusion matrix, vectorised over leading axes so that a bootstrap is one call.

Every function takes counts (..., K, K), rows true and columns predicted, and returns float64 (...). A class without
images is left out of means over classes and is NaN by itself; the precision of a class with images that is never
predicted is 0. An empty table gives NaN, and so do kappa and MCC where all images are of one class.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Literal

import numpy as np

from fer_models.errors import UserError
from fer_models.evaluation.metrics.base import METRICS, Metric

Averaging = Literal["macro", "micro", "weighted"]


def confusion(targets: np.ndarray, predictions: np.ndarray, num_classes: int) -> np.ndarray:
    """Confusion matrix, int64 (K, K): row = true class, column = predicted class.

    Args:
        targets, predictions: int (N,), in 0 .. K - 1.

    Raises:
        UserError: If the two differ in length or hold a class outside 0 .. K - 1.
    """
    targets, predictions = np.asarray(targets), np.asarray(predictions)
    if targets.shape != predictions.shape:
        raise UserError(f"There are {len(targets)} targets but {len(predictions)} predictions; give one for each.")
    for values, what in ((targets, "targets"), (predictions, "predictions")):
        if values.size and not (values.min() >= 0 and values.max() < num_classes):
            raise UserError(f"The {what} must lie between 0 and {num_classes - 1}; leave unlabelled images out.")
    cells = targets.astype(np.int64) * num_classes + predictions.astype(np.int64)
    return np.bincount(cells, minlength=num_classes * num_classes).reshape(num_classes, num_classes)


def _divide(top: np.ndarray, bottom: np.ndarray, otherwise: float = 0.0) -> np.ndarray:
    shape = np.broadcast_shapes(np.shape(top), np.shape(bottom))
    return np.divide(top, bottom, out=np.full(shape, otherwise), where=np.asarray(bottom) != 0)


class _Counts:
    """Hits, row sums (true), column sums (predicted), each (..., K), and totals (..., 1)."""

    def __init__(self, table: np.ndarray):
        table = np.asarray(table, np.float64)
        self.hits = np.diagonal(table, axis1=-2, axis2=-1)
        self.true = table.sum(-1)
        self.predicted = table.sum(-2)
        self.total = self.true.sum(-1, keepdims=True)
        self.present = self.true > 0

    def average(self, values: np.ndarray, averaging: str) -> np.ndarray:
        weights = self.present if averaging == "macro" else self.true
        return _divide((values * weights).sum(-1), weights.sum(-1), np.nan)

    def compared(self, values: np.ndarray) -> np.ndarray:
        """The values, NaN where the images are of fewer than two classes."""
        return np.where(self.present.sum(-1) > 1, values, np.nan)


def _quotient(
    table: np.ndarray, parts: Callable[[_Counts], tuple[np.ndarray, np.ndarray]], averaging: Averaging | None
) -> np.ndarray:
    counts = _Counts(table)
    top, bottom = parts(counts)
    if averaging is None:
        return np.where(counts.present, _divide(top, bottom), np.nan)
    if averaging == "micro":
        return _divide(top.sum(-1), bottom.sum(-1), np.nan)
    return counts.average(_divide(top, bottom), averaging)


def precision(table: np.ndarray, averaging: Averaging | None = "macro") -> np.ndarray:
    """Share of a class's predictions that are right; ``averaging=None`` gives one value a class, (..., K)."""
    return _quotient(table, lambda c: (c.hits, c.predicted), averaging)


def recall(table: np.ndarray, averaging: Averaging | None = "macro") -> np.ndarray:
    """Share of a class's pictures that are found; ``averaging=None`` gives one value a class, (..., K)."""
    return _quotient(table, lambda c: (c.hits, c.true), averaging)


def f1(table: np.ndarray, averaging: Averaging | None = "macro") -> np.ndarray:
    """Harmonic mean of precision and recall; ``averaging=None`` gives one value a class, (..., K)."""
    return _quotient(table, lambda c: (2 * c.hits, c.true + c.predicted), averaging)


def specificity(table: np.ndarray, averaging: Averaging | None = "macro") -> np.ndarray:
    """Share of the other classes' pictures that are not taken for the class; ``averaging=None`` gives (..., K)."""
    return _quotient(table, lambda c: (c.total - c.true - c.predicted + c.hits, c.total - c.true), averaging)


def accuracy(table: np.ndarray) -> np.ndarray:
    """Share of all pictures whose prediction is right."""
    return recall(table, "micro")


def balanced_accuracy(table: np.ndarray) -> np.ndarray:
    """Mean recall of the classes that have pictures."""
    counts = _Counts(table)
    return counts.average(_divide(counts.hits, counts.true), "macro")


def gar(table: np.ndarray) -> np.ndarray:
    """Genuine acceptance rate TP / (TP + FN), averaged over classes: identical to macro recall.

    Source:
        Jayaraman and Mahendran 2025, eq. 31, who print it as a figure of its own.
    """
    return recall(table, "macro")


def weighted_kappa(table: np.ndarray, weights: str | np.ndarray = "quadratic") -> np.ndarray:
    """Cohen's kappa with a cost for every confusion.

    Args:
        weights: ``"linear"`` or ``"quadratic"`` in the distance of class positions, or costs (K, K) with a zero
            diagonal, for instance distances between emotions, since their usual order is no scale.

    Raises:
        UserError: If ``weights`` is another word.
    """
    table = np.asarray(table, np.float64)
    position = np.arange(table.shape[-1])
    distance = np.abs(position[:, None] - position)
    if isinstance(weights, str):
        powers = {"linear": 1, "quadratic": 2}
        if weights not in powers:
            raise UserError(f"Weights of kappa are 'linear', 'quadratic' or a table of costs, not {weights!r}.")
        cost = (distance ** powers[weights]).astype(np.float64)
    else:
        cost = np.asarray(weights, np.float64)
    counts = _Counts(table)
    expected = counts.true[..., :, None] * counts.predicted[..., None, :]
    kappa = 1 - _divide((table * cost).sum((-2, -1)) * counts.total[..., 0], (expected * cost).sum((-2, -1)), np.nan)
    return counts.compared(kappa)


def cohen_kappa(table: np.ndarray) -> np.ndarray:
    """Agreement of predictions and targets beyond chance, 1 for perfect and 0 for chance."""
    return weighted_kappa(table, 1.0 - np.eye(np.shape(table)[-1]))


def mcc(table: np.ndarray) -> np.ndarray:
    """Matthews correlation coefficient for K classes, in [-1, 1]; 0 where one class alone is predicted.

    Source:
        Gorodkin, "Comparing two K-category assignments by a K-category correlation coefficient", 2004.
    """
    counts = _Counts(table)
    n = counts.total[..., 0]
    top = counts.hits.sum(-1) * n - (counts.true * counts.predicted).sum(-1)
    spread_true = n**2 - (counts.true**2).sum(-1)
    spread_predicted = n**2 - (counts.predicted**2).sum(-1)
    return counts.compared(_divide(top, np.sqrt(spread_true * spread_predicted)))


def false_acceptance_share(table: np.ndarray) -> np.ndarray:
    """Wrong decisions over all decisions, 1 - accuracy.

    Source:
        Jayaraman and Mahendran 2025, eq. 32 (printed as FRR): false acceptances over attempts. In a closed set with one
        answer a picture every error accepts a false class, so this is 1 - accuracy. For rates of verification with a
        threshold see :mod:`fer_models.evaluation.verification`.
    """
    return 1 - accuracy(table)


def _right(targets: np.ndarray, probabilities: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    return predictions == targets


def _wrong(targets: np.ndarray, probabilities: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    return predictions != targets


def _add(
    key: str,
    title: str,
    sentence: str,
    function: Callable[..., Any],
    *,
    direction: Literal["higher", "lower"] = "higher",
    percent: bool = True,
    hits: Callable[..., np.ndarray] | None = None,
) -> None:
    METRICS.register(key)(Metric(title, sentence, direction, "confusion", function, percent, hits))


_add("accuracy", "Accuracy", "Share of all images whose prediction is right.", accuracy, hits=_right)
_add(
    "balanced_accuracy",
    "Balanced accuracy",
    "Mean of the recalls of the classes that have images: every class counts the same, however rare.",
    balanced_accuracy,
)
_WAYS = {
    "macro": "every class counts the same",
    "micro": "every image counts the same, which here equals accuracy",
    "weighted": "classes count by their number of images",
}
_QUOTIENTS: dict[str, tuple[str, str, Callable[..., Any]]] = {
    "precision": ("precision", "Of the images given a class, the share that belongs to it", precision),
    "recall": ("recall", "Of a class's images, the share that is found", recall),
    "f1": ("F1", "Harmonic mean of precision and recall", f1),
}
for _name, (_title, _sentence, _function) in _QUOTIENTS.items():
    for _way, _words in _WAYS.items():
        _add(
            f"{_way}_{_name}",
            f"{_way.capitalize()} {_title}",
            f"{_sentence}; {_words}.",
            partial(_function, averaging=_way),
            # With one answer an image these are all accuracy.
            hits=_right if _way == "micro" or (_way, _name) == ("weighted", "recall") else None,
        )
_add(
    "macro_specificity",
    "Macro specificity",
    "Of the images of other classes, the share not taken for the class; high for any network with many classes.",
    specificity,
)
_add("gar", "GAR", "Genuine acceptance rate of the fifth paper: another name for macro recall.", gar)
_add(
    "false_acceptance_share",
    "FAR (fifth paper)",
    "False acceptances over attempts as the fifth paper defines them: 1 - accuracy.",
    false_acceptance_share,
    direction="lower",
    hits=_wrong,
)
_add(
    "cohen_kappa",
    "Cohen's kappa",
    "Agreement beyond what chance gives with the same class shares; 0 is chance.",
    cohen_kappa,
    percent=False,
)
_add(
    "weighted_kappa",
    "Weighted kappa",
    "Kappa with quadratic cost in the distance of class positions; emotions have no order, so read it with care.",
    weighted_kappa,
    percent=False,
)
_add("mcc", "MCC", "Correlation of predictions and targets, in [-1, 1]; robust to unequal classes.", mcc, percent=False)
