"""Intervals: known values, coverage, and the bootstrap's speed and agreement with theory."""

import time

import numpy as np
import pytest

from fer_models.errors import UserError
from fer_models.evaluation.intervals import (
    corrected,
    estimates,
    percentile_interval,
    resample_tables,
    row_weights,
    share_estimate,
    wilson,
)
from fer_models.evaluation.metrics import METRICS
from fer_models.evaluation.sentence import figure_sentence, interval_text


def test_wilson_known_values() -> None:
    # Newcombe 1998, table I, method 3: 81 of 263 and 15 of 148, 0 of 20, 1 of 29.
    for hits, n, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ):
        assert wilson(hits, n) == pytest.approx((low, high), abs=5e-5)
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(20, 20)[1] == 1.0
    low, high = wilson(np.array([1, 2]), np.array([4, 4]))
    assert low.shape == (2,) and (low < high).all()


def test_wilson_covers_about_95_per_cent() -> None:
    hits = np.random.default_rng(0).binomial(200, 0.7, 20_000)
    low, high = wilson(hits, 200)
    assert 0.935 < np.mean((low <= 0.7) & (high >= 0.7)) < 0.965


def test_wilson_refuses_nonsense() -> None:
    with pytest.raises(UserError):
        wilson(5, 4)
    with pytest.raises(UserError, match=r"0\.95"):
        wilson(1, 4, level=95)


def test_resamples_keep_their_number_and_are_reproducible() -> None:
    table = np.array([[30, 5], [10, 55]])
    drawn = resample_tables(table, 500, seed=3)
    assert (drawn.sum((1, 2)) == 100).all()
    np.testing.assert_array_equal(drawn, resample_tables(table, 500, seed=3))
    pieces = list(row_weights(3000, 700, seed=1))
    assert sum(len(piece) for piece in pieces) == 700
    assert all((piece.sum(1) == 3000).all() for piece in pieces)


def test_bootstrap_of_accuracy_agrees_with_wilson() -> None:
    table = np.array([[700, 300], [300, 2289]])
    low, high = percentile_interval(METRICS["accuracy"].function(resample_tables(table, 4000)))
    assert (low, high) == pytest.approx(wilson(2989, 3589), abs=0.002)


def test_all_metrics_2000_resamples_of_3589_rows() -> None:
    """Every interval holds its value; about a second on a quiet core, so four are allowed on a busy one."""
    rng = np.random.default_rng(0)
    targets = rng.integers(0, 7, 3589)
    logits = rng.normal(size=(3589, 7)) + 2.5 * np.eye(7)[targets]
    probabilities = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    start = time.process_time()
    results = estimates(dict(METRICS.items()), targets, probabilities)
    assert time.process_time() - start < 4
    assert list(results) == list(METRICS)
    for key, estimate in results.items():
        assert estimate.low < estimate.value < estimate.high, key
        assert estimate.high - estimate.low < 0.1, key


#: Figures that are accuracy, its rest, or the share among the first two.
SHARES = ("accuracy", "micro_precision", "micro_recall", "micro_f1", "weighted_recall", "top_2")


def predicted(targets: np.ndarray, right: np.ndarray, sure: float | np.ndarray = 0.9) -> np.ndarray:
    """Probabilities of three classes, ``sure`` for the true class where it is right and for the next one elsewhere."""
    answer = np.where(right, targets, (targets + 1) % 3)
    return np.where(np.arange(3) == answer[:, None], sure, (1 - sure) / 2)


def test_all_right_is_no_proof_of_perfection() -> None:
    targets = np.arange(10) % 3
    figures = estimates(dict(METRICS.items()), targets, predicted(targets, np.ones(10, bool)))
    for key in SHARES:
        assert figures[key] == pytest.approx((1.0, *wilson(10, 10))), key
    assert figures["false_acceptance_share"] == pytest.approx((0.0, *wilson(0, 10)))
    forty = np.arange(40) % 3
    some = estimates(dict(METRICS.items()), forty, predicted(forty, np.arange(40) < 25))
    assert all(some[key] == some["accuracy"] for key in SHARES[:-1])


