"""Do probabilities mean what they say: reliability, temperature, and when to answer "not sure"."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fer_models.errors import UserError
from fer_models.evaluation.class_match import softmax
from fer_models.evaluation.intervals import Estimate, share_estimate
from fer_models.evaluation.metrics.confidence import BINS, bin_of, expected_calibration_error, top_class
from fer_models.evaluation.metrics.probabilistic import log_loss


@dataclass(frozen=True)
class ReliabilityBin:
    """Pictures whose top probability lies in (low, high]: their number, mean confidence, and accuracy with interval.

    ``confidence`` and ``accuracy`` are ``None`` for an empty bin.
    """

    low: float
    high: float
    n: int
    confidence: float | None
    accuracy: Estimate | None


@dataclass(frozen=True)
class Temperature:
    """A scale for logits: ``softmax(logits / value)``; above 1 the network was over-confident, below 1 under-confident.

    Args:
        value: The temperature.
        error: Its standard error.
        ece, log_loss: (before, after) on the images that it was fitted on.
    """

    value: float
    error: float
    ece: tuple[float, float]
    log_loss: tuple[float, float]

    def apply(self, logits: np.ndarray) -> np.ndarray:
        """Calibrated probabilities, float32 (N, K); the most probable class stays the same."""
        return softmax(logits / self.value)


@dataclass(frozen=True)
class RiskCoverage:
    """Share of errors among the pictures that are answered, as more and more are, the surest first.

    Args:
        coverage, risk, threshold: float64 (M,), one a distinct confidence: share answered, share wrong among them, and
            the least confidence answered.
        aurc: area under the curve, the mean risk over the N coverages 1/N ... 1; lower is better.
        excess: ``aurc`` less that of a perfect order of the same errors.
    """

    coverage: np.ndarray
    risk: np.ndarray
    threshold: np.ndarray
    aurc: float
    excess: float


@dataclass(frozen=True)
class NotSure:
    """Answer only from this confidence on: then ``coverage`` of the pictures are answered with that accuracy."""

    threshold: float
    coverage: float
    accuracy: Estimate
    answered: int


def reliability(
    targets: np.ndarray, probabilities: np.ndarray, bins: int = BINS, units: np.ndarray | None = None
) -> list[ReliabilityBin]:
    """The reliability diagram's bars: equal-width bins of the top probability over (0, 1].

    Args:
        targets: int (N,).
        probabilities: float (N, K).
        bins: Their number.
        units: int64 (N,), groups of images that may depend on each other; ``None`` for single images.
    """
    confidence, correct = top_class(targets, probabilities)
    member = bin_of(confidence, bins)
    reliability_bins = []
    for k in range(bins):
        in_bin = member == k
        n = int(in_bin.sum())
        mean = float(confidence[in_bin].mean()) if n else None
        share = share_estimate(correct[in_bin], None if units is None else units[in_bin]) if n else None
        reliability_bins.append(ReliabilityBin(k / bins, (k + 1) / bins, n, mean, share))
    return reliability_bins


def fit_temperature(targets: np.ndarray, logits: np.ndarray, units: np.ndarray | None = None) -> Temperature:
    """The temperature with the least log loss; fit it on validation images and apply it to others.

    Args:
        targets: int (N,).
        logits: float (N, K).
        units: int64 (N,), groups of images that may depend on each other; ``None`` for single images.

    Raises:
        UserError: If there are fewer than two images.

    Source:
        Guo et al. 2017, section 4.2. The log loss is convex in 1 / temperature, so a search in one dimension finds it.
        The standard error is the sandwich of White, "Maximum likelihood estimation of misspecified models", 1982.
    """
    from scipy.optimize import minimize_scalar

    if len(targets) < 2:
        raise UserError("A temperature needs labelled validation images; there are fewer than two.")
    scores = logits.astype(np.float64)
    of_target = np.take_along_axis(scores, targets[:, None], 1)[:, 0]
    best = scores.max(1, keepdims=True)

    def loss(log_temperature: float) -> float:
        inverse = np.exp(-log_temperature)
        return float((np.log(np.exp((scores - best) * inverse).sum(1)) + (best[:, 0] - of_target) * inverse).mean())

    minimum = minimize_scalar(loss, bounds=(np.log(0.02), np.log(50)), method="bounded", options={"xatol": 1e-6})
    value = float(np.exp(minimum.x))
    before, after = softmax(logits), softmax(logits / value)
    return Temperature(
        value,
        _standard_error(scores, of_target, value, units),
        ece=(float(expected_calibration_error(targets, before)), float(expected_calibration_error(targets, after))),
        log_loss=(float(log_loss(targets, before)), float(log_loss(targets, after))),
    )


def _standard_error(scores: np.ndarray, of_target: np.ndarray, value: float, units: np.ndarray | None) -> float:
    """Of the temperature: that of its inverse by the sandwich of slopes and curvature, carried over."""
    probabilities = softmax((scores / value).astype(np.float32)).astype(np.float64)
    expected = (probabilities * scores).sum(1)
    curvature = float(((probabilities * scores**2).sum(1) - expected**2).sum())
    slopes = of_target - expected
    slopes = slopes if units is None else np.bincount(np.unique(units, return_inverse=True)[1].reshape(-1), slopes)
    return float(np.sqrt((slopes**2).sum()) / curvature * value**2) if curvature > 0 else float("nan")


def risk_coverage(targets: np.ndarray, probabilities: np.ndarray) -> RiskCoverage:
    """The risk-coverage curve of the top probability; equal confidences are answered together.

    Raises:
        UserError: If there is no picture.

    Source:
        Geifman et al., "Bias-reduced uncertainty estimation for deep neural classifiers", 2019 (AURC and its excess).
    """
    if not len(targets):
        raise UserError("There is no labelled image to draw a risk-coverage curve from.")
    confidence, correct = top_class(targets, probabilities)
    order = np.argsort(-confidence, kind="stable")
    ranked, wrong = confidence[order], np.cumsum(~correct[order])
    ends = np.flatnonzero(np.r_[ranked[1:] != ranked[:-1], True])
    answered = ends + 1
    risk = wrong[ends] / answered
    n = len(targets)
    # Within a group of equal confidence any order is as good: its pictures carry the risk at the group's end.
    aurc = float(np.repeat(risk, np.diff(np.r_[0, answered])).mean())
    steps = np.arange(1, n + 1)
    ideal = float((np.maximum(steps - correct.sum(), 0) / steps).mean())
    return RiskCoverage(answered / n, risk, ranked[ends], aurc, aurc - ideal)


def not_sure_threshold(
    targets: np.ndarray, probabilities: np.ndarray, wanted: float, units: np.ndarray | None = None
) -> NotSure | None:
    """The least confidence from which on the answers reach the wanted accuracy, a share in (0, 1].

    Find it on validation pictures: on the pictures that it was found on, its accuracy is a little flattered. ``None``
    where no threshold reaches it.

    Raises:
        UserError: If ``wanted`` is not in (0, 1], or there is no picture.
    """
    if not 0 < wanted <= 1:
        raise UserError(f"The wanted accuracy is a share between 0 and 1, for instance 0.9, not {wanted}.")
    curve = risk_coverage(targets, probabilities)
    good = np.flatnonzero(1 - curve.risk >= wanted - 1e-12)
    if not len(good):
        return None
    last = int(good[-1])
    confidence, correct = top_class(targets, probabilities)
    answered = confidence >= curve.threshold[last]
    share = share_estimate(correct[answered], None if units is None else units[answered])
    return NotSure(float(curve.threshold[last]), float(curve.coverage[last]), share, int(answered.sum()))
