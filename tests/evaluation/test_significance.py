"""Paired tests: known p-values, level under the null, pairing by picture."""

import dataclasses

import numpy as np
import pytest
from scipy import stats

from fer_models.errors import UserError
from fer_models.evaluation.class_match import softmax
from fer_models.evaluation.comparison.significance import agreement_matrix, compare, holm, mcnemar_exact, paired
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


def test_mcnemar_equals_the_binomial_test() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        a, b = rng.random(60) < 0.7, rng.random(60) < 0.6
        result = mcnemar_exact(a, b)
        if result.only_a + result.only_b:
            expected = stats.binomtest(result.only_a, result.only_a + result.only_b).pvalue
            assert result.p == pytest.approx(expected, abs=1e-12)
    assert mcnemar_exact(a, a).p == 1.0
    with pytest.raises(UserError, match="same pictures"):
        mcnemar_exact(a, b[:-1])


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


def test_clear_and_chance_differences() -> None:
    a, b, c = made(0.8, 1), made(0.6, 2), made(0.8, 3)
    pairs = compare([a, b, c], "macro_f1")
    assert [(p.a, p.b) for p in pairs] == [(0, 1), (0, 2), (1, 2)]
    assert pairs[0].difference.low > 0.1 and pairs[0].p_holm < 0.01 and pairs[0].mcnemar_holm < 1e-6
    assert pairs[1].difference.low < 0 < pairs[1].difference.high and pairs[1].p > 0.05
    assert "larger than chance" in pairs[0].sentence and "can be chance" in pairs[1].sentence
    assert pairs[2].difference.value == pytest.approx(b.value("macro_f1") - c.value("macro_f1"))
    with pytest.raises(UserError, match="two or more"):
        compare([a])


def test_paired_bootstrap_of_probabilities_and_its_width() -> None:
    """The interval of a paired difference of accuracy is the one that theory gives for the discordant pictures."""
    a, b = made(0.75, 4, n=2000), made(0.65, 5, n=2000)
    difference = compare([a, b])[0].difference
    each = (a.predictions == a.targets).astype(float) - (b.predictions == b.targets)
    half = 1.96 * each.std() / np.sqrt(2000)
    assert (difference.high - difference.low) / 2 == pytest.approx(half, rel=0.08)
    pair = compare([a, b], "log_loss", resamples=500)[0]
    assert pair.difference.value < 0 and pair.difference.high < 0 and pair.p == 1 / 500


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
