"""Curves over a threshold: one class against the rest, and acceptance as in verification."""

from __future__ import annotations

from typing import Literal

from fer_models.errors import UserError
from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.intervals import Estimate
from fer_models.evaluation.metrics import pr_auc_per_class, roc_auc_per_class
from fer_models.evaluation.metrics.curves import Curve, pr_curve, roc_curve
from fer_models.evaluation.verification import (
    PaperRates,
    VerificationCurve,
    equal_error_estimate,
    paper_rates,
    verification_curve,
)

Attempts = Literal["top", "claims"]
ATTEMPTS: dict[Attempts, str] = {
    "top": "its answer, or none",
    "claims": "each class claimed for each image",
}


def curves(evaluation: Evaluation, kind: Literal["roc", "pr"]) -> dict[str, tuple[Curve, float]]:
    """Points and area of each class with images (and, for ROC, images of other classes)."""
    curve_of = roc_curve if kind == "roc" else pr_curve
    areas = (roc_auc_per_class if kind == "roc" else pr_auc_per_class)(evaluation.targets, evaluation.probabilities)
    by_class = {}
    for k, name in enumerate(evaluation.classes):
        try:
            by_class[name] = (curve_of(evaluation.targets, evaluation.probabilities, k), float(areas[k]))
        except UserError:
            continue
    return by_class


def acceptance(evaluation: Evaluation, attempts: Attempts) -> VerificationCurve:
    """False acceptance and rejection over all thresholds.

    Raises:
        UserError: If all attempts are of one kind.
    """
    return verification_curve(evaluation.targets, evaluation.probabilities, attempts)


def equal_error(evaluation: Evaluation) -> Estimate:
    """The equal error rate of the predicted classes, with its 95 % interval.

    Raises:
        UserError: If all attempts are of one kind.
    """
    return equal_error_estimate(evaluation.targets, evaluation.probabilities, units=evaluation.units)


def as_the_fifth_paper(evaluation: Evaluation) -> PaperRates:
    """GAR and FAR without a threshold, as Jayaraman and Mahendran 2025 define them."""
    return paper_rates(evaluation.confusion)
