"""Reliability before and after temperature scaling, never fitted on the images that it judges."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fer_models.evaluation.calibration.reliability import ReliabilityBin, Temperature, fit_temperature, reliability
from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.intervals import Estimate, estimates
from fer_models.evaluation.metrics import METRICS, log_loss
from fer_models.evaluation.metrics.confidence import calibrated_errors, expected_calibration_error
from fer_models.evaluation.sentence import interval_text, percent_text

_ECE = {"ece": METRICS["ece"]}


@dataclass(frozen=True)
class Calibration:
    """Confidence and accuracy before and after scaling.

    Args:
        before, after: The bins of the reliability diagram.
        ece: Expected calibration error before and after, corrected for chance.
        measured: The same before, as measured.
        chance: What a calibrated network would show as measured, on average, with as many images.
        log_loss: Before and after.
        temperature: Of the scaling, with its interval; of two halves their mean.
        fitted: On what, in words.
    """

    before: list[ReliabilityBin]
    after: list[ReliabilityBin]
    ece: tuple[Estimate, Estimate]
    measured: float
    chance: float
    log_loss: tuple[float, float]
    temperature: Estimate
    fitted: str

    @property
    def verdict(self) -> str:
        """Whether the confidence is right, as far as the temperature's interval tells."""
        if self.temperature.low > 1:
            return "the network is over-confident"
        if self.temperature.high < 1:
            return "the network is under-confident"
        return "about right, since the interval holds 1"

    @property
    def sentences(self) -> str:
        """The temperature and what it says, and both figures before and after."""
        before, after = self.ece
        return (
            f"Temperature {self.temperature.value:.2f} [{self.temperature.low:.2f}, {self.temperature.high:.2f}], "
            f"{self.fitted}: {self.verdict}. Expected calibration error {interval_text(*before)}, with temperature "
            f"{interval_text(*after)}. Both are corrected for chance: uncorrected, the first is "
            f"{percent_text(self.measured)}, where a calibrated network would show {percent_text(self.chance)} on as "
            f"many images. Log loss "
            f"{self.log_loss[0]:.3f}, with temperature {self.log_loss[1]:.3f}."
        )


def calibrate(evaluation: Evaluation, fitted_on: str = "", validation: Evaluation | None = None) -> Calibration:
    """Fit a temperature on ``validation``, or else on each half of the images for the other half.

    Args:
        evaluation: What is judged.
        fitted_on: What ``validation`` is, for instance ``"PublicTest"``.
        validation: Predictions to fit on.

    Raises:
        UserError: If there are too few images to fit on.
    """
    scaled = np.empty_like(evaluation.probabilities)
    temperatures: list[Temperature] = []
    if validation is not None:
        temperatures.append(fit_temperature(validation.targets, validation.logits, validation.units))
        scaled[:] = temperatures[0].apply(evaluation.logits)
        fitted = f"fitted on {fitted_on}"
    else:
        halves = _halves(evaluation)
        for half, other in (halves, halves[::-1]):
            fitting = evaluation.take(other)
            temperatures.append(fit_temperature(fitting.targets, fitting.logits, fitting.units))
            scaled[half] = temperatures[-1].apply(evaluation.logits[half])
        fitted = "fitted on one half of these images for the other"
    targets, before = evaluation.targets, evaluation.probabilities
    after = estimates(_ECE, targets, scaled, units=evaluation.units)["ece"]
    return Calibration(
        reliability(targets, before, units=evaluation.units),
        reliability(targets, scaled, units=evaluation.units),
        (evaluation.estimate(("ece",))["ece"], after),
        float(expected_calibration_error(targets, before)),
        float(calibrated_errors(before).mean()),
        (float(log_loss(targets, before)), float(log_loss(targets, scaled))),
        _mean(temperatures),
        fitted,
    )


def _halves(evaluation: Evaluation) -> list[np.ndarray]:
    """Two random halves of the images, or of the people."""
    units = np.arange(evaluation.n) if evaluation.units is None else evaluation.units
    names = np.random.default_rng(0).permutation(np.unique(units))
    return [np.flatnonzero(np.isin(units, half)) for half in np.array_split(names, 2)]


def _mean(temperatures: list[Temperature]) -> Estimate:
    value = float(np.mean([each.value for each in temperatures]))
    half = 1.96 * float(np.sqrt(sum(each.error**2 for each in temperatures))) / len(temperatures)
    return Estimate(value, max(value - half, 0.0), value + half)
