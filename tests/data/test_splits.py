"""Split protocols: shares, strata, subjects, seeds, and what crosses."""

import dataclasses
import json
from collections.abc import Callable

import numpy as np
import pytest

from fer_models.data import PROTOCOLS, FaceDataset, Split, make_split
from fer_models.data.leaks.duplicates import find_duplicates
from fer_models.errors import UserError

Draw = Callable[..., np.ndarray]


def make_set(
    draw: Draw, count: int = 200, splits: tuple[str, ...] = ("all",), subjects: int | None = 20, size: int = 8
) -> FaceDataset:
    """``count`` small faces; subject i % subjects, class by turns, splits by thirds."""
    random = np.random.default_rng(0)
    return FaceDataset(
        name="drawn",
        images=random.integers(0, 256, (count, size, size, 1), dtype=np.uint8),
        labels=(np.arange(count) // (subjects or 1)) % 4,
        classes=("angry", "happy", "sad", "neutral"),
        split=(np.arange(count) * len(splits) // count).astype(np.int8),
        split_names=splits,
        rows=np.arange(count) * 3 + 5,
        source="drawn",
        subjects=None if subjects is None else np.asarray([f"S{i % subjects:02d}" for i in range(count)]),
    )


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_parts_are_disjoint_and_repeatable(draw: Draw, protocol: str) -> None:
    data = make_set(draw)
    split = make_split(data, protocol, seed=3)
    parts = [set(part.tolist()) for part in (split.train, split.val, split.test)]
    assert not parts[0] & parts[1] and not parts[0] & parts[2] and not parts[1] & parts[2]
    assert len(parts[0] | parts[1] | parts[2]) == len(data)
    again = make_split(data, protocol, seed=3)
    for part in ("train", "val", "test"):
        np.testing.assert_array_equal(getattr(split, part), getattr(again, part))
        assert getattr(split, part).dtype == np.int64
    other = make_split(data, protocol, seed=4)
    assert set(other.val.tolist()) != parts[1]
    for part in parts[:2]:
        shares = np.bincount(data.labels[list(part)], minlength=4) / len(part)
        assert abs(shares - [0.3, 0.3, 0.2, 0.2]).max() < 0.06
    if PROTOCOLS[protocol].by_subject:
        assert split.crossing(data).subjects == ()
        assert not set(data.subjects[split.train]) & set(data.subjects[split.val])


@pytest.mark.parametrize("protocol", [name for name, rule in PROTOCOLS.items() if rule.folds > 1])
def test_folds_cover_every_picture_once(draw: Draw, protocol: str) -> None:
    data = make_set(draw)
    folds = PROTOCOLS[protocol].folds
    tests = np.concatenate([make_split(data, protocol, fold=k).test for k in range(folds)])
    assert sorted(tests.tolist()) == list(range(len(data)))
    split = make_split(data, protocol)
    assert abs(len(split.val) / (len(split.val) + len(split.train)) - 0.2) < 0.05
    with pytest.raises(UserError, match=f"0 to {folds - 1}"):
        make_split(data, protocol, fold=folds)


def test_seven_two_one(draw: Draw) -> None:
    split = make_split(make_set(draw), "7-2-1")
    assert [len(split.train), len(split.val), len(split.test)] == [140, 40, 20]


def test_official_fer2013(draw: Draw) -> None:
    data = make_set(draw, splits=("Training", "PublicTest"), subjects=None)
    split = make_split(data)
    np.testing.assert_array_equal(split.train, data.split_index("Training"))
    np.testing.assert_array_equal(split.val, data.split_index("PublicTest"))
    assert len(split.test) == 0 and split.measured is split.val
    full = make_set(draw, 210, splits=("Training", "PublicTest", "PrivateTest"), subjects=None)
    np.testing.assert_array_equal(make_split(full).test, full.split_index("PrivateTest"))
    held = make_split(full, "official-holdout", val_fraction=0.1)
    assert len(held.val) == 7 and set(held.val) <= set(full.split_index("Training")) and len(held.test) == 140


def test_official_without_validation_takes_subjects(draw: Draw) -> None:
    data = make_set(draw, splits=("train", "test"))
    split = make_split(data, "official")
    assert not set(data.subjects[split.train]) & set(data.subjects[split.val])
    assert len(split.train) + len(split.val) == len(data.split_index("train"))
    without = dataclasses.replace(data, subjects=None)
    assert len(make_split(without, "official").val) == 20


def test_unlabelled_pictures_and_excluded_rows_are_left_out(draw: Draw) -> None:
    data = make_set(draw)
    labels = data.labels.copy()
    labels[:50] = -1
    data = dataclasses.replace(data, labels=labels)
    split = make_split(data, "folds-5", exclude_rows=data.rows[60:80].tolist())
    assert min(split.train.min(), split.val.min(), split.test.min()) >= 50
    assert not set(split.train.tolist()) & set(range(60, 80))
    assert len(split.train) + len(split.val) + len(split.test) < 150


def test_saved_by_row_ids(draw: Draw) -> None:
    data = make_set(draw)
    split = make_split(data, "folds-10-subject", fold=4, seed=9)
    text = json.dumps(split.to_json(data))
    assert json.loads(text)["test"] == data.rows[split.test].tolist()
    order = np.random.default_rng(1).permutation(len(data))
    again = Split.from_json(json.loads(text), data.take(order))
    assert set(order[again.test]) == set(split.test) and again.fold == 4 and again.name == split.name
    with pytest.raises(UserError, match="no row"):
        Split.from_json(json.loads(text), data.take(np.arange(20)))
    with pytest.raises(UserError, match="damaged"):
        Split.from_json({"train": []}, data)


def test_crossing_tells_subjects_and_copies(draw: Draw) -> None:
    data = make_set(draw, 60, subjects=6, size=16)
    split = make_split(data, "folds-5", seed=1)
    assert len(split.crossing(data).subjects) == 6
    assert split.crossing(data).exact.size == 0 and split.crossing(data).near is None
    images = data.images.copy()
    images[split.test[0]] = images[split.train[0]]
    images[split.val[0]] = np.clip(images[split.train[1]].astype(int) // 2 + 3, 0, 255)
    images[split.test[1]] = images[split.train[2]] = 7  # Constant pictures are copies of nothing.
    data = dataclasses.replace(data, images=images)
    crossing = split.crossing(data, find_duplicates(images))
    assert crossing.exact.tolist() == [split.test[0]]
    assert crossing.near.tolist() == sorted([split.test[0], split.val[0]]) and not crossing.clean
    cleaned = split.without_leaks(find_duplicates(images))
    assert set(split.train) - set(cleaned.train) == {split.train[0], split.train[1]}
    assert len(cleaned.crossing(data, find_duplicates(images)).near) == 0
    strict = make_split(data, "folds-5-subject")
    assert strict.crossing(data).subjects == ()


def test_what_does_not_fit(draw: Draw) -> None:
    data = make_set(draw, 40, subjects=3)
    with pytest.raises(UserError, match="no split protocol"):
        make_split(data, "odd")
    with pytest.raises(UserError, match="3 subjects, too few for 5 folds"):
        make_split(data, "folds-5-subject")
    with pytest.raises(UserError, match="which images show the same person"):
        make_split(dataclasses.replace(data, subjects=None), "folds-5-subject")
    with pytest.raises(UserError, match="between 0 and 1"):
        make_split(data, val_fraction=1.5)
    with pytest.raises(UserError, match="no labelled"):
        make_split(dataclasses.replace(data, labels=np.full(40, -1)))
    with pytest.raises(UserError, match="leaves no images"):
        make_split(data, exclude_rows=data.rows.tolist())
