"""FAR and FRR by counting, and curves against scikit-learn."""

import numpy as np
import pytest
from sklearn import metrics as sk

from fer_models.errors import UserError
from fer_models.evaluation.metrics.curves import pr_curve, roc_curve
from fer_models.evaluation.verification import equal_error_estimate, paper_rates, verification_curve


def draw(n: int = 500) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    targets = rng.integers(0, 4, n)
    logits = rng.normal(size=(n, 4)).round(1) + 1.5 * np.eye(4)[targets]
    return targets, np.exp(logits) / np.exp(logits).sum(1, keepdims=True)


def test_paper_rates_are_recall_and_errors() -> None:
    table = np.array([[8, 2], [1, 89]])
    rates = paper_rates(table)
    assert rates.gar == pytest.approx((0.8 + 89 / 90) / 2)
    assert rates.far == pytest.approx(0.03)
    np.testing.assert_allclose(rates.far_per_class, [0.01, 0.02])


def test_claims_curve_is_the_pooled_roc() -> None:
    targets, probabilities = draw()
    curve = verification_curve(targets, probabilities, "claims")
    assert (curve.genuine, curve.impostor) == (500, 1500)
    far, gar, _ = sk.roc_curve(np.eye(4)[targets].ravel(), probabilities.ravel(), drop_intermediate=False)
    np.testing.assert_allclose(curve.far, far)
    np.testing.assert_allclose(1 - curve.frr, gar)
    near = np.abs(curve.far - curve.frr).argmin()
    assert curve.eer == pytest.approx(curve.far[near], abs=0.01)
    assert curve.threshold[near] == pytest.approx(curve.eer_threshold, abs=0.02)
    threshold, frr = curve.at_far(0.01)
    scores, own = probabilities, np.eye(4, dtype=bool)[targets]
    assert (scores[~own] >= threshold).mean() <= 0.01
    assert (scores[own] < threshold).mean() == pytest.approx(frr)


def test_top_score_curve_by_counting() -> None:
    targets, probabilities = draw()
    curve = verification_curve(targets, probabilities)
    right = probabilities.argmax(1) == targets
    assert (curve.genuine, curve.impostor) == (right.sum(), (~right).sum())
    k = len(curve.threshold) // 2
    accepted = probabilities.max(1) >= curve.threshold[k]
    assert curve.far[k] == pytest.approx(accepted[~right].mean())
    assert curve.frr[k] == pytest.approx((~accepted)[right].mean())


def test_a_network_without_errors_has_no_impostors() -> None:
    with pytest.raises(UserError, match="one kind"):
        verification_curve(np.array([0, 1]), np.eye(2))


def test_curves_equal_scikit_learn() -> None:
    targets, probabilities = draw()
    far, hits, thresholds = sk.roc_curve(targets == 2, probabilities[:, 2], drop_intermediate=False)
    ours = roc_curve(targets, probabilities, 2)
    np.testing.assert_allclose(ours, (far, hits, thresholds))
    precision, recall, thresholds = sk.precision_recall_curve(targets == 2, probabilities[:, 2])
    ours = pr_curve(targets, probabilities, 2)
    np.testing.assert_allclose(ours.y[::-1], precision)
    np.testing.assert_allclose(ours.x[::-1], recall)
    np.testing.assert_allclose(ours.threshold[:0:-1], thresholds)
    with pytest.raises(UserError, match="without images"):
        pr_curve(targets, probabilities, 9)


@pytest.mark.parametrize("attempts", ["top", "claims"])
def test_equal_error_rate_lies_on_scikit_learns_curve(attempts: str) -> None:
    targets, probabilities = draw()
    if attempts == "top":
        genuine, scores = probabilities.argmax(1) == targets, probabilities.max(1)
    else:
        genuine, scores = np.eye(4, dtype=bool)[targets].ravel(), probabilities.ravel()
    far, gar, thresholds = sk.roc_curve(genuine, scores, drop_intermediate=False)
    gap = far - (1 - gar)
    k = int(np.flatnonzero(gap >= 0)[0])
    share = -gap[k - 1] / (gap[k] - gap[k - 1])
    curve = verification_curve(targets, probabilities, attempts)  # type: ignore[arg-type]
    assert curve.eer == pytest.approx(far[k - 1] + share * (far[k] - far[k - 1]), abs=1e-12)
    assert curve.eer_threshold == pytest.approx(
        thresholds[k - 1] + share * (thresholds[k] - thresholds[k - 1]), abs=1e-12
    )
    np.testing.assert_allclose(curve.far, far, rtol=0, atol=1e-12)
    np.testing.assert_allclose(1 - curve.frr, gar, rtol=0, atol=1e-12)


def test_the_equal_error_rates_interval_is_that_of_redrawn_pictures() -> None:
    targets, probabilities = draw(300)
    found = equal_error_estimate(targets, probabilities)
    assert found.value == verification_curve(targets, probabilities).eer
    assert found.low < found.value < found.high and found == equal_error_estimate(targets, probabilities)
    rng = np.random.default_rng(5)
    redrawn = [rng.integers(0, 300, 300) for _ in range(600)]
    by_hand = [verification_curve(targets[rows], probabilities[rows]).eer for rows in redrawn]
    np.testing.assert_allclose([found.low, found.high], np.quantile(by_hand, [0.025, 0.975]), atol=0.015)
    with pytest.raises(UserError, match="one kind"):
        equal_error_estimate(probabilities.argmax(1), probabilities)
