"""Copies of one photograph are not independent: intervals, words, and what a network's predictions bring along."""

import dataclasses

import numpy as np
import pytest

from fer_models.classifier import Prediction
from fer_models.data.dataset import FaceDataset
from fer_models.data.leaks.units import Units, independent
from fer_models.data.synthetic import SyntheticOptions, generate_face
from fer_models.evaluation.evaluate import evaluate
from fer_models.evaluation.part import Part
from fer_models.evaluation.pooled import pool
from fer_models.evaluation.protocol import Protocol
from fer_models.evaluation.shipped import ShippedPredictions, without_images

FACES = 12


@pytest.fixture(scope="module")
def dataset():
    """Twelve drawn faces, each of them three times: as it is, moved by a pixel, and mirrored; and two blank images."""
    options = SyntheticOptions(count=FACES, size=48, seed=5)
    faces = np.stack([generate_face(options, i).image for i in range(FACES)]).reshape(FACES, 48, 48, -1)[..., :1]
    moved = np.pad(faces, ((0, 0), (1, 0), (0, 0), (0, 0)), mode="edge")[:, :48]
    images = np.concatenate([faces, moved, faces[:, :, ::-1], np.full((2, 48, 48, 1), 9, np.uint8)])
    n = len(images)
    labels = np.concatenate([np.tile(np.arange(FACES) % 2, 3), [0, 1]])
    zeros = np.zeros(n, np.int8)
    return FaceDataset("folder", images, labels, ("happy", "sad"), zeros, ("test",), np.arange(n), "made")


def measured(dataset, units=None):
    right = np.concatenate([np.tile(np.arange(FACES) < 9, 3), [True, True]])
    logits = 3.0 * np.eye(2, dtype=np.float32)[np.where(right, dataset.labels, 1 - dataset.labels)]
    prediction = Prediction(dataset.classes, logits, logits, np.zeros((len(logits), 4), np.float32))
    return evaluate(prediction, dataset, Protocol(Part.of_split(dataset, "test"), "val"), units=units)


def test_copies_count_as_one(dataset):
    evaluation, alone = measured(dataset), measured(dataset, Units())
    assert (evaluation.n, evaluation.photographs, evaluation.people) == (38, 14, None)
    of = evaluation.units[:36].reshape(3, FACES)
    assert (of == of[0]).all() and len(np.unique(of)) == FACES
    for metric in ("accuracy", "macro_f1", "log_loss"):
        wide, narrow = (each.estimate([metric])[metric] for each in (evaluation, alone))
        assert wide.value == pytest.approx(narrow.value) and wide.high - wide.low > 1.3 * (narrow.high - narrow.low)
    assert "n = 38 images of 14 photographs" in evaluation.sentence()
    assert evaluation.to_json()["photographs"] == evaluation.metric_rows(["accuracy"])[0]["photographs"] == 14
    assert alone.photographs is None and "n = 38 ·" in alone.sentence()
    assert pool([evaluation], dataset, "pooled").photographs == 14
    first = evaluation.take(np.arange(38) < FACES)  # no copies among these
    assert first.photographs is None


def test_people_come_before_photographs(dataset):
    named = dataclasses.replace(dataset, subjects=np.array(["a", "b"] * 19))
    assert measured(named).people == 2 and measured(named).photographs is None


def test_where_the_images_are_absent_the_predictions_say_it(dataset):
    labels, n = np.asarray(dataset.labels), len(dataset)
    found = independent(dataset, np.arange(n))
    for units, photographs, people in ((found, 14, None), (Units(found.of), None, 14), (Units(), None, None)):
        shipped = ShippedPredictions(
            data="folder",
            data_classes=dataset.classes,
            split="test",
            fingerprint="",
            classes=dataset.classes,
            rows=np.arange(n),
            labels=labels,
            logits=np.zeros((n, 2), np.float32),
            reduced=np.zeros((n, 1), np.float16),
            directions=np.zeros((4, 1), np.float16),
            kept=1.0,
            mean_faces=np.zeros((2, 48, 48, 1), np.uint8),
            units=units,
        )
        other = dataclasses.replace(shipped, split="val", units=Units())
        both = without_images([shipped, other])
        evaluation = measured_absent(both)
        assert (evaluation.photographs, evaluation.people) == (photographs, people)


def measured_absent(dataset):
    part = Part.of_split(dataset, "test")
    logits = np.eye(2, dtype=np.float32)[np.asarray(dataset.labels)[part.index]]
    return evaluate(Prediction(dataset.classes, logits, logits, logits), dataset, Protocol(part, "val"))
