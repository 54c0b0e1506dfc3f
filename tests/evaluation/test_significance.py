"""Paired tests: known p-values, level under the null, pairing by picture."""

import dataclasses
from itertools import product

import numpy as np
import pytest
from scipy import stats

from fer_models.errors import UserError
from fer_models.evaluation.class_match import softmax
from fer_models.evaluation.comparison.significance import agreement_matrix, compare, holm, paired, winner
from fer_models.evaluation.comparison.swap import exact_sign_p
from fer_models.evaluation.evaluate import Evaluation


def made(accuracy: float, seed: int, n: int = 600, classes: int = 4) -> Evaluation:
    targets = np.random.default_rng(99).integers(0, classes, n)
    rng = np.random.default_rng(seed)
    predictions = np.where(rng.random(n) < accuracy, targets, (targets + rng.integers(1, classes, n)) % classes)
    logits = (rng.normal(size=(n, classes)) * 0.1 + 2 * np.eye(classes)[predictions]).astype(np.float32)
    names = tuple("abcd"[:classes])
    positions = np.arange(n)
    return Evaluation(
        names,
        targets,
        logits.argmax(1),
        logits,
        softmax(logits),
        None,
        positions,
        positions,
        "set",
        "f",
        "test",
        "folds",
    )


def test_the_exact_test_of_single_images_is_mcnemars() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        a, b = rng.random(60) < 0.7, rng.random(60) < 0.6
        difference = a.astype(int) - b
        expected = stats.binomtest(int((a & ~b).sum()), int((a != b).sum())).pvalue
        assert exact_sign_p(difference) == pytest.approx(expected, abs=1e-12)
    assert exact_sign_p(np.zeros(5, int)) == 1.0


def test_the_exact_test_of_groups_counts_every_exchange() -> None:
    sums = np.array([3, -1, 2, 0, 4])
    every = [abs(sum(s * k for s, k in zip(sums, signs, strict=True))) for signs in product((-1, 1), repeat=5)]
    assert exact_sign_p(sums) == pytest.approx(np.mean(np.array(every) >= 8))


def test_one_verdict_for_one_pair() -> None:
    """A pair that the bootstrap and McNemar's test judge differently: sentence, winner and page say the same."""
    rng = np.random.default_rng(0)
    disagreements = 0
    for seed in range(40):
        a = made(0.7, seed, 150)
        better = rng.random(150) < 0.075
        predictions = np.where(better, a.targets, a.predictions)
        b = dataclasses.replace(a, predictions=predictions)
        (pair,) = compare([a, b], resamples=400)
        assert pair.p == pair.p_holm and (pair.p < 0.05) == pair.proven == ("larger than chance" in pair.sentence)
        assert (winner("accuracy", [a.value("accuracy"), b.value("accuracy")], [pair]) is not None) == pair.proven
        disagreements += (pair.difference.high < 0) != pair.proven
    assert disagreements, "the interval alone would have given another verdict"


def test_what_is_not_defined_is_not_larger_than_chance() -> None:
    """ROC AUC of images of one class: NaN was neither above nor below 0, so its p-value was the least possible one."""
    one_class = [dataclasses.replace(made(0.8, seed, 200), targets=np.zeros(200, np.int64)) for seed in (1, 2)]
    (pair,) = compare(one_class, "roc_auc", resamples=200)
    assert pair.p is None and pair.p_holm is None and not pair.proven and "not defined" in pair.sentence
    assert winner("roc_auc", [float("nan")] * 2, [pair]) is None


def test_few_images_prove_nothing() -> None:
    """The bootstrap called the log loss of two equal networks different in 44 % of draws of two images."""
    for n in (2, 5):
        pairs = [
            compare([made(0.7, 2 * i, n), made(0.7, 2 * i + 1, n)], "log_loss", resamples=200)[0] for i in range(40)
        ]
        assert not any(pair.proven for pair in pairs)


def test_twenty_networks_can_still_differ() -> None:
    good = made(0.95, 0, 300)
    pairs = compare([good, *(made(0.4, 1 + i, 300) for i in range(19))], "macro_f1")
    assert len(pairs) == 190 and all(pair.proven for pair in pairs if pair.a == 0)


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


def test_clear_and_chance_differences() -> None:
    a, b, c = made(0.8, 1), made(0.6, 2), made(0.8, 3)
    pairs = compare([a, b, c], "macro_f1")
    assert [(p.a, p.b) for p in pairs] == [(0, 1), (0, 2), (1, 2)]
    assert pairs[0].difference.low > 0.1 and pairs[0].p_holm is not None and pairs[0].p_holm < 0.01
    assert pairs[1].difference.low < 0 < pairs[1].difference.high and pairs[1].p is not None and pairs[1].p > 0.05
    assert "larger than chance" in pairs[0].sentence and "can be chance" in pairs[1].sentence
    assert pairs[2].difference.value == pytest.approx(b.value("macro_f1") - c.value("macro_f1"))
    with pytest.raises(UserError, match="two or more"):
        compare([a])


def test_paired_difference_of_probabilities_and_its_width() -> None:
    """The interval of a paired difference of accuracy is the one that theory gives for the discordant pictures."""
    a, b = made(0.75, 4, n=2000), made(0.65, 5, n=2000)
    difference = compare([a, b])[0].difference
    each = (a.predictions == a.targets).astype(float) - (b.predictions == b.targets)
    half = 1.96 * each.std() / np.sqrt(2000)
    assert (difference.high - difference.low) / 2 == pytest.approx(half, rel=0.08)
    pair = compare([a, b], "log_loss", resamples=500)[0]
    assert pair.difference.value < 0 and pair.difference.high < 0 and pair.p == 1 / 501


def test_pictures_are_paired_by_their_place() -> None:
    a, b = made(0.8, 1), made(0.6, 2)
    shuffled = b.take(np.random.default_rng(0).permutation(600)[:500])
    first, second = paired([a, shuffled])
    assert first.n == 500 and (first.positions == second.positions).all() and (first.targets == second.targets).all()
    expected = np.mean(a.predictions[second.positions] == second.predictions)
    np.testing.assert_allclose(agreement_matrix([a, shuffled]), [[1, expected], [expected, 1]])
    with pytest.raises(UserError, match="differ"):
        paired([a, dataclasses.replace(b, data="other")])
    with pytest.raises(UserError, match="same split"):
        paired([a.take(np.arange(10)), b.take(np.arange(10, 20))])
