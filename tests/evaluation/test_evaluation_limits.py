"""Figures just at a limit, of nothing, and of one kind only."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fer_models.errors import UserError
from fer_models.evaluation.calibration.reliability import fit_temperature, not_sure_threshold, risk_coverage
from fer_models.evaluation.claims import printed
from fer_models.evaluation.claims.check import _is_harmonic, check_claim
from fer_models.evaluation.class_match import match_classes, parse_label_map
from fer_models.evaluation.comparison.pareto import pareto_front
from fer_models.evaluation.comparison.swap import exact_sign_p, mean_swap_p, possible, swap_p, swaps
from fer_models.evaluation.exchanged_labels import exchanged_labels
from fer_models.evaluation.intervals import (
    Estimate,
    corrected,
    mean_estimates,
    percentile_interval,
    resample_tables,
    row_weights,
    share_estimate,
    wilson,
)
from fer_models.evaluation.metrics import METRICS
from fer_models.evaluation.metrics.confidence import aurc, bin_of, expected_calibration_error
from fer_models.evaluation.metrics.confusion import confusion
from fer_models.evaluation.metrics.probabilistic import (
    _running_sum,
    brier,
    log_loss,
    pr_auc_per_class,
    roc_auc_per_class,
    top_k,
)
from fer_models.evaluation.mistakes import Filter, ordered, scores
from fer_models.evaluation.scorecard import gain_warning, selected_on
from fer_models.evaluation.sentence import images_text, interval_text
from fer_models.evaluation.slicing.slices import sharpness
from fer_models.evaluation.verification import paper_rates, verification_curve

COUNTS = st.lists(st.integers(0, 9), min_size=9, max_size=9)


@pytest.mark.parametrize("metric", list(METRICS))
def test_a_metric_has_a_better_side_and_no_better_of_two_equal_values(metric: str) -> None:
    better = METRICS[metric].better
    up = METRICS[metric].direction == "higher"
    assert better(0.6, 0.5) is up and better(0.5, 0.6) is not up and not better(0.5, 0.5)
    table = np.eye(2)
    assert math.isnan(METRICS[metric].value(0 * table, np.array([], int), np.zeros((0, 2))))
    if METRICS[metric].needs == "probabilities":
        assert math.isnan(METRICS[metric].value(table, np.arange(2), np.array([[1, np.nan], [0, 1]])))


def test_a_confusion_matrix_takes_classes_that_are_there() -> None:
    assert confusion(np.array([0, 2]), np.array([2, 0]), 3).tolist() == [[0, 0, 1], [0, 0, 0], [1, 0, 0]]
    assert confusion(np.array([], int), np.array([], int), 2).tolist() == [[0, 0], [0, 0]]
    for targets, predictions in (([0, 3], [0, 0]), ([0, 0], [3, 0]), ([-1, 0], [0, 0]), ([0, 0], [0, -1]), ([0], [])):
        with pytest.raises(UserError):
            confusion(np.array(targets, int), np.array(predictions, int), 3)


@given(COUNTS)
def test_paper_rates_are_recall_and_errors(counts: list[int]) -> None:
    table = np.reshape(counts, (3, 3))
    rates = paper_rates(table)
    if not table.sum():
        assert rates.far_per_class.tolist() == [0, 0, 0]
        return
    wrong = table - np.diag(np.diag(table))
    np.testing.assert_allclose(rates.far_per_class, wrong.sum(0) / table.sum())
    assert rates.far == pytest.approx(wrong.sum() / table.sum()) == pytest.approx(rates.far_per_class.sum())


def test_equal_probabilities_rank_in_the_order_of_classes() -> None:
    even = np.full((3, 3), 1 / 3)
    assert float(top_k(np.array([0, 1, 2]), even, k=2)) == pytest.approx(2 / 3)
    assert float(top_k(np.array([0, 1, 2]), even, k=1)) == pytest.approx(1 / 3)
    assert math.isnan(float(top_k(np.array([], int), np.zeros((0, 3)))))


def test_losses_of_certain_answers() -> None:
    sure = np.array([[1.0, 0.0], [1.0, 0.0]])
    assert float(brier(np.array([0, 1]), sure)) == 1.0
    assert float(log_loss(np.array([0]), sure[:1])) == pytest.approx(0, abs=1e-12)
    assert float(log_loss(np.array([1]), sure[:1])) == pytest.approx(-math.log(np.finfo(float).eps))


@pytest.mark.parametrize("columns", [1, 31, 32, 40])
def test_running_sums_are_those_of_numpy(columns: int) -> None:
    rows = np.random.default_rng(0).integers(0, 5, (6, columns)).astype(np.float32)
    np.testing.assert_array_equal(_running_sum(rows), rows.cumsum(0))


def test_areas_of_classes_without_images_or_with_all() -> None:
    targets, p = np.array([0, 0, 0]), np.array([[0.7, 0.3, 0.0], [0.6, 0.4, 0.0], [0.2, 0.8, 0.0]])
    assert np.isnan(roc_auc_per_class(targets, p)).all()
    np.testing.assert_array_equal(pr_auc_per_class(targets, p), [1, np.nan, np.nan])
    tied = np.full((4, 2), 0.5)
    assert roc_auc_per_class(np.array([0, 0, 1, 1]), tied).tolist() == [0.5, 0.5]


def test_calibration_error_and_risk_of_known_answers() -> None:
    """Two bins: 0.9 right once of two, 0.6 always right; risk 0 until an error at the end."""
    p = np.array([[0.9, 0.1], [0.9, 0.1], [0.6, 0.4], [0.6, 0.4]])
    targets = np.array([0, 1, 0, 0])
    assert float(expected_calibration_error(targets, p)) == pytest.approx((0.4 * 2 + 0.4 * 2) / 4)
    assert float(aurc(targets, p)) == pytest.approx((0.5 + 0.5 + 0.25 + 0.25) / 4)
    assert risk_coverage(targets, p).aurc == pytest.approx((0.5 + 0.5 + 0.25 + 0.25) / 4)
    doubled = np.array([2.0, 2.0, 0.0, 0.0])
    assert float(expected_calibration_error(targets, p, doubled)) == pytest.approx(0.4)
    assert float(aurc(targets, p, doubled)) == pytest.approx(0.5)
    assert bin_of(np.array([0.0, 1 / 15, 1 / 15 + 1e-9, 1.0]), 15).tolist() == [0, 0, 1, 14]


def test_a_threshold_reaches_the_wanted_accuracy_just() -> None:
    p = np.array([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.6, 0.4]])
    found = not_sure_threshold(np.array([0, 0, 0, 1]), p, 0.75)
    assert found is not None and found.threshold == pytest.approx(0.6)
    stricter = not_sure_threshold(np.array([0, 0, 0, 1]), p, 1.0)
    assert stricter is not None and stricter.threshold == pytest.approx(0.7) and stricter.coverage == 0.75
    assert not_sure_threshold(np.array([1, 1, 1, 1]), p, 0.5) is None
    for wrong in (0.0, 1.01):
        with pytest.raises(UserError, match="share"):
            not_sure_threshold(np.array([0, 0, 0, 1]), p, wrong)
    with pytest.raises(UserError):
        risk_coverage(np.array([], int), np.zeros((0, 2)))
    with pytest.raises(UserError, match="fewer than two"):
        fit_temperature(np.array([0]), np.zeros((1, 2)))


def test_a_temperature_finds_the_scale_of_the_scores() -> None:
    """Scores whose softmax is the share of right answers, and ten times them."""
    targets = np.repeat([0, 1], [30, 10])
    logits = np.tile([math.log(3), 0.0], (40, 1))
    for scale in (1.0, 10.0):
        found = fit_temperature(targets, scale * logits)
        assert found.value == pytest.approx(scale, rel=1e-3)
        # dL/d(1/T) has the variance n p q s^2, and the curvature too
        expected = scale**2 / (scale * math.log(3) * math.sqrt(40 * 0.75 * 0.25))
        assert found.error == pytest.approx(expected, rel=1e-2)
    assert found.log_loss[1] == pytest.approx(-(0.75 * math.log(0.75) + 0.25 * math.log(0.25)), rel=1e-3)


def test_label_maps_at_their_edges() -> None:
    assert parse_label_map(" a = b , c= ,, ") == (("a", "b"), ("c", ""))
    for wrong in ("a", "=b", "a=b,A=c"):
        with pytest.raises(UserError):
            parse_label_map(wrong)
    network = ("x", "happy", "sad")
    match = match_classes(network, ("happy", "other", "x", "sad"), (("other", "x"), ("sad", "")))
    assert match.classes == ("happy", "x") and match.of_label.tolist() == [0, 1, 1, -1]
    assert match.of_network.tolist() == [1, 0] and match.label_map == (("other", "x"), ("sad", ""))
    assert "other as x" in match.notes[0] and "sad are left out by" in match.notes[1]
    assert "sad is not in this data set and was" in match.notes[-1] and len(match.notes) == 3
    first = match_classes(network, ("x", "lonely", "happy"))
    assert first.of_label.tolist() == [0, -1, 1] and first.of_network.tolist() == [0, 1] and not first.label_map
    assert any(note.startswith("Images of lonely are left out: the network") for note in first.notes)
    for data, label_map in ((("a", "b"), ()), (("x", "b"), ()), (network, (("y", "x"),)), (network, (("x", "y"),))):
        with pytest.raises(UserError):
            match_classes(network, data, label_map)


def test_points_of_equal_accuracy_or_cost() -> None:
    assert pareto_front([(1.0, 0.5), (2.0, 0.5), (2.0, 0.6), (2.0, 0.7), (1.0, 0.5)]) == [0, 3]


def test_signs_and_swaps_by_hand() -> None:
    assert exact_sign_p(np.array([0, 0])) == 1
    assert exact_sign_p(np.array([2, 1])) == pytest.approx(0.5)  # 3, 1, -1, -3
    assert exact_sign_p(np.array([2, -1])) == 1
    assert possible(10, 1024) and not possible(10, 1023) and not possible(30, 2**40) and possible(29, 2**29)
    (every,) = swaps(3, 8)
    assert sorted(map(tuple, every.tolist())) == [(a, b, c) for a in (0, 1) for b in (0, 1) for c in (0, 1)]
    (grouped,) = swaps(3, 8, units=np.array([7, 3, 7]))
    assert sorted(map(tuple, grouped.tolist())) == [(0, 0, 0), (0, 1, 0), (1, 0, 1), (1, 1, 1)]
    drawn = np.concatenate(list(swaps(3, 7)))
    assert drawn.shape == (7, 3) and set(np.unique(drawn)) == {0, 1}
    assert mean_swap_p(np.array([1.0, 1.0, 1.0])) == pytest.approx(2 / 8)
    assert mean_swap_p(np.array([1.0, 1.0, 1.0]), units=np.array([0, 0, 1])) == pytest.approx(2 / 4)
    assert mean_swap_p(np.array([1.0, 0.0]), draws=3) == 1
    assert swap_p(lambda s: np.full(len(s), np.nan), 3) is None
    undefined = lambda s: np.where(s[:, 0] > 0, np.nan, 1.0)  # noqa: E731
    assert swap_p(undefined, 3) is None, "undefined in half"


def test_a_tenth_may_be_undefined() -> None:
    samples = np.arange(10.0)
    samples[3] = np.nan
    assert percentile_interval(samples) != pytest.approx((math.nan, math.nan), nan_ok=True)
    samples[4] = np.nan
    assert np.isnan(percentile_interval(samples)).all()


def test_exchanged_labels_want_forty_images() -> None:
    truth = np.arange(40) % 2
    assert exchanged_labels(truth, 1 - truth, ("a", "b")) is not None
    assert exchanged_labels(truth[:39], 1 - truth[:39], ("a", "b")) is None
    assert exchanged_labels(truth, truth, ("a", "b")) is None


def test_intervals_at_their_ends() -> None:
    for level in (0.0, 1.0):
        with pytest.raises(UserError, match="level"):
            wilson(np.array(1), np.array(2), level)
    for hits in (-1, 3):
        with pytest.raises(UserError, match="between 0 and n"):
            wilson(np.array(hits), np.array(2))
    assert wilson(np.array(0), np.array(5))[0] == 0 and wilson(np.array(5), np.array(5))[1] == 1
    assert wilson(np.array(0), np.array(0)) == (0.0, 1.0)
    assert 0 < wilson(np.array(1), np.array(1))[0] < 1
    one = share_estimate(np.array([True]))
    assert one.value == 1 and math.isnan(one.low)
    assert math.isnan(share_estimate(np.array([], bool)).value)
    assert math.isnan(share_estimate(np.ones(4, bool), np.zeros(4, int)).low), "one group says nothing of others"
    assert resample_tables(np.zeros((2, 2)), 3).tolist() == np.zeros((3, 2, 2)).tolist()


def test_groups_that_agree_count_as_one_image_each() -> None:
    """Pairs that agree: the variance between pairs is twice that of images, so half of them count."""
    from scipy.special import stdtrit

    hits = np.repeat([True, False] * 20, 2)
    found = share_estimate(hits, np.arange(80) // 2)
    z = float(stdtrit(39, 0.975))
    effective = 80 / (40 / 39 * 2)
    half = z / (1 + z * z / effective) * math.sqrt(0.25 / effective + z * z / (4 * effective**2))
    assert found.value == 0.5 and (found.low, found.high) == pytest.approx((0.5 - half, 0.5 + half))
    singles = share_estimate(hits, np.arange(80))
    assert singles == share_estimate(hits)


def test_rows_are_drawn_as_often_as_there_are_rows() -> None:
    weights = np.concatenate(list(row_weights(5, 40, units=np.array([0, 0, 1, 1, 2]))))
    assert weights.shape == (40, 5) and (weights[:, 0] == weights[:, 1]).all()
    assert (weights[:, [0, 2, 4]].sum(1) == 3).all() and (np.concatenate(list(row_weights(5, 40))).sum(1) == 5).all()
    (mean,) = mean_estimates(np.array([[2.0]]))
    assert mean.value == 2 and math.isnan(mean.low)
    (mean,) = mean_estimates(np.array([[2.0], [2.0]]))
    assert mean == Estimate(2, 2, 2)


def test_a_bias_is_taken_off_and_the_interval_is_reflected() -> None:
    samples = np.linspace(0.2, 0.4, 1001)
    none = np.zeros(100)
    assert corrected(0.25, samples, none) == pytest.approx((0.2, 0.105, 0.295))
    assert corrected(0.25, samples, none + 0.25) == pytest.approx((0.2, 0.0, 0.295)), "chance shows just as much"


def test_claims_are_read_to_their_limits() -> None:
    assert printed.counts([1, 2.0]).tolist() == [1, 2]
    for wrong in ([1], [1, 0], [1, 1.5], [1, True], "12", None, [1, "2"]):
        with pytest.raises(UserError):
            printed.counts(wrong)
    assert printed.folds(None) == 1 and printed.folds(1) == 1 and printed.folds(100.0) == 100
    for wrong in (0, 101, 1.5, True, "3"):
        with pytest.raises(UserError):
            printed.folds(wrong)
    near = {"rel": 1e-6}
    assert printed.figures({"accuracy": 0})["accuracy"] == pytest.approx((0, 0.005), **near)
    assert printed.figures({"accuracy": 100})["accuracy"] == pytest.approx((0.995, 1), **near)
    assert printed.figures({"accuracy": "50.50 %"})["accuracy"] == pytest.approx((0.5045, 0.5055), **near)
    assert printed.figures({"accuracy": 50, "rounding": 2})["accuracy"] == pytest.approx((0.49995, 0.50005), **near)
    assert printed.figures({"accuracy": 50, "rounding": 0.5})["accuracy"] == pytest.approx((0.495, 0.505), **near)
    assert printed.figures({"accuracy": 50, "truncated": True})["accuracy"] == pytest.approx((0.5, 0.51), **near)
    wide = {"accuracy": 50, "rounding": 0.0}
    assert printed.figures(wide)["accuracy"] == pytest.approx((0.5, 0.5), **near)
    for wrong in ({"accuracy": 100.1}, {"accuracy": -0.1}, {"accuracy": True}, {}, {"accuracy": "x"}):
        with pytest.raises(UserError):
            printed.figures(wrong)
    for rounding in (50.0, -0.1, True, "x"):
        with pytest.raises(UserError, match="rounding"):
            printed.figures({"accuracy": 50, "rounding": rounding})
    for wrong in ("best", {"accuracy": "best"}, {"speed": "macro"}):
        with pytest.raises(UserError, match="averaging"):
            printed.averaging(wrong)


@pytest.mark.parametrize(("accuracy", "possible_"), [(50, True), ("33.3", True), ("33.2", False), ("66.8", False)])
def test_an_accuracy_is_a_whole_number_of_images(accuracy: object, possible_: bool) -> None:
    assert check_claim({"counts": [3, 3], "accuracy": accuracy}, search=False)["possible"] is possible_


def test_a_harmonic_mean_of_means_is_accepted_and_anything_else_is_not() -> None:
    """Precision 50 and recall 80 have the harmonic mean 61.54."""
    macro = dict.fromkeys(("precision", "recall", "f1"), "macro")

    def fits(low: float, high: float, p: float = 0.5, r: float = 0.8) -> bool:
        return _is_harmonic({"precision": (p, p), "recall": (r, r), "f1": (low, high)}, macro)

    assert fits(0.6153, 0.6154) and not fits(0.6155, 0.7) and not fits(0.5, 0.6153)
    assert fits(0.0, 0.0, p=0.0, r=0.0) and fits(0.5, 0.5, r=0.5)
    assert not _is_harmonic({"precision": (0.5, 0.5), "f1": (0.5, 0.5)}, macro)
    both = {"precision": (0.5, 0.5), "recall": (0.5, 0.5), "f1": (0.5, 0.5)}
    assert _is_harmonic(both, macro) and not _is_harmonic(both, macro | {"f1": "micro"})


def test_a_class_is_named_falsely_for_the_images_of_others_only() -> None:
    """Nothing right of 3 and 1 images: each class takes all images of the other one, so that no specificity is left."""
    for specificity, possible_ in ((0, True), (20, False), (33, False)):
        claim = {"counts": [3, 1], "accuracy": 0, "specificity": specificity}
        assert check_claim(claim, search=False)["possible"] is possible_
    for first in range(4):
        for second in range(2):
            figures = {"accuracy": 25 * (first + second), "specificity": round(50 * (second + first / 3), 2)}
            assert check_claim({"counts": [3, 1], **figures}, search=False)["possible"], (first, second)


def test_a_curve_of_verification_by_hand() -> None:
    """Scores 0.9 (right), 0.8 (wrong), 0.7 (right), 0.6 (wrong): they meet at one half."""
    p = np.array([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.6, 0.4]])
    curve = verification_curve(np.array([0, 1, 0, 1]), p)
    assert curve.far.tolist() == [0, 0, 0.5, 0.5, 1] and curve.frr.tolist() == [1, 0.5, 0.5, 0, 0]
    assert curve.eer == 0.5 and curve.eer_threshold == pytest.approx(0.8)
    assert curve.at_far(0.5) == (pytest.approx(0.7), 0.0) and curve.at_far(0.49) == (pytest.approx(0.9), 0.5)
    assert (curve.genuine, curve.impostor) == (2, 2) and curve.threshold[0] > 0.9
    claims = verification_curve(np.array([0, 1, 0, 1]), p, "claims")
    assert (claims.genuine, claims.impostor) == (4, 4)
    for targets in ([0, 0, 0, 0], [1, 1, 1, 1]):
        with pytest.raises(UserError, match="one kind"):
            verification_curve(np.array(targets), p)


def test_a_gain_as_large_as_the_interval_is_no_warning() -> None:
    estimate = Estimate(0.5, 0.25, 0.75)
    assert gain_warning(0.25, "it", estimate) is None and gain_warning(-0.25, "it", estimate) is None
    assert "± 25.0 points" in str(gain_warning(0.2, "it", estimate))
    assert selected_on("accuracy on test", "test") and not selected_on("test", "") and not selected_on("latest", "test")
    assert not selected_on("not selected on test", "test")


def test_words_of_figures_at_their_edges() -> None:
    assert interval_text(math.nan, 0, 1) == "–"
    for low, high in ((None, 1.0), (0.0, None), (math.nan, 1.0), (0.0, math.nan)):
        assert interval_text(0.5, low, high) == "50.0 %"
    assert interval_text(0.5, 0.25, 0.75, percent=False) == "0.500 [0.250, 0.750]"
    assert images_text(3, 1) == "3 images of 1 person" and images_text(3, 2) == "3 images of 2 people"
    assert images_text(3, photographs=1) == "3 images of 1 photograph" and images_text(3) == "3 images"


def test_sharpness_by_hand() -> None:
    """One bright pixel in the middle of 5 x 5: the Laplacian of the inner 3 x 3 is -4 there and 1 beside it."""
    image = np.zeros((2, 5, 5, 1), np.uint8)
    image[0, 2, 2] = 100
    inner = 100 * np.array([0, 1, 0, 1, -4, 1, 0, 1, 0])
    np.testing.assert_allclose(sharpness(image), [inner.std() / image[0].std(), 0], rtol=1e-5)


def test_a_filter_keeps_its_ends() -> None:
    predictions, targets = np.array([1, 1, 0, 0]), np.array([0, 0, 1, 0])
    p = np.array([[0.4, 0.6], [0.1, 0.9], [0.7, 0.3], [1.0, 0.0]])
    evaluation = SimpleNamespace(
        n=4, predictions=predictions, targets=targets, probabilities=p, classes=("a", "b"), rows=np.arange(4) + 10
    )
    scored = scores(evaluation)  # type: ignore[arg-type]
    np.testing.assert_allclose(scored.loss, -np.log([0.4, 0.1, 0.3, 1.0]))
    np.testing.assert_allclose(scored.margin, [0.2, 0.8, 0.4, 0])

    def kept(order: str = "source", **chosen: object) -> list[int]:
        values = {"brightness": np.array([9.6, 20.4, 21.0, 5.0]), "covered": np.array([0.0, 10.0, 20.0, 30.0])}
        return ordered(evaluation, None, Filter(**chosen), order, scored, **values).tolist()  # type: ignore

    assert kept() == [0, 1, 2] and kept(right=True) == [0, 1, 2, 3]
    assert kept(brightness=(10, 20)) == [0, 1] and kept(brightness=(20, 21)) == [1, 2]
    assert kept(covered=(10, 20)) == [1, 2] and kept(rows=frozenset({12, 13})) == [2]
    assert kept(true="a") == [0, 1] and kept(predicted="a") == [2]
    assert kept("confidence") == kept("loss") == kept("margin") == [1, 2, 0] and kept("close") == [0, 2, 1]
    with pytest.raises(UserError, match="votes"):
        kept("votes")
