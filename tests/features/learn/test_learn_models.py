"""What the steps of a lesson compute."""

from __future__ import annotations

import datetime
import re

import numpy as np
import pytest
from app_driver import make_checkpoint

from fer_models.classifier import Classifier
from fer_models.data import FaceDataset, open_dataset
from fer_models.evaluation.intervals import wilson
from workbench.features.learn.model import coarse, document, leak, quiz
from workbench.features.learn.model.document import Part
from workbench.features.learn.steps import LESSONS, STEPS


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Classifier:
    return Classifier(make_checkpoint(tmp_path_factory.mktemp("networks") / "fresh"))


@pytest.fixture
def face() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (48, 48, 1), dtype=np.uint8)


def test_steps_of_a_lesson_follow_each_other_and_say_what_to_do() -> None:
    lessons = [step.lesson for step in STEPS.values()]
    assert len(LESSONS) == 3 and lessons == sorted(lessons, key=LESSONS.index)
    for key, step in STEPS.items():
        assert step.key == key
        assert step.question.endswith("?") and step.task.endswith((".", "?"))


def test_a_coarser_face_has_fewer_squares_and_its_own_reading(classifier: Classifier, face: np.ndarray) -> None:
    readings = coarse.readings(classifier, face)
    assert [reading.pixels.shape for reading in readings] == [(side, side, 1) for side in coarse.SIDES]
    np.testing.assert_array_equal(readings[0].pixels, face)
    assert readings[1].pixels[0, 0, 0] == pytest.approx(face[:2, :2].mean(), abs=1)
    expected = classifier.predict([face]).ranked()
    assert readings[0].ranked[0][1] == pytest.approx(expected[0][1], abs=1e-5)


def test_one_of_four_maps_is_of_shuffled_weights(classifier: Classifier, face: np.ndarray) -> None:
    real = quiz.real_maps(classifier, face, "sad")
    fake, again, other = (quiz.fake_map(classifier, face, "sad", number) for number in (0, 0, 1))
    assert 1 <= len(real) <= 3 and len({each.title for each in real}) == len(real)
    assert not any(np.allclose(fake.attribution.values, each.attribution.values) for each in real)
    np.testing.assert_allclose(fake.attribution.values, again.attribution.values, atol=1e-5)
    assert not np.allclose(fake.attribution.values, other.attribution.values)
    rounds = [quiz.ask(real, fake, "sad", (number, 7)) for number in range(12)]
    assert all(each.maps[quiz.LETTERS.index(each.fake)] is fake for each in rounds)
    assert len({each.fake for each in rounds}) == len(real) + 1, "not always the same letter"
    assert quiz.ask(real, fake, "sad", (3, 7)).fake == rounds[3].fake


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> FaceDataset:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FER_CACHE", str(tmp_path_factory.mktemp("cache")))
        return open_dataset("synthetic:count=280,identities=14,size=48")


def test_planted_copies_flatter_random_folds_alone(people: FaceDataset) -> None:
    without, planted = (leak.ways(people, share) for share in (0, 50))
    random, person = leak.WAYS
    assert planted[random].accuracy.value > without[random].accuracy.value + 0.2
    assert abs(planted[person].accuracy.value - without[person].accuracy.value) < 0.1
    for each in planted.values():  # people and copies are not independent
        low, high = wilson(each.accuracy.value * each.n, each.n)
        assert each.accuracy.high - each.accuracy.low > 1.1 * (high - low)
    assert planted[random].n == round(1.5 * len(people)) and without[random].n == len(people)
    assert all(same for _, _, same in planted[random].pairs)
    assert not any(same for way in (planted[person], without[random]) for _, _, same in way.pairs)


def test_a_copy_is_the_same_person_in_another_light(people: FaceDataset) -> None:
    faces, original = leak.plant(people, 10)
    copies = np.arange(len(people), len(faces))
    assert len(copies) == round(0.1 * len(people)) and people.subjects is not None and faces.subjects is not None
    for name in ("labels", "subjects"):
        values = getattr(faces, name)
        np.testing.assert_array_equal(values[copies], values[original[copies]])
    assert (faces.images[copies] != faces.images[original[copies]]).any(axis=(1, 2, 3)).all()


def test_the_sheet_is_one_page_that_loads_nothing_and_keeps_answers_for_the_end() -> None:
    picture = np.zeros((4, 4, 3), np.uint8)
    parts = [
        Part("1. A <b>", "First", "What is **this**?", "Look.", [("A & B", picture)], ["A fact."], "It is **that**."),
        Part("2. Later", "Second", "And this?", "Look again."),
    ]
    page = document.page(parts, datetime.date(2026, 1, 2))
    assert "1. A &lt;b&gt;" in page and "A &amp; B" in page and "What is <b>this</b>?" in page and "2026-01-02" in page
    assert page.index("And this?") < page.index("What we can conclude") < page.index("It is <b>that</b>.")
    assert "Not answered yet." in page
    assert not re.findall(r"""(?:src|href)=["'](?!data:)""", page) and "@import" not in page
    assert document.markup("a < b\n\n**c**") == "<p>a &lt; b</p><p><b>c</b></p>"
