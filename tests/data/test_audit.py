"""Planted copies, leaks and damage are found, and nothing else."""

import dataclasses
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest

from fer_models.data import FaceDataset, make_split, open_dataset
from fer_models.data.audit import audit, light, rows_to_leave_out
from fer_models.data.leaks import cache, likeness
from fer_models.data.leaks import duplicates as module
from fer_models.data.leaks.cache import duplicates_of
from fer_models.data.leaks.duplicates import Duplicates, find_duplicates
from fer_models.data.leaks.nearest import nearest_hits
from fer_models.folders import cache_folder
from fer_models.progress import Progress

Draw = Callable[..., np.ndarray]


@pytest.fixture(scope="module")
def draw(draw: Draw) -> Draw:
    """Drawn faces under uneven light of their own, so that two of them are no copies of each other."""

    def lit(seed: int, size: int = 48, channels: int = 1) -> np.ndarray:
        light = cv2.GaussianBlur(np.random.default_rng(1000 + seed).normal(size=(size, size)), (0, 0), size / 10)
        picture = draw(seed, size, channels) * 0.3 + (90 + 50 * light / light.std())[..., None]
        return np.clip(picture, 0, 255).astype(np.uint8)

    return lit


@pytest.fixture(scope="module")
def planted(draw: Draw) -> FaceDataset:
    """60 training, 20 val and 20 test faces of 20 subjects with one fault each; ``rows`` are positions plus 1000."""
    images = np.stack([draw(i, 48) for i in range(100)])
    labels = np.arange(100) % 5
    images[60] = images[0]  # exact leak, same label
    images[61] = images[1]  # exact leak, conflicting label
    labels[61], labels[62] = labels[62], labels[61]  # Each class keeps its 20.
    images[80] = np.rint(images[2] * 0.7 + 20).astype(np.uint8)  # near leak: another contrast
    images[81] = images[3][:, ::-1]  # mirrored leak
    images[10] = images[11]  # a copy inside training
    images[62] = images[63] = images[20] = 128  # blank
    images[64] = 100 + draw(64, 48) // 50  # low contrast
    return FaceDataset(
        name="planted",
        images=images,
        labels=labels,
        classes=("angry", "disgust", "fear", "happy", "sad"),
        split=np.repeat([0, 1, 2], [60, 20, 20]).astype(np.int8),
        split_names=("train", "val", "test"),
        rows=np.arange(100) + 1000,
        source="planted",
        subjects=np.asarray([f"S{i // 5:02d}" if i != 99 else "S00" for i in range(100)]),
        unreadable=("x.png: damaged",),
    )


def test_planted_faults_are_found(planted: FaceDataset) -> None:
    fractions: list[float] = []
    report = audit(planted, lambda part, what: fractions.append(part))
    values = json.loads(json.dumps(report.to_json()))
    assert fractions == sorted(fractions) and fractions[-1] == 1.0
    assert values["rows"] == 100 and values["blank"] == 3 and values["unreadable"] == 1 and values["low_contrast"] == 1
    assert values["duplicate_groups"] == 3 and values["conflicting_groups"] == 2
    assert values["near_duplicate_groups"] == 5
    assert values["leaks"] == {
        "val": {"exact": 2, "near": 2, "mirrored": 0},
        "test": {"exact": 0, "near": 1, "mirrored": 1},
    }
    assert values["subjects"] == 20 and values["subjects_across"] == 1
    assert values["row_ids"]["subjects_across"] == ["S00"]
    assert values["row_ids"]["leaks"]["val"] == {"exact": [1060, 1061], "near": [1060, 1061]}
    assert values["row_ids"]["leave_out_of_training"] == [1000, 1001, 1002, 1003]
    assert values["classes"] == dict.fromkeys(planted.classes, 20)
    assert set(values["nearest_neighbour"]) == {"chosen", "subject_safe"}
    assert values["nearest_neighbour"]["subject_safe"]["protocol"] == "folds-5-subject"
    assert values["nearest_neighbour"]["subject_safe"]["n"] == 100
    assert ("blank", "3") in report.table()


def test_training_without_leaks(planted: FaceDataset) -> None:
    report = audit(planted)
    split = make_split(planted, exclude_rows=rows_to_leave_out(report))
    assert len(split.train) == 56
    assert len(split.crossing(planted, report.duplicates).near) == 0


