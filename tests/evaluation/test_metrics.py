"""Metrics against scikit-learn to 1e-12, and their vectorised forms against one table at a time."""

import warnings

import numpy as np
import pytest
from sklearn import metrics as sk

from fer_models.errors import UserError
from fer_models.evaluation.intervals import estimates
from fer_models.evaluation.metrics import (
    METRICS,
    accuracy,
    balanced_accuracy,
    brier,
    cohen_kappa,
    confusion,
    f1,
    false_acceptance_share,
    gar,
    log_loss,
    mcc,
    pr_auc_per_class,
    precision,
    recall,
    roc_auc,
    roc_auc_per_class,
    specificity,
    top_k,
    weighted_kappa,
)

TOLERANCE = {"rtol": 0, "atol": 1e-12}


def draw(seed: int, n: int = 400, classes: int = 7, ties: bool = False) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    targets = rng.choice(classes, n, p=rng.dirichlet(np.ones(classes) * 2))
    logits = rng.normal(size=(n, classes))
    logits[np.arange(n), targets] += 1
    if ties:
        logits = np.round(logits)
    probabilities = np.exp(logits)
    return targets, probabilities / probabilities.sum(1, keepdims=True)


@pytest.mark.parametrize(("targets", "predictions"), [([0, 3], [0, 1]), ([-1, 0], [0, 1]), ([0, 1], [0, 3])])
def test_classes_out_of_range_are_refused(targets: list[int], predictions: list[int]) -> None:
    with pytest.raises(UserError, match="must lie between 0 and 2; leave unlabelled"):
        confusion(np.array(targets), np.array(predictions), 3)


@pytest.mark.parametrize("seed", range(6))
def test_confusion_metrics_equal_scikit_learn(seed: int) -> None:
    targets, probabilities = draw(seed, n=[5, 30, 400, 400, 1000, 3589][seed])
    predictions = probabilities.argmax(1)
    if seed == 3:
        predictions[predictions == 1] = 0  # a class that is never predicted
    table = confusion(targets, predictions, 7)
    np.testing.assert_array_equal(table, sk.confusion_matrix(targets, predictions, labels=range(7)))
    present = np.unique(targets)  # means over classes leave out those without images
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for averaging in ("macro", "micro", "weighted"):
            settings = {"average": averaging, "zero_division": 0, "labels": present if averaging == "macro" else None}
            expected = sk.precision_recall_fscore_support(targets, predictions, **settings)[:3]
            ours = precision(table, averaging), recall(table, averaging), f1(table, averaging)
            np.testing.assert_allclose(ours, expected, **TOLERANCE)
        each = sk.precision_recall_fscore_support(targets, predictions, labels=present, zero_division=0)[:3]
        of_classes = precision(table, None), recall(table, None), f1(table, None)
        np.testing.assert_allclose([values[present] for values in of_classes], each, **TOLERANCE)
        assert all(np.isnan(np.delete(values, present)).all() for values in of_classes)
        np.testing.assert_allclose(
            balanced_accuracy(table), sk.balanced_accuracy_score(targets, predictions), **TOLERANCE
        )
    np.testing.assert_allclose(accuracy(table), sk.accuracy_score(targets, predictions), **TOLERANCE)
    np.testing.assert_allclose(cohen_kappa(table), sk.cohen_kappa_score(targets, predictions), **TOLERANCE)
    for weights in ("linear", "quadratic"):
        expected = sk.cohen_kappa_score(targets, predictions, labels=range(7), weights=weights)
        np.testing.assert_allclose(weighted_kappa(table, weights), expected, **TOLERANCE)
    np.testing.assert_allclose(mcc(table), sk.matthews_corrcoef(targets, predictions), **TOLERANCE)
    cells = sk.multilabel_confusion_matrix(targets, predictions, labels=range(7)).astype(float)
    expected = cells[:, 0, 0] / (cells[:, 0, 0] + cells[:, 0, 1])
    np.testing.assert_allclose(specificity(table, None)[present], expected[present], **TOLERANCE)
    assert gar(table) == recall(table)
    assert false_acceptance_share(table) == pytest.approx(1 - accuracy(table))


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_probability_metrics_equal_scikit_learn(seed: int, ties: bool) -> None:
    targets, probabilities = draw(seed, ties=ties)
    onehot = np.eye(7)[targets]
    np.testing.assert_allclose(log_loss(targets, probabilities), sk.log_loss(targets, probabilities), **TOLERANCE)
    expected = sk.brier_score_loss(targets, probabilities, labels=range(7), scale_by_half=False)
    np.testing.assert_allclose(brier(targets, probabilities), expected, **TOLERANCE)
    expected = sk.roc_auc_score(targets, probabilities, multi_class="ovr")
    np.testing.assert_allclose(roc_auc(targets, probabilities), expected, **TOLERANCE)
    expected = [sk.roc_auc_score(onehot[:, k], probabilities[:, k]) for k in range(7)]
    np.testing.assert_allclose(roc_auc_per_class(targets, probabilities), expected, **TOLERANCE)
    expected = [sk.average_precision_score(onehot[:, k], probabilities[:, k]) for k in range(7)]
    np.testing.assert_allclose(pr_auc_per_class(targets, probabilities), expected, **TOLERANCE)
    if not ties:  # scikit-learn breaks ties towards later classes
        for k in (1, 2, 3):
            expected = sk.top_k_accuracy_score(targets, probabilities, k=k, labels=range(7))
            np.testing.assert_allclose(top_k(targets, probabilities, k=k), expected, **TOLERANCE)


