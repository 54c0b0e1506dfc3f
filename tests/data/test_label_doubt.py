"""Confident learning and disagreement of annotators."""

import numpy as np
import pytest

from fer_models.data.label_doubt import confident_learning, vote_disagreement
from fer_models.errors import UserError


def test_by_hand() -> None:
    """Thresholds 0.6 and 0.5: only the third picture is confident in the other class."""
    p = np.asarray([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.3, 0.7], [0.7, 0.3]])
    labels = np.asarray([0, 0, 0, 1, 1])
    doubt = confident_learning(p, labels)
    np.testing.assert_allclose(doubt.thresholds, [0.6, 0.5])
    assert doubt.suggested.tolist() == [0, 0, 1, 1, 0]
    assert doubt.issues.tolist() == [2, 4]
    # Counts [[2, 1], [1, 1]] are brought to 3 and 2 given labels.
    np.testing.assert_allclose(doubt.joint, np.asarray([[2, 1], [1, 1]]) / 5)
    assert doubt.ranking.tolist() == [2, 4, 3, 1, 0]


def test_unsure_pictures_count_nowhere() -> None:
    p = np.asarray([[0.9, 0.1], [0.5, 0.5], [0.1, 0.9], [0.0, 1.0]])
    doubt = confident_learning(p, np.asarray([0, 0, 1, 1]))
    assert doubt.suggested.tolist() == [0, 0, 1, 1] and len(doubt.issues) == 0
    np.testing.assert_allclose(doubt.joint, [[0.5, 0], [0, 0.5]])


def test_planted_errors_are_found() -> None:
    random = np.random.default_rng(0)
    truth = random.integers(0, 5, 3000)
    logits = random.normal(0, 1, (3000, 5))
    logits[np.arange(3000), truth] += 4
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    wrong = random.random(3000) < 0.08
    labels = np.where(wrong, (truth + random.integers(1, 5, 3000)) % 5, truth)
    doubt = confident_learning(p, labels)
    flagged = np.zeros(3000, bool)
    flagged[doubt.issues] = True
    assert (flagged & wrong).sum() / wrong.sum() > 0.75 and (flagged & wrong).sum() / flagged.sum() > 0.75
    assert wrong[doubt.issues[:100]].mean() > 0.9
    noise = 1 - np.trace(doubt.joint)
    assert abs(noise - wrong.mean()) < 0.04


def test_a_class_without_pictures() -> None:
    p = np.asarray([[0.6, 0.1, 0.3], [0.1, 0.2, 0.7]])
    doubt = confident_learning(p, np.asarray([0, 0]))
    assert np.isnan(doubt.thresholds[1:]).all() and len(doubt.issues) == 0
    np.testing.assert_allclose(doubt.joint.sum(), 1)


@pytest.mark.parametrize(
    ("p", "labels", "message"),
    [
        (np.ones((2, 2)), [0, 1], "sum to 1"),
        (np.full((2, 2), 0.5), [0, 2], "between 0 and 1"),
        (np.full((2, 2), 0.5), [0, -1], "leave unlabelled"),
        (np.full((2, 2), 0.5), [0], "N labels"),
    ],
)
def test_what_does_not_fit(p: np.ndarray, labels: list[int], message: str) -> None:
    with pytest.raises(UserError, match=message):
        confident_learning(p, np.asarray(labels))


def test_votes() -> None:
    disagreement = vote_disagreement(np.asarray([[10, 0, 0, 0], [5, 5, 0, 0], [2, 2, 2, 2], [0, 0, 0, 0]]))
    np.testing.assert_allclose(disagreement, [0, 0.5, 1, 0], atol=1e-6)
    with pytest.raises(UserError, match="Votes are a table"):
        vote_disagreement(np.zeros(3))
