"""Stored predictions are refused for each single array that does not fit."""

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest

from fer_models.evaluation.shipped.file import _fit_together

FACTS = SimpleNamespace(classes=("a", "b"), data_classes=("a", "b", "c"))


def arrays() -> dict[str, np.ndarray]:
    """Four images, two outputs, three classes of the data, embeddings of five numbers in two directions."""
    return {
        "rows": np.arange(4, dtype=np.int32),
        "labels": np.array([0, 1, 2, 0], np.int8),
        "logits": np.zeros((4, 2), np.float32),
        "reduced": np.zeros((4, 2), np.float16),
        "directions": np.zeros((5, 2), np.float16),
        "mean_faces": np.zeros((3, 8, 8, 1), np.uint8),
    }


def test_arrays_that_fit_together() -> None:
    assert _fit_together(FACTS, arrays())  # type: ignore[arg-type]
    assert _fit_together(FACTS, arrays() | {"photographs": np.zeros(4, np.int32)})  # type: ignore[arg-type]
    assert _fit_together(FACTS, arrays() | {"logits": np.zeros((4, 2), np.float16)})  # type: ignore[arg-type]
    assert _fit_together(FACTS, arrays() | {"mean_faces": np.zeros((3, 8, 8, 3), np.uint8)})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("rows", lambda v: v[:, None]),
        ("rows", lambda v: v[:3]),
        ("rows", lambda v: v.astype(np.int64)),
        ("labels", lambda v: v[:3]),
        ("labels", lambda v: v + np.int8(1)),
        ("labels", lambda v: v - np.int8(1)),
        ("labels", lambda v: v.astype(np.int32)),
        ("logits", lambda v: v[:3]),
        ("logits", lambda v: np.zeros((4, 3), np.float32)),
        ("logits", lambda v: v.astype(np.float64)),
        ("reduced", lambda v: v[:3]),
        ("reduced", lambda v: v[:, :1]),
        ("directions", lambda v: v[0]),
        ("directions", lambda v: v[None]),
        ("mean_faces", lambda v: v[:2]),
        ("mean_faces", lambda v: v[0]),
        ("mean_faces", lambda v: np.zeros((3, 8, 8, 2), np.uint8)),
    ],
)
def test_each_array_that_does_not_fit_is_refused(name: str, change: Callable) -> None:
    content = arrays()
    assert not _fit_together(FACTS, content | {name: change(content[name])})  # type: ignore[arg-type]


def test_nothing_and_numbers_of_other_images_are_refused() -> None:
    content = arrays()
    nothing = {name: content[name][:0] for name in ("rows", "labels", "logits", "reduced")}
    assert not _fit_together(FACTS, content | nothing)  # type: ignore[arg-type]
    assert not _fit_together(FACTS, content | {"photographs": np.zeros(3, np.int32)})  # type: ignore[arg-type]
    assert not _fit_together(FACTS, content | {"photographs": np.zeros(4, np.int64)})  # type: ignore[arg-type]
    assert not _fit_together(FACTS, {name: content[name] for name in list(content)[1:]})  # type: ignore[arg-type]
