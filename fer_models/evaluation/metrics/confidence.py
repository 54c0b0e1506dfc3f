"""Metrics of the most probable class's probability: calibration error, and risk against coverage."""

from __future__ import annotations

import numpy as np

from fer_models.evaluation.metrics.base import METRICS, Metric

BINS = 15


def bin_of(confidence: np.ndarray, bins: int) -> np.ndarray:
    """Which of the equal-width bins (low, high] each confidence lies in, int64 (N,)."""
    # Bins are (low, high]; float32 probabilities may end a rounding step above 1.
    return np.clip(np.ceil(confidence.astype(np.float64) * bins).astype(np.int64) - 1, 0, bins - 1)


def top_class(targets: np.ndarray, probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Probability of the most probable class, float64 (N,), and whether it is the true one, bool (N,)."""
    predictions = probabilities.argmax(1)
    return probabilities.max(1).astype(np.float64), predictions == targets


def expected_calibration_error(
    targets: np.ndarray, probabilities: np.ndarray, weights: np.ndarray | None = None, bins: int = BINS
) -> np.ndarray:
    """Mean distance between confidence and accuracy over bins, weighted by their pictures, (...) for weights (..., N).

    Source:
        Guo et al., "On calibration of modern neural networks", 2017, eq. 3, 15 equal-width bins.
    """
    confidence, correct = top_class(targets, probabilities)
    weights = np.ones(len(targets)) if weights is None else weights
    # The gap |sum of accuracy - sum of confidence| of a bin is already weighted by its size.
    gaps = np.zeros((len(targets), bins), weights.dtype)
    gaps[np.arange(len(targets)), bin_of(confidence, bins)] = correct - confidence
    return np.abs(weights @ gaps).sum(-1, dtype=np.float64) / weights.sum(-1, dtype=np.float64)


def calibrated_errors(probabilities: np.ndarray, draws: int = 1000, bins: int = BINS, seed: int = 0) -> np.ndarray:
    """The expected calibration error that perfectly calibrated probabilities show by chance, float64 (draws,).

    Args:
        probabilities: float (N, K); in each draw an answer is right with the probability that it was given.

    Example:
        >>> float(calibrated_errors(np.tile([0.7, 0.3], (100, 1))).mean()) > 0.03
        True
    """
    confidence = probabilities.max(1).astype(np.float64)
    member = np.eye(bins, dtype=np.float32)[bin_of(confidence, bins)]
    rng = np.random.default_rng(seed)
    sums = [(rng.random(len(confidence)) < confidence).astype(np.float32) @ member for _ in range(draws)]
    gaps = np.stack(sums) - np.bincount(bin_of(confidence, bins), confidence, bins)
    return np.abs(gaps).sum(1) / len(confidence)


METRICS.register("ece")(
    Metric(
        "ECE",
        "Expected calibration error: how far confidence and accuracy lie apart on average (15 bins), less what chance "
        "adds on so many images.",
        "lower",
        "probabilities",
        expected_calibration_error,
        chance=calibrated_errors,
    )
)


def aurc(targets: np.ndarray, probabilities: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Area under the risk-coverage curve (:func:`risk_coverage`), (...) for row weights (..., N)."""
    weights = np.ones(len(targets)) if weights is None else weights
    confidence, correct = top_class(targets, probabilities)
    order = np.argsort(-confidence, kind="stable")
    ranked = confidence[order]
    group = np.cumsum(np.r_[True, ranked[1:] != ranked[:-1]]) - 1
    ends = np.flatnonzero(np.r_[ranked[1:] != ranked[:-1], True])[group]
    sorted_weights = weights[..., order]
    answered = np.cumsum(sorted_weights, axis=-1)[..., ends]
    wrong = np.cumsum(sorted_weights * ~correct[order], axis=-1)[..., ends]
    risk = np.divide(wrong, answered, out=np.zeros_like(answered), where=answered > 0)
    return (sorted_weights * risk).sum(-1, dtype=np.float64) / sorted_weights.sum(-1, dtype=np.float64)


METRICS.register("aurc")(
    Metric(
        "AURC",
        "Area under the risk-coverage curve: the mean share of errors when only the surest images are answered.",
        "lower",
        "probabilities",
        aurc,
    )
)
