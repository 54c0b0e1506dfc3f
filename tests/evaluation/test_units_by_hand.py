"""Groups, slices and pairs of small made-up predictions, by hand."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from fer_models.errors import UserError
from fer_models.evaluation.claims.check import _ceil, _floor
from fer_models.evaluation.claims.printed import _half_width
from fer_models.evaluation.claims.witness import _miss, _moved
from fer_models.evaluation.class_match import softmax
from fer_models.evaluation.comparison import significance
from fer_models.evaluation.comparison.significance import compare
from fer_models.evaluation.doubtful_labels import fair_splits
from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.metrics import accuracy, recall
from fer_models.evaluation.shipped.use import _photographs
from fer_models.evaluation.slicing.joined import _units
from fer_models.evaluation.slicing.occlusion import usual_blocks
from fer_models.evaluation.slicing.slices import _MOST_VALUES, grouped, slice_metric


def made(targets: list[int], predictions: list[int]) -> Evaluation:
    logits = (2 * np.eye(2)[predictions]).astype(np.float32)
    at, classes = np.arange(len(targets)), ("happy", "sad")
    true, answers = np.array(targets), np.array(predictions)
    return Evaluation(classes, true, answers, logits, softmax(logits), None, at, at, "d", "f" * 64, "t", "v", "none")


def test_people_and_photographs_of_several_sets_stay_apart() -> None:
    parts = [SimpleNamespace(n=3, units=np.array([5, 5, 9])), SimpleNamespace(n=2, units=None)]
    parts.append(SimpleNamespace(n=2, units=np.array([9, 9])))
    assert _units(parts).tolist() == [0, 0, 1, 3, 4, 5, 5]  # type: ignore[arg-type, union-attr]
    assert _units(parts[1:2]) is None  # type: ignore[arg-type]
    copies = [
        SimpleNamespace(rows=np.arange(3), units=SimpleNamespace(photographs=True, of=np.array([0, 0, 1]))),
        SimpleNamespace(rows=np.arange(2), units=SimpleNamespace(photographs=False, of=np.array([0, 0]))),
        SimpleNamespace(rows=np.arange(2), units=SimpleNamespace(photographs=True, of=None)),
        SimpleNamespace(rows=np.arange(2), units=SimpleNamespace(photographs=True, of=np.array([1, 1]))),
    ]
    assert _photographs(copies).tolist() == [0, 0, 1, 2, 3, 4, 5, 7, 7]  # type: ignore[arg-type, union-attr]
    assert _photographs(copies[1:2]) is None  # type: ignore[arg-type]


def test_a_matrix_misses_by_what_lies_outside() -> None:
    table, functions = (
        np.array([[8, 2], [4, 6]]),
        {"accuracy": accuracy, "recall": lambda t: recall(t, averaging="macro")},
    )
    for inside in ((0.6, 0.8), (0.7, 0.7)):
        assert _miss(table, functions, {"accuracy": inside, "recall": inside}) == pytest.approx(0, abs=1e-12)
    assert _miss(table, functions, {"accuracy": (0.8, 0.9)}) == pytest.approx(0.1)
    assert _miss(table, functions, {"accuracy": (0.1, 0.5), "recall": (0.75, 1)}) == pytest.approx(0.25)


def test_a_move_keeps_the_counts_and_is_at_most_as_large_as_wanted() -> None:
    table, sizes = np.array([[500, 500], [500, 500]]), []
    for seed in range(60):
        moved = _moved(table, np.random.default_rng(seed), 100.0)
        assert moved.sum(1).tolist() == [1000, 1000] and moved.min() >= 0
        sizes.append(int(np.abs(moved - table).max()))
    assert 80 < max(sizes) <= 100 and np.median([size for size in sizes if size]) == pytest.approx(25, abs=15)
    assert np.abs(_moved(np.diag([3, 3]), np.random.default_rng(0), 1e6) - np.diag([3, 3])).max() <= 3


def test_roundings_of_bounds_and_of_printed_figures() -> None:
    for hundredths in (1234, 2900, 5700, 10000, 0):
        assert _ceil(hundredths / 10000) == _floor(hundredths / 10000) == f"{hundredths / 100:.2f} %"
    assert (_ceil(0.12341), _floor(0.12349)) == ("12.35 %", "12.34 %")
    cases = [(2, 0.005), ("2", 0.005), (0.25, 0.25), ("0.25", 0.25), (0, 0.5), (0.0, 0.0), (49.9, 49.9)]
    assert [_half_width(rounding, "90.12") for rounding, _ in cases] == pytest.approx([half for _, half in cases])
    assert [_half_width(None, text) for text in ("95", "95.0", "95.10 %", "95.123")] == [0.5, 0.5, 0.05, 0.0005]
    for wrong in (True, 50.0, -0.1, "two"):
        with pytest.raises(UserError, match="rounding"):
            _half_width(wrong, "90")


def test_ten_images_tell_what_is_usual() -> None:
    images = np.random.default_rng(0).integers(0, 256, (10, 48, 48, 1), np.uint8)
    assert (
        usual_blocks(images).mean.shape == (36, 3)
        and (usual_blocks(np.tile(images[:1], (10, 1, 1, 1))).spread > 0).all()
    )
    with pytest.raises(UserError, match="at least 10 images"):
        usual_blocks(images[:9])


def test_fair_splits_hold_labels_and_train_nobody() -> None:
    counts = np.array([[5], [4], [0], [3]])
    dataset = SimpleNamespace(counts=lambda: counts, split_names=("Training", "PublicTest", "PrivateTest", "extra"))
    assert fair_splits(dataset) == ["PublicTest"]  # type: ignore[arg-type]
    assert fair_splits(SimpleNamespace(counts=lambda: counts[:1], split_names=("PublicTest",))) == []  # type: ignore


def test_many_numbers_are_quarters_and_small_slices_are_marked() -> None:
    few = np.arange(_MOST_VALUES)
    assert grouped(few)[1] == sorted(str(value) for value in few) and len(grouped(np.arange(_MOST_VALUES + 1))[1]) == 4
    group, names = grouped(np.array([0.0, np.nan, *range(1, 100)]))
    assert names == ["0 to 24.8", "24.8 to 49.5", "49.5 to 74.2", "74.2 to 99", "unknown"] and group[1] == 4
    assert np.bincount(group).tolist() == [25, 25, 25, 25, 1] and group[0] == 0 and group[-1] == 3
    group, names = grouped(np.array(["b ", "", "a", "b"]))
    assert [names[k] for k in group] == ["b", "unknown", "a", "b"]
    evaluation = made([0, 0, 1, 1, 1], [0, 1, 1, 1, 1])
    slices = slice_metric(evaluation, np.array(["x", "x", "y", "y", "y"]), "column", small=3)
    assert [(part.value, part.n, part.small) for part in slices] == [("x", 2, True), ("y", 3, False)]
    assert [part.estimate.value for part in slices] == [0.5, 1.0]


def test_pairs_count_what_one_alone_has_right(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []
    monkeypatch.setattr(significance, "_swap_p", lambda a, b, metric, draws: drawn.append(draws))
    truth = [0, 0, 0, 1, 1, 1]
    networks = [made(truth, [0, 0, 0, 1, 1, 0]), made(truth, [0, 1, 1, 1, 0, 1]), made(truth, [1, 1, 1, 0, 0, 0])]
    found = {(pair.a, pair.b): (pair.only_a, pair.only_b) for pair in compare(networks, "accuracy", resamples=10)}
    assert (
        found == {(0, 1): (3, 1), (0, 2): (5, 0), (1, 2): (3, 0)} and drawn == [2 * round(3 / significance.LEVEL)] * 3
    )
    first = compare(networks[:2], "accuracy", resamples=10)[0]
    assert first.difference.value == pytest.approx((5 - 3) / 6) and first.p is first.p_holm is None
    with pytest.raises(UserError, match="two or more"):
        compare(networks[:1], "accuracy", resamples=10)
