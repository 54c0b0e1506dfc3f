"""Slices: groups by value or by quarter, worst first, small ones marked."""

import dataclasses

import numpy as np
import pytest

from fer_models.data.dataset import FaceDataset
from fer_models.errors import UserError
from fer_models.evaluation.class_match import softmax
from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.intervals import wilson
from fer_models.evaluation.slicing.slices import (
    AMONG_OTHERS,
    brightness,
    can_be_cut,
    column_values,
    contrast,
    grouped,
    people_slices,
    sharpness,
    single_values,
    slice_columns,
    slice_metric,
    worst_by,
    worst_of,
)
from fer_models.evaluation.slicing.worse import against_rest

N = 400


@pytest.fixture(scope="module")
def data() -> FaceDataset:
    """Pictures whose brightness rises with their place; three angles; one column with two numbers a picture."""
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 40, (N, 16, 16, 1))
    images = (noise + np.linspace(0, 200, N)[:, None, None, None]).astype(np.uint8)
    return FaceDataset(
        name="test",
        images=images,
        labels=rng.integers(0, 3, N),
        classes=("angry", "happy", "sad"),
        split=np.zeros(N, np.int8),
        split_names=("Training",),
        rows=np.arange(N),
        source="memory",
        subjects=np.array([f"s{i % 90}" for i in range(N)]),
        columns={
            "angle": np.array(["front", "left", "right", ""])[np.r_[np.arange(N - 10) % 3, np.full(10, 3)]],
            "votes": np.zeros((N, 2)),
        },
    )


@pytest.fixture(scope="module")
def evaluation(data: FaceDataset) -> Evaluation:
    """A network that fails on dark pictures: the first 100 are wrong half of the time, the others never."""
    predictions = data.labels.copy()
    predictions[:100:2] = (predictions[:100:2] + 1) % 3
    logits = (3 * np.eye(3)[predictions]).astype(np.float32)
    positions = np.arange(N)
    return Evaluation(
        data.classes,
        data.labels,
        predictions,
        logits,
        softmax(logits),
        None,
        positions,
        positions,
        "test",
        "f",
        "all",
        "",
    )


def test_columns_that_can_be_cut_by(data: FaceDataset) -> None:
    assert slice_columns(data) == ["class", "subject", "angle", "brightness", "contrast", "sharpness", *AMONG_OTHERS]
    assert column_values(data, np.array([0, 1]), "angle").tolist() == ["front", "left"]
    assert column_values(data, np.array([3]), "class").tolist() == [data.classes[data.labels[3]]]
    with pytest.raises(UserError, match="choose one of: class, subject"):
        column_values(data, np.array([0]), "votes")


def test_copies_and_covers_are_columns(data: FaceDataset) -> None:
    images = data.images.copy()
    images[[1, 30]] = images[0]
    split = np.zeros(N, np.int8)
    split[20:] = 1
    copied = dataclasses.replace(data, images=images, split=split, split_names=("Training", "Test"))
    where = column_values(copied, np.arange(31), "identical copies").tolist()
    assert where[0] == where[1] == "in Training and in Test" and where[30] == "in Training" and where[2] == "none"
    assert column_values(data, np.arange(5), "occlusion proxy").shape == (5,)
    few = dataclasses.replace(data, split=np.r_[np.zeros(9, np.int8), np.ones(N - 9, np.int8)], split_names=("a", "b"))
    assert "occlusion proxy" not in slice_columns(few), "too few images to compare with"


def test_dark_pictures_are_found_worst(data: FaceDataset, evaluation: Evaluation) -> None:
    parts = slice_metric(evaluation, column_values(data, evaluation.positions, "brightness"), "brightness")
    assert len(parts) == 4 and [part.n for part in parts] == [100] * 4
    assert parts[0].estimate.value == pytest.approx(0.5, abs=0.02) and set(parts[0].positions) <= set(range(105))
    hits = round(parts[0].estimate.value * 100)
    assert parts[0].estimate[1:] == pytest.approx(wilson(hits, 100))
    assert parts[-1].estimate.value == 1 and not parts[0].small
    losses = slice_metric(evaluation, column_values(data, evaluation.positions, "brightness"), "brightness", "log_loss")
    assert losses[0].value == parts[0].value and losses[0].estimate.value > losses[-1].estimate.value
    assert parts[0].sentence("accuracy").startswith(f"brightness {parts[0].value}: 5")


def test_small_and_unknown_slices_are_marked(data: FaceDataset, evaluation: Evaluation) -> None:
    parts = slice_metric(evaluation, column_values(data, evaluation.positions, "angle"), "angle", "macro_f1")
    by_value = {part.value: part for part in parts}
    assert set(by_value) == {"front", "left", "right", "unknown"}
    assert by_value["unknown"].small and by_value["unknown"].n == 10 and not by_value["left"].small
    assert "few images" in by_value["unknown"].sentence("macro_f1")
    with pytest.raises(UserError, match="3 values for 400"):
        slice_metric(evaluation, np.arange(3), "angle")


def columns_of(data: FaceDataset, evaluation: Evaluation) -> dict[str, np.ndarray]:
    return {name: column_values(data, evaluation.positions, name) for name in slice_columns(data)}


def test_worst_slices_over_all_columns(data: FaceDataset, evaluation: Evaluation) -> None:
    parts = worst_of(evaluation, columns_of(data, evaluation))
    assert parts[0].column == "brightness"
    assert "subject" not in {part.column for part in parts}  # 90 subjects with four pictures each say nothing
    assert [part.small for part in parts] == sorted(part.small for part in parts)


