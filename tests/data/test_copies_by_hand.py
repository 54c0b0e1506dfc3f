"""Copies, their likeness, baselines and splits of small made-up sets, by hand."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from scipy.fft import dctn

from fer_models.data import FaceDataset
from fer_models.data.label_doubt import confident_learning
from fer_models.data.leaks import copies as found_copies
from fer_models.data.leaks import duplicates as module
from fer_models.data.leaks import likeness, nearest, units
from fer_models.data.leaks.copies import Copy, copies, sentence
from fer_models.data.leaks.duplicates import Duplicates, exact_duplicates, find_duplicates
from fer_models.data.leaks.likeness import aligned, is_mirrored, low_frequencies
from fer_models.data.splits import Crossing, _part
from fer_models.errors import UserError


def smooth(count: int, seed: int = 0, side: int = 48) -> np.ndarray:
    """Pictures of few waves, uint8 (N, side, side, 1)."""
    rng, grid = np.random.default_rng(seed), (np.arange(side) + 0.5) / side
    waves = np.cos(np.pi * np.arange(7)[:, None] * grid)
    drawn = np.einsum("nij,iy,jx->nyx", rng.normal(size=(count, 7, 7)), waves, waves)
    return np.rint(128 + 100 * drawn / np.abs(drawn).max((1, 2), keepdims=True)).astype(np.uint8)[..., None]


def set_of(images: np.ndarray, **changes: Any) -> FaceDataset:
    at = np.arange(len(images))
    plain = FaceDataset("made", images, at % 2, ("a", "b"), at % 2, ("train", "test"), at + 10, "memory", None)
    return dataclasses.replace(plain, **changes)


PLAIN = smooth(4)
#: 0 to 3, then 0 again, 1 moved by a pixel, 2 mirrored, one flat, 0 once more, and a flat one again.
IMAGES = np.concatenate(
    [PLAIN, PLAIN[:1], np.roll(PLAIN[1:2], 1, axis=2), PLAIN[2:3, :, ::-1], np.full((1, 48, 48, 1), 9, np.uint8),
     PLAIN[:1], np.full((1, 48, 48, 1), 9, np.uint8)]
)  # fmt: skip


def test_low_frequencies_are_cosine_transforms_of_a_picture_its_mirror_and_their_moves() -> None:
    found = low_frequencies(PLAIN)
    assert found.shape == (10, 4, 99) and [is_mirrored(k) for k in range(4)] == [False, True, False, True]
    for picture, of_plain, of_mirrored in zip(PLAIN, found[0], found[1], strict=True):
        for pixels, values in ((picture[..., 0], of_plain), (picture[:, ::-1, 0], of_mirrored)):
            wanted = dctn(pixels.astype(float), norm="ortho")[:10, :10].ravel()[1:]
            np.testing.assert_allclose(values, wanted / np.linalg.norm(wanted), atol=2e-5)
    for (down, right), of_moved in zip(likeness._MOVES[1:], found[2::2], strict=True):
        rows, columns = (np.clip(np.arange(48) - round(share * 48), 0, 47) for share in (down, right))
        moved = low_frequencies(PLAIN[:, rows[:, None], columns])[0]
        np.testing.assert_allclose(of_moved, moved, atol=1e-4)
    many = low_frequencies(np.resize(PLAIN, (likeness._FEW, 48, 48, 1)))
    few = low_frequencies(np.resize(PLAIN, (likeness._FEW - 1, 48, 48, 1)))
    np.testing.assert_allclose(few[0, 0], found[0, 0], atol=1e-5)
    assert np.abs(many[0, 0] - found[0, 0]).max() > 0.05  # of enough pictures the usual is taken off


@pytest.mark.parametrize("side", [44, 45, 46, 48, 51, 52])
def test_a_picture_that_is_scaled_a_little_is_aligned(side: int) -> None:
    import cv2

    picture = smooth(1, seed=3)[0]
    assert aligned(picture, picture) == pytest.approx(1, abs=1e-5)
    scaled = cv2.resize(picture[..., 0], (side, side))
    other = np.pad(scaled, 4, mode="edge")[side // 2 - 20 : side // 2 + 28, side // 2 - 20 : side // 2 + 28, None]
    assert aligned(picture, other) > 0.9 > aligned(picture, smooth(1, seed=4)[0])
    large = cv2.resize(picture[..., 0], (96, 96), interpolation=cv2.INTER_NEAREST)[..., None]
    assert aligned(large, picture) == pytest.approx(1, abs=1e-4)
    assert aligned(np.repeat(picture, 3, axis=2), picture) == pytest.approx(1, abs=1e-4)


def test_every_copy_is_found_and_named() -> None:
    found = find_duplicates(IMAGES)
    assert found.first.tolist() == [0, 1, 2, 3, 0, 5, 6, 7, 0, 7] and found.constant.tolist() == [False] * 7 + [
        True, False, True
    ]  # fmt: skip
    assert found.pairs.tolist() == [[1, 5], [2, 6]] and found.mirrored.tolist() == [False, True] and found.complete
    assert [group.tolist() for group in found.exact_groups()] == [[0, 4, 8]]
    assert [group.tolist() for group in found.near_groups()] == [[0, 4, 8], [1, 5], [2, 6]]
    assert len(set(found.near_labels().tolist())) == 5 and len(set(found.near_labels(mirrored=False).tolist())) == 6
    exact = exact_duplicates(IMAGES)
    assert exact.first.tolist() == found.first.tolist() and not len(exact.pairs)
    assert find_duplicates(IMAGES, threshold=1.0).pairs.tolist() == []
    source = np.isin(np.arange(10), [0, 5, 6, 7])
    assert np.flatnonzero(found.exact_copy_in(source)).tolist() == [0, 4, 5, 6, 8]
    assert np.flatnonzero(found.near_copy_in(source)).tolist() == [0, 1, 4, 5, 6, 8]
    assert np.flatnonzero(found.near_copy_in(source, mirrored=True)).tolist() == [0, 1, 2, 4, 5, 6, 8]


def test_pieces_of_the_search_find_the_same_and_a_cut_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[float] = []
    for rows in (1, 3, 5):
        monkeypatch.setattr(module, "_ROWS", rows)
        found = find_duplicates(IMAGES, progress=lambda done, said: steps.append(done))
        assert found.pairs.tolist() == [[1, 5], [2, 6]]
        assert steps == sorted(steps) and min(steps) >= 0 and max(steps) <= 1 and steps.clear() is None
        assert exact_duplicates(IMAGES).constant.tolist() == found.constant.tolist()
    monkeypatch.setattr(module, "_MAX_CANDIDATES", 2)
    assert find_duplicates(IMAGES).complete
    monkeypatch.setattr(module, "_MAX_CANDIDATES", 1)
    assert not find_duplicates(IMAGES).complete


def test_copies_of_one_face_in_their_order() -> None:
    dataset = set_of(IMAGES)
    table = found_copies.low_frequencies(dataset)
    of_first = copies(dataset, 0, table)
    assert [(copy.position, copy.kind, copy.row) for copy in of_first] == [(4, "identical", 14), (8, "identical", 18)]
    assert [(copy.emotion, copy.other_label, copy.split) for copy in of_first] == [("a", False, "train")] * 2
    (moved,), (mirrored,) = copies(dataset, 5, table), copies(dataset, 2, table)
    assert (moved.position, moved.kind, moved.other_label) == (1, "near", False) and 0.93 < moved.cosine <= 1
    assert (mirrored.position, mirrored.kind) == (6, "mirrored")
    assert copies(dataset, 3, table) == [] == copies(dataset, 7, table)
    unlabelled = set_of(IMAGES, labels=np.array([0, 1, 0, 1, -1, 1, 0, 1, 1, 1]))
    named = [(copy.emotion, copy.other_label) for copy in copies(unlabelled, 0, table)]
    assert named == [("no label", True), ("b", True)]
    assert sentence(of_first, "train") == "2 copies of this face in the set."
    other = Copy(1, "near", 0.95, "b", True, "test", 3)
    assert sentence([other], "train") == (
        "1 copy of this face in the set, 1 with another label, 1 in another split than train."
    )
    assert sentence([other, *of_first], "test").endswith("set, 1 with another label, 2 in another split than test.")
    assert sentence([], "train") == "No other image of the set is a copy of this face."


def test_images_of_one_photograph_are_one_unit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(units, "duplicates_of", lambda dataset: find_duplicates(dataset.images))
    found = units.independent(set_of(IMAGES), np.arange(10))
    labels = found.of
    assert found.photographs and labels is not None and len(set(labels.tolist())) == 6
    assert labels[0] == labels[4] == labels[8] and labels[1] == labels[5] and labels[2] == labels[6]
    assert len({labels[7], labels[9], labels[0]}) == 3  # of nothing
    assert units.people_in(np.array([0, 0])) == 1 and units.people_in(np.array([0, 1])) is None


def test_the_nearest_picture_and_the_nearest_that_is_no_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = set_of(IMAGES, labels=np.array([0, 1, 0, 1, 1, 1, 0, 0, 0, 0]))
    reference, queries = np.array([1, 3, 4, 8]), np.array([0, 5])
    without = np.isin(np.arange(10), [4])
    for rows, asked in ((100, 100), (1, 1), (3, 1)):
        monkeypatch.setattr(nearest, "_REFERENCES", rows)
        monkeypatch.setattr(nearest, "_QUERIES", asked)
        hits = nearest.nearest_hits(dataset, reference, queries, without=without)
        assert hits.tolist() == [[False, True], [True, True]]  # of 4 and 8, which are alike, the first one counts
    assert nearest.nearest_hits(dataset, reference[:0], queries, without=without).shape == (2, 0)
    monkeypatch.setattr(nearest, "MAX_QUERIES", 2)
    assert nearest._drawn(queries, 0) is queries and len(nearest._drawn(np.arange(3), 0)) == 2
    no_copies = Duplicates(
        np.arange(10), np.empty((0, 2), np.int64), np.empty(0, np.float32), np.empty(0, bool), np.zeros(10, bool)
    )
    plain, other = nearest.nearest_under(dataset, "official", no_copies)
    assert plain.n == other.n == 2 and plain.accuracy == float(plain.hits.mean()) and plain.rule in other.rule


def test_what_is_clean_crosses_in_nothing() -> None:
    none, some = np.empty(0, np.int64), np.array([3])
    assert Crossing((), none, none).clean and Crossing(None, none, None).clean
    for wrong in (Crossing(("p",), none, None), Crossing((), some, none), Crossing(None, none, some)):
        assert not wrong.clean


def test_parts_of_few_images_and_few_people() -> None:
    faces = np.zeros((12, 4, 4, 1), np.uint8)
    people = np.array([f"p{k % 4}" for k in range(12)])
    dataset, named = set_of(faces), set_of(faces, subjects=people)
    for fraction, held in ((0.25, 3), (0.5, 6), (0.75, 9)):
        rest, part = _part(named, np.arange(12), fraction, 0, "by subject")
        assert len(part) == held and not set(people[rest]) & set(people[part])
        rest, part = _part(dataset, np.arange(12), fraction, 0, "images")
        assert len(part) == held and sorted([*rest, *part]) == list(range(12))
    assert len(_part(named, np.array([0, 1, 4, 5]), 0.25, 0, "by subject")[1]) == 2  # two people are enough
    with pytest.raises(UserError, match="too few subjects"):
        _part(named, np.array([0, 4, 8]), 0.25, 0, "by subject")
    assert len(_part(dataset, np.array([0, 1]), 0.1, 0, "images")[1]) == 1
    with pytest.raises(UserError, match="too few images"):
        _part(dataset, np.array([0]), 0.1, 0, "images")
    balanced = _part(dataset, np.arange(4), 0.5, 0, "images")[1]
    assert sorted(balanced % 2) == [0, 1]  # two of each class, and two held out: one of each


def test_doubt_takes_probabilities_up_to_rounding() -> None:
    p = np.array([[0.9, 0.1, 0.0], [0.2, 0.8, 0.0], [0.9, 0.1, 0.0]])
    found = confident_learning(p, np.array([0, 1, 1]))
    np.testing.assert_allclose(found.thresholds, [0.9, 0.45, np.nan])
    assert found.suggested.tolist() == [0, 1, 0] and found.issues.tolist() == [2]
    np.testing.assert_allclose(found.joint, np.array([[1, 0, 0], [1, 1, 0], [0, 0, 0]]) / 3)
    alone = confident_learning(np.tile([0.1, 0.9], (3, 1)), np.zeros(3, int))  # rounding puts the mean above all three
    assert alone.joint.tolist() == [[1, 0], [0, 0]]
    confident_learning(p * 1.009, np.array([0, 1, 1]))
    for wrong in (p * 1.02, p * 0.98, p - np.array([1e-3, 0, -1e-3])[::-1], np.where(p > 0.85, np.nan, p)):
        with pytest.raises(UserError, match="sum to 1"):
            confident_learning(wrong, np.array([0, 1, 1]))
