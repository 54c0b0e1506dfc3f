"""Errors in their orders and filters, on four faces whose probabilities are written down."""

import numpy as np
import pytest

from fer_models.data.dataset import FaceDataset
from fer_models.errors import UserError
from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.mistakes import Filter, Scores, confidence, ordered, scores, votes_of

CLASSES = ("angry", "happy", "sad")
PROBABILITIES = np.array([[0.7, 0.2, 0.1], [0.1, 0.5, 0.4], [0.6, 0.0, 0.4], [0.3, 0.1, 0.6]], np.float32)
TARGETS = np.array([0, 2, 1, 0])


def made() -> tuple[Evaluation, FaceDataset]:
    predictions = PROBABILITIES.argmax(1)
    rows = np.array([10, 11, 12, 13])
    data = FaceDataset(
        "made",
        np.zeros((4, 8, 8, 1), np.uint8),
        TARGETS,
        CLASSES,
        np.zeros(4, np.int8),
        ("all",),
        rows,
        "made",
        subjects=np.array(["a", "b", "c", "d"]),
        soft_labels=np.array([[1, 0, 0], [0, 0.25, 0.75], [0.5, 0.5, 0], [np.nan] * 3], np.float32),
    )
    logits = np.log(np.maximum(PROBABILITIES, 1e-6))
    evaluation = Evaluation(
        CLASSES, TARGETS, predictions, logits, PROBABILITIES, None, np.arange(4), rows, "made", "", "all", "", "none"
    )
    return evaluation, data


def test_scores_by_hand() -> None:
    found = scores(made()[0])
    np.testing.assert_allclose(found.confidence, [0.7, 0.5, 0.6, 0.6], rtol=1e-6)
    np.testing.assert_allclose(found.margin, [0, 0.1, 0.6, 0.3], atol=1e-6)
    np.testing.assert_allclose(found.loss, -np.log([0.7, 0.4, 1e-12, 0.3]), rtol=1e-6)
    assert found.doubt is None and confidence(made()[0], 3) == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("source", [1, 2, 3]),
        ("confidence", [2, 3, 1]),
        ("loss", [2, 3, 1]),
        ("margin", [2, 3, 1]),
        ("close", [1, 3, 2]),
    ],
)
def test_orders(order: str, expected: list[int]) -> None:
    evaluation, data = made()
    found = ordered(evaluation, data, Filter(), order, scores(evaluation))
    assert found.tolist() == expected


def test_votes_order_by_doubt_and_leave_out_faces_without_votes() -> None:
    evaluation, data = made()
    plain = scores(evaluation)
    voted = Scores(plain.confidence, plain.loss, plain.margin, np.array([0.0, 0.25, 0.5, np.nan]))
    assert ordered(evaluation, data, Filter(), "votes", voted).tolist() == [2, 1]
    with pytest.raises(UserError, match="no votes"):
        ordered(evaluation, data, Filter(), "votes", plain)


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (Filter(right=True), [0, 1, 2, 3]),
        (Filter(true="angry", right=True), [0, 3]),
        (Filter(true="angry"), [3]),
        (Filter(predicted="angry"), [2]),
        (Filter(true="sad", predicted="happy"), [1]),
        (Filter(subjects=("b", "d")), [1, 3]),
        (Filter(rows=frozenset((10, 12))), [2]),
        (Filter(brightness=(20, 30)), [1, 2]),  # both ends belong to it, after rounding
        (Filter(covered=(50, 100)), [2, 3]),
        (Filter(covered=(0, 50)), [1, 2]),
    ],
)
def test_filters(chosen: Filter, expected: list[int]) -> None:
    evaluation, data = made()
    facts = {"brightness": np.array([10, 19.6, 30.4, 31]), "covered": np.array([0.0, 25, 50, 100])}
    assert ordered(evaluation, data, chosen, "source", scores(evaluation), **facts).tolist() == expected


def test_votes_of_a_face() -> None:
    from unittest.mock import patch

    evaluation, data = made()
    with patch("fer_models.evaluation.mistakes.votes_by_row") as votes:
        votes.side_effect = lambda part, _: np.array([[0.25, 0.75, 0.0], [np.nan] * 3])[part.positions]
        assert votes_of(evaluation, data, 0) == [("happy", 0.75), ("angry", 0.25)]
        assert votes_of(evaluation, data, 1) == []
        doubt = scores(evaluation.take(np.array([0])), data).doubt
    assert doubt is not None and doubt.tolist() == [0.75]
