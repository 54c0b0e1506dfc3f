"""False acceptance and false rejection: as verification defines them, with a threshold, and as the fifth paper does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from fer_models.errors import UserError
from fer_models.evaluation.intervals import Estimate, percentile_interval, row_weights
from fer_models.evaluation.metrics.confusion import false_acceptance_share, recall


@dataclass(frozen=True)
class PaperRates:
    """GAR and "FAR" of a confusion matrix as Jayaraman and Mahendran 2025 print them, as shares in [0, 1].

    Args:
        gar: eq. 31, TP / (TP + FN), averaged over classes; ``gar_per_class`` float64 (K,). Identical to recall.
        far: eq. 32 (called FRR there, FAR in its Table 10), false acceptances over attempts. In a closed set every
            error accepts one false class, so it is 1 - accuracy; ``far_per_class`` float64 (K,) counts the pictures
            falsely taken for each class over all attempts and sums to ``far``.
    """

    gar: float
    far: float
    gar_per_class: np.ndarray
    far_per_class: np.ndarray


def paper_rates(table: np.ndarray) -> PaperRates:
    """GAR and FAR as the fifth paper defines them, from counts (K, K), rows true.

    Source:
        Jayaraman and Mahendran, Scientific Reports 2025, eq. 31 and 32.
    """
    table = np.asarray(table, np.float64)
    total = max(table.sum(), 1.0)
    return PaperRates(
        gar=float(recall(table)),
        far=float(false_acceptance_share(table)),
        gar_per_class=recall(table, None),
        far_per_class=(table.sum(0) - np.diagonal(table)) / total,
    )


@dataclass(frozen=True)
class VerificationCurve:
    """Error rates of accepting a claim when its score is at least a threshold.

    Args:
        threshold, far, frr: float64 (M,), thresholds descending, the first one accepts nothing. ``far`` is the share of
            impostor attempts accepted, ``frr`` the share of genuine attempts rejected; the genuine acceptance rate is
            ``1 - frr``.
        eer: equal error rate, where the two meet (interpolated); ``eer_threshold`` the threshold there.
        genuine, impostor: number of attempts of each kind.
    """

    threshold: np.ndarray
    far: np.ndarray
    frr: np.ndarray
    eer: float
    eer_threshold: float
    genuine: int
    impostor: int

    def at_far(self, limit: float) -> tuple[float, float]:
        """Threshold and FRR at the largest false acceptance rate that is not above ``limit`` (a share)."""
        last = int(np.flatnonzero(self.far <= limit)[-1])
        return float(self.threshold[last]), float(self.frr[last])


def verification_curve(
    targets: np.ndarray, probabilities: np.ndarray, attempts: Literal["top", "claims"] = "top"
) -> VerificationCurve:
    """FAR and FRR over all thresholds.

    Args:
        targets, probabilities: int (N,) and float (N, K).
        attempts: ``"top"``: each picture is one attempt with its top score, genuine when the top class is the true one.
            ``"claims"``: each picture claims each class in turn, genuine for its own class and impostor for the others.

    Raises:
        UserError: If there is no genuine or no impostor attempt.
    """
    if attempts == "top":
        scores = probabilities.max(1).astype(np.float64)
        genuine = probabilities.argmax(1) == targets
    elif attempts == "claims":
        scores = probabilities.astype(np.float64).ravel()
        genuine = (np.arange(probabilities.shape[1]) == targets[:, None]).ravel()
    else:
        raise UserError(f"Attempts are 'top' or 'claims', not {attempts!r}.")
    positives, negatives = int(genuine.sum()), int((~genuine).sum())
    if not positives or not negatives:
        raise UserError(
            "Verification needs genuine and impostor attempts; here all attempts are of one kind, so there is no curve."
        )
    order = np.argsort(-scores, kind="stable")
    ranked, hits = scores[order], genuine[order]
    ends = np.flatnonzero(np.r_[ranked[1:] != ranked[:-1], True])
    far = np.r_[0.0, np.cumsum(~hits)[ends] / negatives]
    frr = 1 - np.r_[0.0, np.cumsum(hits)[ends] / positives]
    threshold = np.r_[np.nextafter(ranked[0], np.inf), ranked[ends]]
    eer, at = _equal(far, frr, threshold)
    return VerificationCurve(threshold, far, frr, eer, at, positives, negatives)


def _equal(far: np.ndarray, frr: np.ndarray, threshold: np.ndarray) -> tuple[float, float]:
    """Where the rising ``far`` meets the falling ``frr``, linear between neighbours; they start at 0 and 1."""
    after = int(np.flatnonzero(far >= frr)[0])
    before = max(after - 1, 0)
    gap_before, gap_after = frr[before] - far[before], frr[after] - far[after]
    share = 0.0 if gap_before == gap_after else gap_before / (gap_before - gap_after)
    eer = far[before] + share * (far[after] - far[before])
    return float(eer), float(threshold[before] + share * (threshold[after] - threshold[before]))


def equal_error_estimate(
    targets: np.ndarray,
    probabilities: np.ndarray,
    resamples: int = 2000,
    seed: int = 0,
    units: np.ndarray | None = None,
) -> Estimate:
    """Equal error rate of the ``"top"`` attempts with its 95 % bootstrap interval over pictures.

    Raises:
        UserError: If there is no genuine or no impostor attempt.
    """
    value = verification_curve(targets, probabilities).eer
    scores = probabilities.max(1).astype(np.float64)
    order = np.argsort(-scores, kind="stable")
    ranked, hits = scores[order], (probabilities.argmax(1) == targets)[order]
    ends = np.flatnonzero(np.r_[ranked[1:] != ranked[:-1], True])
    pieces = row_weights(len(targets), resamples, seed, units)
    drawn = [_weighted_eer(weights[:, order], hits, ends) for weights in pieces]
    return Estimate(value, *percentile_interval(np.concatenate(drawn)))


def _weighted_eer(weights: np.ndarray, hits: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """float64 (R,) for weights (R, N) of attempts by falling score; NaN where all drawn ones are of one kind."""
    genuine = np.cumsum(weights * hits, axis=1, dtype=np.float64)[:, ends]
    impostor = np.cumsum(weights * ~hits, axis=1, dtype=np.float64)[:, ends]
    start = np.zeros((len(weights), 1))
    with np.errstate(invalid="ignore"):
        frr = np.hstack([start + 1, 1 - genuine / genuine[:, -1:]])
        far = np.hstack([start, impostor / impostor[:, -1:]])
    after = np.maximum((far >= frr).argmax(1), 1)
    at = np.arange(len(weights))
    gap_before, gap_after = (frr - far)[at, after - 1], (frr - far)[at, after]
    change = gap_before - gap_after
    share = np.divide(gap_before, change, out=np.zeros_like(change), where=change != 0)
    return far[at, after - 1] + share * (far[at, after] - far[at, after - 1])
