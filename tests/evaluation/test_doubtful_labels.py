"""Doubt in labels by a network: likely errors first, pictures that were not measured left out."""

import dataclasses

import numpy as np
import pytest

from fer_models.data.dataset import FaceDataset
from fer_models.errors import UserError
from fer_models.evaluation.class_match import softmax
from fer_models.evaluation.doubtful_labels import doubt_by_network, doubt_by_votes, fair_splits
from fer_models.evaluation.evaluate import Evaluation

CLASSES = ("happy", "sad")


def faces() -> FaceDataset:
    """Six faces in training and eight in test, of which the last is called happy and looks sad."""
    labels = np.array([0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1, 1, 0])
    return FaceDataset(
        "made",
        np.zeros((14, 8, 8, 1), np.uint8),
        labels,
        CLASSES,
        np.repeat([0, 1], (6, 8)),
        ("train", "test"),
        np.arange(14),
        "made",
    )


def test_a_label_that_the_network_contradicts_comes_first():
    dataset = faces()
    positions = np.arange(6, 14)
    looks = np.array([0, 0, 0, 1, 1, 1, 1, 1])
    logits = np.where(np.eye(2)[looks] > 0, 4.0, 0.0).astype(np.float32)
    evaluation = Evaluation(
        CLASSES,
        dataset.labels[positions],
        looks,
        logits,
        softmax(logits),
        None,
        positions,
        positions,
        "made",
        "x",
        "test",
        "val",
    )
    assert fair_splits(dataset) == ["test"]
    doubt = doubt_by_network(dataset, [evaluation])
    assert doubt.issues == 1 and np.nanargmax(doubt.values) == 13 and doubt.suggested[13] == 1
    of_label = softmax(logits)[np.arange(8), dataset.labels[positions]]
    np.testing.assert_allclose(doubt.values[6:], np.where(positions == 13, 1 - of_label, -of_label), rtol=1e-6)
    assert np.isnan(doubt.values[:6]).all() and (doubt.suggested[:13] == -1).all()


def test_votes_are_asked_for_where_there_are_some():
    with pytest.raises(UserError, match="does not tell"):
        doubt_by_votes(faces())
    shares = np.tile([1.0, 0.0], (14, 1)).astype(np.float32)
    shares[5] = 0.5
    doubt = doubt_by_votes(dataclasses.replace(faces(), soft_labels=shares))
    assert doubt.values[5] == pytest.approx(1) and doubt.values[0] == pytest.approx(0) and doubt.issues is None
