"""Reliability before and after temperature scaling, never fitted on the pictures that it judges."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fer_models.evaluation.calibration.reliability import (
    ReliabilityBin,
    Temperature,
    expected_calibration_error,
    fit_temperature,
    reliability,
)
from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.metrics import log_loss


@dataclass(frozen=True)
class Calibration:
    """Bins, expected calibration error (a share) and log loss before and after scaling.

    Args:
        temperature: of the scaling; of two halves their mean.
        fitted: on what, in words.
    """

    before: list[ReliabilityBin]
    after: list[ReliabilityBin]
    ece: tuple[float, float]
    log_loss: tuple[float, float]
    temperature: float
    fitted: str


def calibrate(evaluation: Evaluation, fitted_on: str = "", validation: Evaluation | None = None) -> Calibration:
    """Fit a temperature on ``validation``, or else on each half of the pictures for the other half.

    Args:
        fitted_on: what ``validation`` is, for instance ``"PublicTest"``.

    Raises:
        UserError: If there are too few pictures to fit on.
    """
    scaled = np.empty_like(evaluation.probabilities)
    if validation is not None:
        fitted = fit_temperature(validation.targets, validation.logits)
        scaled[:] = fitted.apply(evaluation.logits)
        value, words = fitted.value, f"fitted on {fitted_on}"
    else:
        halves = np.array_split(np.random.default_rng(0).permutation(evaluation.n), 2)
        temperatures: list[Temperature] = []
        for half, other in (halves, halves[::-1]):
            temperatures.append(fit_temperature(evaluation.targets[other], evaluation.logits[other]))
            scaled[half] = temperatures[-1].apply(evaluation.logits[half])
        value = float(np.mean([each.value for each in temperatures]))
        words = "fitted on one half of these pictures for the other"
    before = evaluation.probabilities
    return Calibration(
        reliability(evaluation.targets, before),
        reliability(evaluation.targets, scaled),
        (
            float(expected_calibration_error(evaluation.targets, before)),
            float(expected_calibration_error(evaluation.targets, scaled)),
        ),
        (float(log_loss(evaluation.targets, before)), float(log_loss(evaluation.targets, scaled))),
        value,
        words,
    )