@pytest.mark.parametrize("ties", [False, True])
def test_row_weights_equal_repeated_rows(ties: bool) -> None:
    """A resample given as weights is the same as the resampled rows themselves, for every metric."""
    targets, probabilities = draw(7, n=120, ties=ties)
    rng = np.random.default_rng(0)
    drawn = rng.integers(0, 120, (5, 120))
    weights = np.stack([np.bincount(row, minlength=120) for row in drawn]).astype(np.float32)
    tables = np.stack([confusion(targets[row], probabilities[row].argmax(1), 7) for row in drawn])
    for key, metric in METRICS.items():
        if metric.needs == "confusion":
            got = metric.function(tables)
            expected = [metric.function(table) for table in tables]
        else:
            got = metric.function(targets, probabilities, weights)
            expected = [metric.function(targets[row], probabilities[row], None) for row in drawn]
        np.testing.assert_allclose(got, expected, atol=2e-6, err_msg=key)
        assert np.shape(got) == (5,)


def test_every_metric_says_what_it_is_and_knows_better_from_worse() -> None:
    good = np.diag([40, 40, 40])
    bad = good + 10
    for key, metric in METRICS.items():
        assert metric.sentence.endswith(".") and len(metric.title) < 30, key
        if metric.needs == "confusion":
            assert metric.better(float(metric.function(good)), float(metric.function(bad))), key
        else:
            targets, sharp = np.array([0, 1, 2, 0, 1, 2]), np.full((6, 3), 0.1)
            sharp[np.arange(6), targets] = 0.8
            worse = np.roll(sharp, 1, axis=1)
            worse = worse / worse.sum(1, keepdims=True)
            better, lesser = (float(metric.function(targets, p, None)) for p in (sharp, worse))
            assert metric.better(better, lesser), key


def test_empty_and_missing_classes() -> None:
    empty = np.zeros((3, 3), int)
    for key, metric in METRICS.items():
        nothing = np.zeros(0, np.int64), np.zeros((0, 3), np.float32)
        assert np.isnan(metric.value(empty, *nothing)), key
        if metric.needs == "confusion":
            assert np.isnan(metric.function(empty)), key
    assert np.isnan(roc_auc_per_class(np.array([0, 0, 1]), np.full((3, 3), 1 / 3))[2])
    one = np.array([[5, 5, 0], [0, 10, 0], [0, 0, 0]])  # the third class does not occur: it is no part of the mean
    assert recall(one) == pytest.approx(0.75)
    one[0, 2] = 5  # predicted, but without images: still no part of the mean, where it would count as 0
    assert recall(one) == pytest.approx(2 / 3) and f1(one) > 0.6


def test_nothing_is_told_apart_with_one_class() -> None:
    for table in (np.diag([9, 0, 0]), np.array([[5, 4, 0], [0, 0, 0], [0, 0, 0]])):
        assert np.isnan(cohen_kappa(table)) and np.isnan(weighted_kappa(table)) and np.isnan(mcc(table))
    predicted_alone = np.array([[5, 0], [4, 0]])
    assert mcc(predicted_alone) == 0 and cohen_kappa(predicted_alone) == 0


def test_a_row_that_is_not_finite_gives_no_figure() -> None:
    targets, probabilities = draw(0, n=40)
    probabilities[3] = np.nan
    for key, estimate in estimates(dict(METRICS.items()), targets, probabilities).items():
        assert np.isnan(estimate).all() and estimate.to_json() == {"value": None, "low": None, "high": None}, key


def test_bad_input_is_said_in_words() -> None:
    with pytest.raises(UserError, match="3 targets but 2 predictions"):
        confusion(np.array([0, 1, 1]), np.array([0, 1]), 2)
    with pytest.raises(UserError, match="unlabelled"):
        confusion(np.array([0, -1]), np.array([0, 1]), 2)
    with pytest.raises(UserError, match="linear"):
        weighted_kappa(np.eye(2), "cubic")


def test_better_is_strict_and_goes_the_metric_s_way() -> None:
    assert {metric.direction for _, metric in METRICS.items()} == {"higher", "lower"}
    for _, metric in METRICS.items():
        higher = metric.direction == "higher"
        assert metric.better(0.6, 0.5) is higher and metric.better(0.5, 0.6) is not higher
        assert not metric.better(0.5, 0.5)