def test_groups_hold_every_copy(planted: FaceDataset) -> None:
    duplicates = find_duplicates(planted.images)
    assert [group.tolist() for group in duplicates.exact_groups()] == [[0, 60], [1, 61], [10, 11]]
    assert [group.tolist() for group in duplicates.near_groups()] == [[0, 60], [1, 61], [2, 80], [3, 81], [10, 11]]
    assert duplicates.pairs.tolist() == [[2, 80], [3, 81]] and duplicates.mirrored.tolist() == [False, True]
    assert (duplicates.cosine > 0.93).all() and np.flatnonzero(duplicates.constant).tolist() == [20, 62, 63]


def changed(picture: np.ndarray, how: str) -> np.ndarray:
    """A copy of a picture (48, 48, 1), uint8, as the web makes them."""
    grey = picture[..., 0]
    if how == "mirror":
        grey = grey[:, ::-1]
    elif how.startswith("shift"):
        grey = np.roll(grey, int(how[-1]), axis=(0, 1))
    elif how == "crop":
        grey = cv2.resize(grey[1:-1, 1:-1], (48, 48))
    elif how == "bright":
        grey = (grey * 0.7 + 30).astype(np.uint8)
    elif how == "jpeg":
        grey = cv2.imdecode(cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, 30])[1], cv2.IMREAD_GRAYSCALE)
    return np.ascontiguousarray(grey)[..., None]


@pytest.mark.parametrize("how", ["mirror", "shift1", "shift2", "crop", "bright", "jpeg"])
def test_planted_copies_are_found(how: str, draw: Draw) -> None:
    """Moved by one pixel, none was found by comparing pixel by pixel."""
    base = np.stack([draw(i, 48) for i in range(25)])
    images = np.concatenate([base, np.stack([changed(picture, how) for picture in base])])
    duplicates = find_duplicates(images)
    found = {(int(i), int(j)) for i, j in duplicates.pairs}
    assert len({(i, i + 25) for i in range(25)} & found) >= 24, how
    assert len(found) <= 30, "other images are no copies"


def test_nearly_blank_pictures_are_no_copies() -> None:
    images = np.full((4, 48, 48, 1), 100, np.uint8)
    images[0, 5, 5] = images[1, 5, 6] = 140  # one pixel
    images[2, :, 0] = images[3, :, 1] = 110  # a border
    duplicates = find_duplicates(images)
    assert not len(duplicates.pairs) and not duplicates.constant.any()


@pytest.mark.parametrize("stopped", [False, True])
def test_two_searches_of_the_same_images_are_one(planted, monkeypatch: pytest.MonkeyPatch, stopped: bool) -> None:
    begun, go, said = threading.Event(), threading.Event(), list[str]()

    def search(images: np.ndarray, *, progress: Progress | None) -> Duplicates:
        assert not begun.is_set(), "searched again"
        begun.set()
        assert go.wait(30)
        return find_duplicates(images)

    def waiting(fraction: float, message: str) -> None:
        said.append(message)
        if stopped:
            raise InterruptedError
        go.set()

    monkeypatch.setattr(cache, "find_duplicates", search)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(duplicates_of, planted)
        assert begun.wait(30)
        second = pool.submit(duplicates_of, planted, progress=waiting)
        assert isinstance(second.exception(30), InterruptedError) is stopped
        go.set()
        assert len(first.result(30).pairs)
    assert said[0] == "waiting for another search of the same images"


def test_copies_are_searched_once(planted: FaceDataset, monkeypatch: pytest.MonkeyPatch) -> None:
    first = duplicates_of(planted)
    with monkeypatch.context() as patch:
        patch.setattr(cache, "find_duplicates", lambda *a, **k: pytest.fail("searched again"))
        again = duplicates_of(planted)
    np.testing.assert_array_equal(first.pairs, again.pairs)
    np.testing.assert_array_equal(first.first, again.first)
    assert again.complete and again.mirrored.dtype == bool
    (file,) = (cache_folder() / "duplicates").iterdir()
    file.write_bytes(b"PK damaged")
    np.testing.assert_array_equal(first.pairs, duplicates_of(planted).pairs)
    other = duplicates_of(dataclasses.replace(planted, images=planted.images[::-1].copy()))
    assert other.constant.tolist() == first.constant[::-1].tolist()


def test_even_colour_pictures_are_constant() -> None:
    images = np.zeros((3, 16, 16, 3), np.uint8)
    images[0] = (200, 13, 77)
    images[1] = (255, 255, 255)
    images[2, 4:8] = (1, 2, 3)
    assert find_duplicates(images).constant.tolist() == [True, True, False]


