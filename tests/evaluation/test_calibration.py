"""Calibration: hand-made bins, a known temperature, curves by counting."""

import numpy as np
import pytest

from fer_models.errors import UserError
from fer_models.evaluation.calibration.reliability import (
    fit_temperature,
    not_sure_threshold,
    reliability,
    risk_coverage,
)
from fer_models.evaluation.calibration.temperature import calibrate
from fer_models.evaluation.class_match import softmax
from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.metrics.confidence import aurc, expected_calibration_error


def made(targets: np.ndarray, logits: np.ndarray) -> Evaluation:
    rows = np.arange(len(targets))
    return Evaluation(
        tuple("abcdefg"[: logits.shape[1]]),
        targets,
        logits.argmax(1),
        logits,
        softmax(logits),
        None,
        rows,
        rows,
        "data",
        "print",
        "test",
        "",
    )


def two_class(confidence: list[float], correct: list[int]) -> tuple[np.ndarray, np.ndarray]:
    top = np.array(confidence)
    return 1 - np.array(correct), np.column_stack([top, 1 - top])


def test_bins_and_ece_by_hand() -> None:
    targets, probabilities = two_class([0.55, 0.55, 0.95, 0.95, 0.95, 1.0], [1, 0, 1, 1, 0, 1])
    bars = reliability(targets, probabilities, bins=10)
    assert [bar.n for bar in bars] == [0, 0, 0, 0, 0, 2, 0, 0, 0, 4]
    assert bars[5].accuracy is not None and bars[5].accuracy.value == 0.5
    assert bars[9].confidence == pytest.approx((3 * 0.95 + 1) / 4)
    assert bars[0].accuracy is None
    expected = 2 / 6 * abs(0.5 - 0.55) + 4 / 6 * abs(0.75 - 0.9625)
    assert expected_calibration_error(targets, probabilities, bins=10) == pytest.approx(expected)


def test_temperature_is_recovered_and_keeps_the_classes() -> None:
    rng = np.random.default_rng(0)
    true_logits = 2 * rng.normal(size=(20_000, 7))
    targets = np.array([rng.choice(7, p=p / p.sum()) for p in softmax(true_logits).astype(float)])
    overconfident = (2.5 * true_logits).astype(np.float32)
    temperature = fit_temperature(targets, overconfident)
    assert temperature.value == pytest.approx(2.5, rel=0.05)
    assert temperature.ece[1] < 0.015 < 0.1 < temperature.ece[0]
    assert temperature.log_loss[1] < temperature.log_loss[0]
    assert (temperature.apply(overconfident).argmax(1) == overconfident.argmax(1)).all()
    with pytest.raises(UserError, match="validation"):
        fit_temperature(targets[:1], overconfident[:1])


def test_too_sure_is_said_only_beyond_chance() -> None:
    """Half of all calibrated networks have a temperature above 1."""
    rng = np.random.default_rng(0)
    wrong = 0
    for _ in range(60):
        logits = (2 * rng.normal(size=(200, 3))).astype(np.float32)
        targets = np.array([rng.choice(3, p=p / p.sum()) for p in softmax(logits).astype(float)])
        fitted = fit_temperature(targets, logits)
        wrong += abs(fitted.value - 1) > 1.96 * fitted.error
    assert wrong <= 8
    sure = made(targets, 2 * logits)
    assert "about right" in calibrate(made(targets, logits)).sentences
    assert (
        "over-confident" in calibrate(sure).sentences
        and "under-confident" in calibrate(made(targets, logits / 3)).sentences
    )
    figures = calibrate(sure)
    assert figures.ece[0].value < figures.measured and f"would show {100 * figures.chance:.1f} %" in figures.sentences


def test_risk_coverage_by_counting() -> None:
    targets, probabilities = two_class([0.99, 0.9, 0.9, 0.6], [1, 0, 1, 0])
    curve = risk_coverage(targets, probabilities)
    np.testing.assert_allclose(curve.coverage, [0.25, 0.75, 1])
    np.testing.assert_allclose(curve.risk, [0, 1 / 3, 1 / 2])
    assert curve.aurc == pytest.approx((0 + 1 / 3 + 1 / 3 + 1 / 2) / 4)
    assert curve.aurc - curve.excess == pytest.approx((0 + 0 + 1 / 3 + 1 / 2) / 4)
    assert aurc(targets, probabilities) == pytest.approx(curve.aurc)
    with pytest.raises(UserError):
        risk_coverage(targets[:0], probabilities[:0])


def test_not_sure_threshold_answers_as_many_as_it_may() -> None:
    targets, probabilities = two_class([0.99, 0.9, 0.8, 0.7, 0.6], [1, 1, 0, 1, 0])
    threshold = not_sure_threshold(targets, probabilities, 0.75)
    assert threshold is not None
    assert (threshold.threshold, threshold.answered, threshold.coverage) == (0.7, 4, 0.8)
    assert threshold.accuracy.value == 0.75 and threshold.accuracy.low < 0.75 < threshold.accuracy.high
    assert not_sure_threshold(*two_class([0.9, 0.8], [0, 1]), 0.99) is None
    with pytest.raises(UserError, match="share"):
        not_sure_threshold(targets, probabilities, 90)