def test_a_column_of_many_values_can_be_asked_for_alone(data: FaceDataset, evaluation: Evaluation) -> None:
    values = column_values(data, evaluation.positions, "subject")
    parts = worst_by(evaluation, values, "subject")
    assert len(parts) == 90 and all(part.small for part in parts)
    figures = [part.estimate.value for part in parts]
    assert figures == sorted(figures) and figures[0] < 1
    assert can_be_cut(values) and not can_be_cut(np.arange(N).astype(str)) and not can_be_cut(np.full(N, 48))
    one = {"original side": np.full(N, 48, np.int32), "subject": values, "light": np.full(N, "")}
    assert single_values(one) == {"original side": "48", "light": "unknown"}


def test_groups_of_numbers_words_and_gaps() -> None:
    group, names = grouped(np.array([1.0, np.nan, 2.0, 1.0]))
    assert names[group[1]] == "unknown" and group[0] == group[3] != group[2]
    group, names = grouped(np.array([30, 30, 90, 60]))
    assert sorted(names) == ["30", "60", "90"]
    group, names = grouped(np.r_[np.zeros(900), np.arange(100)])  # most values are equal: fewer than four quarters
    assert group.min() == 0 and group.max() == len(names) - 1


def test_measures_of_pictures() -> None:
    rng = np.random.default_rng(0)
    sharp = rng.integers(0, 256, (1, 32, 32, 1), dtype=np.uint8)
    blurred = np.stack([np.roll(sharp[0].astype(float), shift, axis=0) for shift in range(8)]).mean(0)
    pair = np.stack([sharp[0], blurred.astype(np.uint8)])
    assert sharpness(pair)[0] > 1.5 * sharpness(pair)[1]
    assert sharpness((pair // 4).astype(np.uint8))[1] == pytest.approx(
        sharpness(pair)[1], rel=0.1
    )  # darker, not blurred
    assert contrast(pair)[0] > contrast(pair)[1]
    spot = np.zeros((1, 5, 5, 1), np.uint8)
    spot[0, 2, 2] = 200
    # Of nine places of the Laplacian one is -800 and four are 200; of 25 pixels one is 200.
    assert contrast(spot)[0] == pytest.approx(200 * np.sqrt(24) / 25)
    assert sharpness(spot)[0] == pytest.approx(200 * np.sqrt(20 / 9) / contrast(spot)[0])
    flat = np.full((1, 8, 8, 3), 70, np.uint8)
    assert (brightness(flat)[0], contrast(flat)[0], sharpness(flat)[0]) == (70, 0, 0)


@pytest.mark.filterwarnings("error")
def test_slices_without_the_figure_are_left_out(data: FaceDataset, evaluation: Evaluation) -> None:
    parts = worst_of(evaluation, columns_of(data, evaluation), "roc_auc")
    assert parts and "class" not in {part.column for part in parts}, "one class alone has no area under a curve"
    assert all(np.isfinite(part.estimate.value) for part in parts)
    alone = slice_metric(evaluation, column_values(data, evaluation.positions, "class"), "class", "roc_auc")
    assert all(np.isnan(part.estimate.value) for part in alone)


def test_groups_of_people_come_from_what_the_data_tell(data: FaceDataset, evaluation: Evaluation) -> None:
    assert people_slices(evaluation, data) == [], "the data tell nothing about people but who is who"
    sex = np.where(np.arange(N) < 100, "female", "male")
    told = dataclasses.replace(data, columns={**data.columns, "Sex": sex})
    found = people_slices(evaluation, told)
    assert [(part.value, part.n, part.estimate.value) for part in found] == [("female", 100, 0.5), ("male", 300, 1.0)]


def test_slices_without_a_difference_are_rarely_called_worse() -> None:
    """With intervals that do not meet, some of sixty slices was worse by luck in 42 % of draws."""
    rng = np.random.default_rng(0)
    found = 0
    for _ in range(30):
        targets = rng.integers(0, 3, 1800)
        predictions = np.where(rng.random(1800) < 0.7, targets, (targets + 1) % 3)
        logits = np.eye(3, dtype=np.float32)[predictions]
        rows = np.arange(1800)
        made = Evaluation(
            ("a", "b", "c"), targets, predictions, logits, softmax(logits), None, rows, rows, "x", "f", "all", ""
        )
        values = {"first": rng.integers(0, 30, 1800).astype(str), "second": rng.integers(0, 30, 1800).astype(str)}
        slices = [part for name in values for part in slice_metric(made, values[name], name)]
        found += any(part.p is not None and part.p < 0.05 for part in against_rest(made, slices, "accuracy"))
    assert found <= 4


def test_a_slice_that_is_worse_is_called_so(data: FaceDataset, evaluation: Evaluation) -> None:
    for metric in ("accuracy", "macro_f1", "log_loss"):
        parts = against_rest(evaluation, worst_of(evaluation, columns_of(data, evaluation), metric), metric)
        dark = next(part for part in parts if part.column == "brightness")
        assert dark.p is not None and dark.p < 0.001, metric
        assert all(part.p is None for part in parts if part.small)
        assert max(part.p for part in parts if part.p is not None) > 0.05


def test_what_compares_images_needs_enough_of_them_and_not_too_many(
    data: FaceDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fer_models.evaluation.slicing import slices

    first = len(data.split_index(data.split_names[0]))
    for least, whole, offered in (
        (first, data.images.nbytes, True),
        (first + 1, data.images.nbytes, False),
        (first, data.images.nbytes - 1, False),
    ):
        monkeypatch.setattr(slices, "_LEAST", least)
        monkeypatch.setattr(slices, "_WHOLE", whole)
        assert (
            set(AMONG_OTHERS) <= set(slice_columns(data))
            if offered
            else not set(AMONG_OTHERS) & set(slice_columns(data))
        )
