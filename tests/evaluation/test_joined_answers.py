"""One network's answers on several data sets as one table: classes by name, shared columns, the data set first."""

import dataclasses

import numpy as np
import pytest

from fer_models.data.dataset import FaceDataset
from fer_models.errors import UserError
from fer_models.evaluation.class_match import softmax
from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.slicing.joined import DATA_SET, joined
from fer_models.evaluation.slicing.slices import slice_metric, worst_of

N = 60


def source(name: str, classes: tuple[str, ...], right: float, seed: int, **columns: np.ndarray) -> tuple:
    rng = np.random.default_rng(seed)
    labels = np.arange(N) % len(classes)
    data = FaceDataset(
        name="folder",
        images=rng.integers(0, 255, (N, 12, 12, 1), dtype=np.uint8),
        labels=labels,
        classes=classes,
        split=np.r_[np.zeros(N // 2, np.int8), np.ones(N // 2, np.int8)],
        split_names=("train", "test"),
        rows=np.arange(N),
        source=name,
        subjects=np.array([f"s{i % 4}" for i in range(N)]),
        columns=dict(columns),
    )
    predictions = np.where(np.arange(N) < right * N, labels, (labels + 1) % len(classes))
    logits = (4 * np.eye(len(classes))[predictions]).astype(np.float32)
    at = np.arange(N)
    told = Evaluation(
        classes, labels, predictions, logits, softmax(logits), None, at, at, name, f"of {name}", "all", "val"
    )
    return name, data, told


@pytest.fixture(scope="module")
def two() -> list[tuple]:
    age = np.linspace(20, 60, N)
    home = source("home", ("angry", "happy", "sad"), 0.9, 0, sex=np.array(["f", "m"] * (N // 2)))
    away = source("away", ("happiness", "anger", "contempt"), 0.4, 1, sex=np.array(["m"] * N), age=age)
    return [home, away]


def test_each_data_set_keeps_its_own_figure(two: list[tuple]) -> None:
    whole, columns = joined(two)
    assert whole.n == 2 * N and whole.classes == ("angry", "happy", "sad", "contempt")
    assert list(columns)[:2] == [DATA_SET, "class"] and all(len(values) == 2 * N for values in columns.values())
    parts = {part.value: part for part in slice_metric(whole, columns[DATA_SET], DATA_SET)}
    for name, _, own in two:
        assert parts[name].n == N and parts[name].estimate == own.estimate(("accuracy",))["accuracy"]
    assert worst_of(whole, columns)[0].estimate.value <= parts["away"].estimate.value
    # The same class under two names is one class, and what a set has not is never answered there.
    assert (whole.targets[N:] == np.array([1, 0, 3])[np.arange(N) % 3]).all()
    np.testing.assert_array_equal(whole.probabilities[N:, 2], 0)
    np.testing.assert_allclose(whole.probabilities.sum(1), 1, atol=1e-6)
    assert np.isfinite(whole.estimate(("log_loss", "macro_f1", "ece"))["log_loss"]).all()


def test_columns_of_one_set_are_not_known_in_the_other(two: list[tuple]) -> None:
    _, columns = joined(two)
    assert np.isnan(columns["age"][:N]).all() and columns["age"][N] == 20
    assert columns["sex"].tolist()[:2] == ["f", "m"] and columns["class"][N] == "happy"
    assert columns["subject"][0] == "home, s0" and columns["split"][-1] == "away, test"
    assert "brightness" in columns and not {"sharpness", "identical copies", "occlusion proxy"} & set(columns)


def test_one_set_alone_and_none(two: list[tuple]) -> None:
    whole, columns = joined(two[:1])
    assert whole.n == N and set(columns[DATA_SET]) == {"home"}
    assert whole.value("macro_f1") == pytest.approx(two[0][2].value("macro_f1"))
    with pytest.raises(UserError, match="choose one data set"):
        joined([])


def test_a_wider_class_list_does_not_change_the_first_table(two: list[tuple]) -> None:
    name, data, told = two[0]
    again = dataclasses.replace(told)
    joined([(name, data, again), two[1]])
    assert again.classes == told.classes and again.logits.shape == (N, 3)
