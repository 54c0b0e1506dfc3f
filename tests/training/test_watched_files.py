"""A stored history is refused for each single thing that does not fit."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fer_models.errors import UserError
from fer_models.training.watch.faces import WatchedFaces
from fer_models.training.watch.history import FILE, Watched, read_watched, write_watched


def history() -> Watched:
    """Two faces, three epochs, two modules, three classes; the second face is drawn, number 4 of 5."""
    rng = np.random.default_rng(0)
    faces = WatchedFaces(np.array([70, 4]), np.array([False, True]), np.array([0, 2]), "synthetic:count=5")
    return Watched(
        faces,
        ("happy", "sad", "fear"),
        np.array([1, 2, 4]),
        rng.random((3, 2, 3)).astype(np.float16),
        rng.random((3, 2, 6, 5)).astype(np.float16),
        rng.random((3, 2, 2, 4, 4)).astype(np.float16),
        ("a", "b"),
        "grad_cam",
        "last",
        np.array([0.1, np.nan, 0.3], np.float32),
    )


def test_what_fits_is_read_as_it_was_written(tmp_path: Path) -> None:
    write_watched(tmp_path, history())
    read = read_watched(tmp_path)
    assert read is not None and read.modules == ("a", "b") and read.epochs.tolist() == [1, 2, 4]
    np.testing.assert_array_equal(read.scores, history().scores)
    assert [read.at(epoch) for epoch in (0, 1, 2, 3, 4, 9)] == [0, 0, 1, 1, 2, 2]
    assert read.kept({2, 4, 7}).epochs.tolist() == [2, 4]
    later = replace(history(), epochs=np.array([2, 3, 5]))
    assert read.followed_by(later).epochs.tolist() == [1, 2, 3, 5]
    drawn = read.of_drawn()
    assert drawn is not None and drawn.faces.rows.tolist() == [4] and drawn.attention.shape == (3, 2, 1, 4, 4)
    assert read_watched(tmp_path / "nowhere") is None


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("epochs", lambda v: v[::-1]),
        ("epochs", lambda v: np.array([1, 2, 2])),
        ("epochs", lambda v: v[:, None]),
        ("epochs", lambda v: v.astype(float)),
        ("epochs", lambda v: v[:2]),
        ("rows", lambda v: v.astype(float)),
        ("rows", lambda v: np.array([70, 5])),
        ("rows", lambda v: np.array([70, -1])),
        ("rows", lambda v: v[:, None]),
        ("rows", lambda v: np.array([70, 4, 4])),
        ("drawn", lambda v: v.astype(int)),
        ("drawn", lambda v: v[:1]),
        ("targets", lambda v: np.array([0, 3])),
        ("targets", lambda v: np.array([-1, 2])),
        ("targets", lambda v: v.astype(float)),
        ("targets", lambda v: v[:1]),
        ("accuracy", lambda v: v[:2]),
        ("scores", lambda v: v[..., :2]),
        ("scores", lambda v: v[:, :1]),
        ("scores", lambda v: v[:2]),
        ("scores", lambda v: v * np.float16(np.nan)),
        ("heat", lambda v: v[0]),
        ("heat", lambda v: v[:, :1]),
        ("heat", lambda v: v * np.float16(np.inf)),
        ("attention", lambda v: v[:, 0]),
        ("attention", lambda v: v[:, :1]),
        ("attention", lambda v: v[:, :, :1]),
        ("attention", lambda v: v * np.float16(np.nan)),
        ("modules", lambda v: v[:1]),
        ("classes", lambda v: v[:2]),
    ],
)
def test_each_thing_that_does_not_fit_is_refused(tmp_path: Path, name: str, change: Callable) -> None:
    write_watched(tmp_path, history())
    content = dict(np.load(tmp_path / FILE))
    np.savez(tmp_path / FILE, **content | {name: change(content[name])})
    with pytest.raises(UserError, match="is damaged"):
        read_watched(tmp_path)


def test_a_history_of_nothing_is_refused(tmp_path: Path) -> None:
    write_watched(tmp_path, history())
    content = dict(np.load(tmp_path / FILE))
    whole = {name: content[name] for name in ("epochs", "scores", "heat", "attention", "accuracy")}
    np.savez(tmp_path / FILE, **content | {name: values[:0] for name, values in whole.items()})
    with pytest.raises(UserError, match="is damaged"):
        read_watched(tmp_path)
