"""Metrics of predicted probabilities, with row weights so that a bootstrap is one call.

Every function takes targets int (N,), probabilities (N, K) and weights (..., N) or ``None``, and returns float64 (...).
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from fer_models.evaluation.metrics.base import METRICS, Metric


def _mean(values: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
    if weights is None:
        return np.asarray(values.mean()) if len(values) else np.asarray(np.nan)
    return (weights @ values.astype(weights.dtype, copy=False)).astype(np.float64) / weights.sum(-1)


def top_k(targets: np.ndarray, probabilities: np.ndarray, weights: np.ndarray | None = None, k: int = 2) -> np.ndarray:
    """Share of pictures whose class is among the ``k`` most probable ones; equal ones count in class order."""
    return _mean(_among_first(targets, probabilities, k=k).astype(np.float64), weights)


def _among_first(
    targets: np.ndarray, probabilities: np.ndarray, predictions: np.ndarray | None = None, k: int = 2
) -> np.ndarray:
    of_target = np.take_along_axis(probabilities, targets[:, None], 1)
    before = np.arange(probabilities.shape[1]) < targets[:, None]
    return ((probabilities > of_target) | ((probabilities == of_target) & before)).sum(1) < k


def log_loss(targets: np.ndarray, probabilities: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Mean of -log(probability of the true class), in nats; probabilities are cut at float64's resolution."""
    of_target = np.take_along_axis(probabilities.astype(np.float64), targets[:, None], 1)[:, 0]
    eps = np.finfo(np.float64).eps
    return _mean(-np.log(of_target.clip(eps, 1 - eps)), weights)


def brier(targets: np.ndarray, probabilities: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Mean over pictures of the squared distance between probabilities and the one-hot target, in [0, 2].

    Source:
        Brier, "Verification of forecasts expressed in terms of probability", 1950 (the form with K classes).
    """
    error = probabilities.astype(np.float64).copy()
    error[np.arange(len(targets)), targets] -= 1
    return _mean((error**2).sum(1), weights)


def _running_sum(rows: np.ndarray) -> np.ndarray:
    """Sums down the columns; row by row where rows are long, since ``cumsum`` walks the columns one after another."""
    if rows.shape[1] < 32:
        return np.cumsum(rows, axis=0, dtype=rows.dtype)
    sums = rows.copy()
    for above, row in pairwise(sums):
        row += above
    return sums


def _ranked(
    positive: np.ndarray, scores: np.ndarray, rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Weights around each positive, best score first.

    Returns, each (P, R) but the last: the positive's own weight; the negative weight ranked above it, half of that with
    an equal score included; all and positive weight down to the last equal score; and the total weight (R,).
    ``rows`` holds the weights as (N, R): sorting then moves whole rows, and sums run down the columns.
    """
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    begins = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]])
    group = np.cumsum(np.r_[True, ranked[1:] != ranked[:-1]]) - 1
    ends = np.r_[begins[1:], len(ranked)]
    positives = np.flatnonzero(positive[order])
    start, end = begins[group[positives]], ends[group[positives]]
    positive_rows = rows[order[positives]]
    up_to, up_to_positive = _running_sum(rows[order]), _running_sum(positive_rows)
    zero = np.zeros((1, rows.shape[1]), rows.dtype)

    def at(sums: np.ndarray, position: np.ndarray) -> np.ndarray:
        first = position == 0
        found = sums[np.maximum(position - 1, 0)]
        if first.any():
            found[first] = zero
        return found

    positives_above, positives_to_end = np.searchsorted(positives, start), np.searchsorted(positives, end)
    negative_middle = at(up_to, start) - at(up_to_positive, positives_above)
    all_end, positive_end = at(up_to, end), at(up_to_positive, positives_to_end)
    negative_middle = (negative_middle + all_end - positive_end) / 2
    return positive_rows, negative_middle, all_end, positive_end, up_to[-1]


def _areas(
    targets: np.ndarray, probabilities: np.ndarray, weights: np.ndarray | None, roc: bool, pr: bool
) -> dict[str, np.ndarray]:
    weights = np.ones(len(targets)) if weights is None else weights
    rows = np.ascontiguousarray(weights.reshape(-1, len(targets)).T)
    shape = (*weights.shape[:-1], probabilities.shape[1])
    areas = {name: np.full((rows.shape[1], shape[-1]), np.nan) for name in ("roc", "pr")}
    for k in range(shape[-1]):
        positive = targets == k
        if not positive.any() or (roc and positive.all()):
            continue
        positive_rows, negative_middle, all_end, positive_end, total = _ranked(positive, probabilities[:, k], rows)
        positives = positive_rows.sum(0, dtype=np.float64)
        with np.errstate(invalid="ignore", divide="ignore"):
            if roc:
                lost = np.einsum("pr,pr->r", positive_rows, negative_middle, dtype=np.float64)
                areas["roc"][:, k] = 1 - lost / (positives * (total - positives))
            if pr:
                shares = np.divide(positive_end, all_end, out=np.zeros_like(all_end), where=all_end > 0)
                areas["pr"][:, k] = np.einsum("pr,pr->r", positive_rows, shares, dtype=np.float64) / positives
    return {name: values.reshape(shape) for name, values in areas.items()}


def roc_auc_per_class(targets: np.ndarray, probabilities: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Area under each class's one-vs-rest ROC curve, (..., K); NaN for a class without pictures or with all of them."""
    return _areas(targets, probabilities, weights, roc=True, pr=False)["roc"]


def pr_auc_per_class(targets: np.ndarray, probabilities: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Average precision of each class against the rest, (..., K); NaN for a class without pictures."""
    return _areas(targets, probabilities, weights, roc=False, pr=True)["pr"]


def _macro(values: np.ndarray) -> np.ndarray:
    defined = ~np.isnan(values)
    count = defined.sum(-1)
    return np.divide(np.where(defined, values, 0).sum(-1), count, out=np.full(count.shape, np.nan), where=count > 0)


def roc_auc(targets: np.ndarray, probabilities: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Mean over classes of :func:`roc_auc_per_class`, classes without pictures left out."""
    return _macro(roc_auc_per_class(targets, probabilities, weights))


def pr_auc(targets: np.ndarray, probabilities: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Mean over classes of :func:`pr_auc_per_class`, classes without pictures left out."""
    return _macro(pr_auc_per_class(targets, probabilities, weights))


for _key, _metric in {
    "top_2": Metric(
        "Top-2 accuracy",
        "Share of images whose class is the first or second most probable one.",
        "higher",
        "probabilities",
        top_k,
        hits=_among_first,
    ),
    "log_loss": Metric(
        "Log loss",
        "Mean of -log(probability given to the true class), in nats: punishes confident errors most.",
        "lower",
        "probabilities",
        log_loss,
        percent=False,
    ),
    "brier": Metric(
        "Brier score",
        "Mean squared distance between the probabilities and the truth, 0 for perfect and 2 for surely wrong.",
        "lower",
        "probabilities",
        brier,
        percent=False,
    ),
    "roc_auc": Metric(
        "ROC AUC",
        "Chance that an image of a class scores higher for it than an image of another class; mean over classes.",
        "higher",
        "probabilities",
        roc_auc,
        percent=False,
    ),
    "pr_auc": Metric(
        "PR AUC",
        "Average precision of each class against the rest; mean over classes. Chance level is the class's share.",
        "higher",
        "probabilities",
        pr_auc,
        percent=False,
    ),
}.items():
    METRICS.register(_key)(_metric)