def test_one_image_gives_no_interval() -> None:
    targets = np.array([1])
    for key, estimate in estimates(dict(METRICS.items()), targets, predicted(targets, np.ones(1, bool))).items():
        assert np.isnan(estimate.low) and np.isnan(estimate.high), key
    assert estimate.to_json()["low"] is None
    assert interval_text(1.0, float("nan"), float("nan")) == interval_text(1.0, None, None) == "100.0 %"


def test_calibration_error_is_corrected_for_its_bias() -> None:
    """A thousand images of a calibrated network: the plain error is 3 % on average."""
    rng = np.random.default_rng(0)
    plain, middle, low = [], [], []
    for _ in range(20):
        sure = rng.uniform(0.4, 1, 1000)
        targets = rng.integers(0, 3, 1000)
        probabilities = predicted(targets, rng.random(1000) < sure, sure[:, None])
        estimate = estimates({"ece": METRICS["ece"]}, targets, probabilities, resamples=300)["ece"]
        plain.append(float(METRICS["ece"].function(targets, probabilities)))
        middle.append(estimate.value)
        low.append(estimate.low)
    assert np.mean(plain) > 0.025 and np.mean(middle) < 0.02
    assert min(middle) >= 0 and np.mean(np.array(low) == 0) > 0.8


def test_share_of_groups_counts_groups() -> None:
    rng = np.random.default_rng(0)
    people = np.repeat(np.arange(100), 9)
    held = {"people": 0, "images": 0}
    for _ in range(300):
        ease = rng.beta(2, 1, 100)  # how easy each person is; the mean is two thirds
        hits = rng.random(900) < ease[people]
        for name, units in (("people", people), ("images", None)):
            _, low, high = share_estimate(hits, units)
            held[name] += low <= 2 / 3 <= high
    assert 0.91 < held["people"] / 300 < 0.985 and held["images"] / 300 < 0.85
    same = share_estimate(np.arange(900) < 700, np.arange(900)[::-1])
    assert same == share_estimate(np.arange(900) < 700)
    everyone = share_estimate(np.ones(900, bool), people)
    assert everyone.low == pytest.approx(wilson(100, 100)[0], abs=0.002)
    assert np.isnan(share_estimate(np.ones(9, bool), np.zeros(9, int)).low)


def test_undefined_resamples_are_left_out_or_forbid_an_interval() -> None:
    samples = np.linspace(0, 1, 100)
    few = samples.copy()
    few[:5] = np.nan
    assert percentile_interval(few)[0] > 0.05
    few[:20] = np.nan
    assert np.isnan(percentile_interval(few)).all()
    assert np.isnan(percentile_interval(np.full(10, np.nan))).all()


def test_no_picture_is_said() -> None:
    with pytest.raises(UserError, match="no labelled image"):
        estimates(dict(METRICS.items()), np.zeros(0, int), np.zeros((0, 3)))


def test_figure_sentence() -> None:
    sentence = figure_sentence(0.7031, 0.688, 0.7179, 3589, "PublicTest", "Training folds")
    assert sentence == "70.3 % [68.8, 71.8] · n = 3,589 · PublicTest · epoch chosen on Training folds"
    assert figure_sentence(0.6431, 0.627, 0.66, 12, "test", "", percent=False) == "0.643 [0.627, 0.660] · n = 12 · test"


def test_a_bias_corrected_figure_is_reflected_and_begins_at_chance() -> None:
    samples = np.linspace(0.1, 0.3, 2001)
    found = corrected(0.15, samples, np.full(100, 0.05), level=0.9)
    assert (found.value, found.low, found.high) == pytest.approx((0.1, 0.01, 0.19))
    assert corrected(0.15, samples, np.full(100, 0.15), level=0.9).low == 0  # no more than a perfect network's
    assert corrected(0.08, samples, np.zeros(100)).value == 0
