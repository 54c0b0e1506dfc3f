"""Images of one person are not independent: intervals, tests, folds and words go by people where they are known."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from fer_models.classifier import Prediction
from fer_models.data.dataset import FaceDataset
from fer_models.data.splits import make_split
from fer_models.evaluation.calibration.temperature import calibrate
from fer_models.evaluation.class_match import softmax
from fer_models.evaluation.comparison.significance import compare
from fer_models.evaluation.evaluate import Evaluation, evaluate
from fer_models.evaluation.part import Part
from fer_models.evaluation.protocol import Protocol
from fer_models.evaluation.slicing.slices import slice_metric
from fer_models.evaluation.slicing.worse import against_rest

PEOPLE, EACH = 60, 6


def dataset(subjects: np.ndarray | None) -> FaceDataset:
    n = PEOPLE * EACH
    return FaceDataset(
        name="made",
        images=np.zeros((n, 4, 4, 1), np.uint8),
        labels=np.arange(n) % 3,
        classes=("angry", "happy", "sad"),
        split=np.zeros(n, np.int8),
        split_names=("all",),
        rows=np.arange(n),
        source="memory",
        subjects=subjects,
    )


NAMES = np.array([f"s{i}" for i in range(PEOPLE)]).repeat(EACH)


def network(data: FaceDataset, seed: int) -> Evaluation:
    """Right for all images of three people in four, and wrong for all of the others."""
    rng = np.random.default_rng(seed)
    right = (rng.random(PEOPLE) < 0.75).repeat(EACH)
    answers = np.where(right, data.labels, (data.labels + 1) % 3)
    logits = (3 * np.eye(3)[answers] + 0.1 * rng.normal(size=(len(answers), 3))).astype(np.float32)
    prediction = Prediction(data.classes, logits, softmax(logits), np.zeros((len(logits), 2), np.float32))
    return evaluate(prediction, data, Protocol(Part("all", np.arange(len(data))), ""))


def test_intervals_are_those_of_people() -> None:
    by_image, by_person = (network(dataset(names), 0) for names in (None, NAMES))
    assert by_image.units is None and by_person.people == PEOPLE
    for key, wide in by_person.estimate().items():
        narrow = by_image.estimate((key,))[key]
        assert key == "ece" or wide.high - wide.low > 1.4 * (narrow.high - narrow.low), key
    for name, recall in by_person.recalls().items():
        assert recall.high - recall.low > by_image.recalls()[name].high - by_image.recalls()[name].low
    assert "n = 360 images of 60 people" in by_person.sentence() and "n = 360 ·" in by_image.sentence()
    assert by_person.to_json()["people"] == 60 and by_person.take(np.arange(6)).people == 1
    wide, narrow = (calibrate(each).temperature for each in (by_person, by_image))
    assert wide.high - wide.low > 1.2 * (narrow.high - narrow.low)


def test_people_are_exchanged_as_a_whole() -> None:
    """Two equal networks that each fail on some people: exchanging images often called them different."""
    wrong = {"images": 0, "people": 0}
    for seed in range(60):
        for what, names in (("images", None), ("people", NAMES)):
            data = dataset(names)
            pairs = compare([network(data, 2 * seed), network(data, 2 * seed + 1)], resamples=20)
            wrong[what] += pairs[0].proven
    assert wrong["people"] <= 7 < wrong["images"]


def test_a_slice_of_whole_people_is_compared_with_people() -> None:
    data = dataset(NAMES)
    sex = (np.arange(PEOPLE) % 2).repeat(EACH)
    found = 0
    for seed in range(30):
        made = network(data, seed)
        parts = slice_metric(made, sex, "sex")
        found += any(part.p is not None and part.p < 0.05 for part in against_rest(made, parts, "accuracy"))
    assert found <= 5


def test_unknown_people_are_not_one_person() -> None:
    names = np.where(np.arange(len(NAMES)) % 2, NAMES, "")
    half = dataset(names)
    assert half.people is not None and len(np.unique(half.people)) == PEOPLE + len(NAMES) // 2
    for fold in range(5):
        split = make_split(half, "folds-5-subject", fold=fold)
        assert len(split.test) == pytest.approx(len(names) / 5, abs=12)
        shared = set(names[split.train]) & set(names[split.test])
        assert shared <= {""}
    assert dataset(np.full(len(NAMES), "")).people is None
    assert dataclasses.replace(half, subjects=None).people is None