def test_too_many_candidates_are_cut(monkeypatch: pytest.MonkeyPatch, draw: Draw) -> None:
    base = draw(1, 24).astype(int)
    images = np.stack([np.clip(base + i, 0, 255) for i in range(-10, 10)]).astype(np.uint8)
    assert len(find_duplicates(images).pairs) == 190 and find_duplicates(images).complete
    monkeypatch.setattr(module, "_MAX_CANDIDATES", 50)
    monkeypatch.setattr(module, "_ROWS", 5)
    cut = find_duplicates(images)
    assert not cut.complete and len(cut.pairs) < 190


def test_nearest_neighbour_sees_people_not_expressions(draw: Draw) -> None:
    """One person shows one class only: pictures leak the person, subjects do not."""
    people = [draw(i, 32).astype(int) for i in range(20)]
    random = np.random.default_rng(0)
    images = np.stack([np.clip(people[i % 20] + random.integers(-20, 21, (32, 32, 1)), 0, 255) for i in range(160)])
    data = FaceDataset(
        name="people",
        images=images.astype(np.uint8),
        labels=random.permutation(np.arange(20) % 4)[np.arange(160) % 20],
        classes=("angry", "happy", "sad", "neutral"),
        split=np.zeros(160, np.int8),
        split_names=("all",),
        rows=np.arange(160),
        source="people",
        subjects=np.asarray([f"S{i % 20}" for i in range(160)]),
    )
    report = audit(data)
    assert report.split.protocol == "folds-5" and report.nearest_safe.protocol == "folds-5-subject"
    assert report.nearest.n == report.nearest_safe.n == 160
    assert report.nearest.accuracy > 0.95 and report.nearest_safe.accuracy < 0.6
    assert report.to_json()["chosen_split"]["subjects_crossing"] > 15 and report.leaks == {}
    unknown = audit(dataclasses.replace(data, subjects=None))
    assert unknown.to_json()["subjects_across"] is None and "without copies" in unknown.nearest_safe.rule


def test_nearest_hits_by_hand() -> None:
    images = np.zeros((4, 8, 8, 1), np.uint8)
    images[0, :4] = images[2, :4] = 90  # two halves, upper bright
    images[1, :, :4] = images[3, :, :4] = 200  # left bright
    images[2, 0, 0] = 0
    data = FaceDataset(
        "x", images, np.asarray([0, 1, 0, 0]), ("a", "b"), np.zeros(4, np.int8), ("all",), np.arange(4), ""
    )
    hits = nearest_hits(data, np.asarray([0, 1]), np.asarray([2, 3]), without=np.asarray([True, False, False, False]))
    assert hits.tolist() == [[True, False], [False, False]]


def test_light_by_hand() -> None:
    images = np.asarray([[0, 100], [50, 50]], np.uint8).reshape(2, 1, 2, 1)
    mean, deviation = light(images)
    assert mean.tolist() == [50, 50] and deviation.tolist() == [50, 0]


def test_copies_in_fer2013(shared: Path) -> None:
    """PublicTest against the first 8,000 images of Training; ``benchmarks/copies.py`` has the whole set's figures."""
    data = open_dataset(shared / "data" / "fer2013")
    cv2.setNumThreads(1)
    rows = np.flatnonzero((data.split == 1) | (np.arange(len(data)) < 8000))
    duplicates = find_duplicates(np.asarray(data.images[rows]))
    train, public = data.split[rows] == 0, data.split[rows] == 1
    assert int((duplicates.exact_copy_in(train) & public).sum()) == 88
    assert int((duplicates.near_copy_in(train, mirrored=True) & public).sum()) == 342
    assert int(duplicates.constant.sum()) == 3


@pytest.mark.parametrize("length", [12, 48])
def test_cosine_waves_are_orthonormal_and_move_rows(length: int) -> None:
    waves = likeness._cosines(length, 0.0)
    np.testing.assert_allclose(waves @ waves.T, np.eye(len(waves)), atol=1e-5)
    signs = (-1.0) ** np.arange(len(waves))
    np.testing.assert_allclose(waves[:, ::-1], waves * signs[:, None], atol=1e-6)
    row = np.random.default_rng(0).random(length)
    moved = np.concatenate([np.repeat(row[0], length // 6), row[: -(length // 6)]])
    np.testing.assert_allclose(likeness._cosines(length, 1 / 6) @ row, waves @ moved, atol=1e-5)
