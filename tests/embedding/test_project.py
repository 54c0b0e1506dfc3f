"""Projections: equal to plain scikit-learn where that is the oracle, the same for the same seed, errors in words."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from sklearn.neighbors import NearestNeighbors

from fer_models.embedding import MapSettings, align, faithfulness, layout, nearest, project
from fer_models.embedding.project import normalised, place, prepare
from fer_models.errors import UserError

Clumps = tuple[np.ndarray, np.ndarray]


def test_pca_is_that_of_scikit_learn(clumps: Clumps) -> None:
    rows, _ = clumps
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    coordinates = project(rows, MapSettings(method="pca", components=0))
    np.testing.assert_allclose(np.abs(coordinates), np.abs(PCA(2).fit_transform(unit)), atol=1e-5)
    plain = project(rows, MapSettings(method="pca", components=0, metric="euclidean"))
    np.testing.assert_allclose(np.abs(plain), np.abs(PCA(2).fit_transform(rows)), atol=1e-3)


def test_features_are_prepared_first(clumps: Clumps) -> None:
    rows, _ = clumps
    reduced = prepare(rows, MapSettings(components=5))
    assert reduced.shape == (120, 5)
    assert prepare(rows, MapSettings(components=50)).shape == rows.shape, "no more than there are"
    np.testing.assert_allclose(np.linalg.norm(prepare(rows, MapSettings(components=0)), axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(
        prepare(3 * rows, MapSettings(components=0)), prepare(rows, MapSettings(components=0)), rtol=1e-5
    )


@pytest.mark.parametrize("method", ["tsne", "pca", "lda"])
def test_the_same_seed_gives_the_same_map(clumps: Clumps, method: str) -> None:
    rows, targets = clumps
    settings = MapSettings(method=method, seed=3)  # type: ignore[arg-type]
    first, second = (project(rows, settings, targets) for _ in range(2))
    assert first.shape == (120, 2) and first.dtype == np.float32 and np.isfinite(first).all()
    np.testing.assert_array_equal(first, second)
    neighbours, _ = nearest(first, 5)
    assert (targets[neighbours] == targets[:, None]).mean() > 0.95, "clumps stay clumps"


def test_umap_gets_exact_neighbours_and_the_seed(clumps: Clumps, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments: dict[str, Any] = {}

    class Recorder:
        def __init__(self, **settings: Any):
            arguments.update(settings)

        def fit_transform(self, rows: np.ndarray) -> np.ndarray:
            return rows[:, :2]

    monkeypatch.setitem(sys.modules, "umap", SimpleNamespace(UMAP=Recorder))
    rows, _ = clumps
    project(rows, MapSettings(method="umap", neighbours=8, minimum_distance=0.3, seed=4))
    indices, distances, search = arguments.pop("precomputed_knn")
    bar = arguments.pop("tqdm_kwds")["file"]
    assert arguments == {"n_components": 2, "n_neighbors": 8, "min_dist": 0.3, "random_state": 4, "init": "spectral"}
    bar.write("3 8")  # Nobody listens here.
    assert indices.shape == distances.shape == (120, 8) and search is None
    assert (indices[:, 0] == np.arange(120)).all(), "UMAP counts a point as its own first neighbour"


def test_progress_is_told_and_stops_the_work(clumps: Clumps) -> None:
    rows = prepare(clumps[0], MapSettings())
    steps: list[tuple[float, str]] = []
    place(rows, MapSettings(), progress=lambda part, what: steps.append((part, what)))
    parts = [part for part, _ in steps]
    assert parts == sorted(parts) and len(parts) > 50 and parts[-1] == 1.0
    assert steps[-1][1] == "t-SNE places 120 faces, round 750 of 750"

    def stop(part: float, what: str) -> None:
        if part > 0.3:
            raise UserError("Stopped.")

    with pytest.raises(UserError, match="Stopped"):
        place(rows, MapSettings(), progress=stop)


def test_a_bar_of_umap_is_read_and_stops_it() -> None:
    steps: list[tuple[float, str]] = []
    bar = layout._Bar(lambda part, words: steps.append((part, words)))
    for text in ("\r", "0 200", "50 200", "\n", "UMAP(...)"):
        bar.write(text)
    assert steps == [(0.0, ", round 0 of 200"), (0.25, ", round 50 of 200")]

    def stop(part: float, words: str) -> None:
        raise UserError("Stopped.")

    bar = layout._Bar(stop)
    with pytest.raises(UserError):
        bar.write("1 2")
    bar.write("1 2")  # Closing the bar writes once more and must not hide the error.


def test_tsne_agrees_with_plain_scikit_learn_on_neighbours(clumps: Clumps) -> None:
    rows, _ = clumps
    ours = project(rows, MapSettings())
    plain = TSNE(2, init="pca", learning_rate="auto", random_state=0).fit_transform(normalised(rows))
    trustworthiness = [faithfulness(normalised(rows), coordinates).trustworthiness for coordinates in (ours, plain)]
    assert trustworthiness[0] > trustworthiness[1] - 0.01


def test_a_given_beginning_is_kept_in_shape(clumps: Clumps) -> None:
    rows = prepare(clumps[0], MapSettings())
    first = place(rows, MapSettings())
    mirrored = place(rows, MapSettings(), initial=first * [-1, 1])
    assert np.corrcoef(mirrored[:, 0], -first[:, 0])[0, 1] > 0.9
    solid = place(rows[:40], MapSettings(dimensions=3).fitted(40), initial=rows[:40, :3])
    assert solid.shape == (40, 3) and np.isfinite(solid).all()


def test_a_beginning_in_space_is_small_and_keeps_its_shape(clumps: Clumps, monkeypatch: pytest.MonkeyPatch) -> None:
    """t-SNE wants a first axis with a standard deviation of 1e-4."""
    begun: list[np.ndarray] = []

    class Recorder:
        def __init__(self, *args: Any, init: np.ndarray, **settings: Any):
            begun.append(init)

        def fit_transform(self, rows: np.ndarray) -> np.ndarray:
            return rows[:, :3]

    monkeypatch.setattr("sklearn.manifold.TSNE", Recorder)
    initial = 7 * clumps[0][:, :3]
    layout.tsne_in_space(clumps[0], MapSettings(dimensions=3), initial)
    np.testing.assert_allclose(begun[0][:, 0].std(), 1e-4, rtol=1e-4)
    np.testing.assert_allclose(begun[0] / begun[0][0, 0], initial / initial[0, 0], rtol=1e-4)
    layout.tsne_in_space(clumps[0], MapSettings(dimensions=3), np.zeros((120, 3)))
    assert not begun[1].any(), "points that all lie together stay so"


@pytest.mark.slow
def test_umap_keeps_clumps_and_repeats_itself(clumps: Clumps) -> None:
    pytest.importorskip("umap", reason="umap-learn is not installed")
    rows, targets = clumps
    first, second = (project(rows, MapSettings(method="umap", neighbours=8)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    neighbours, _ = nearest(first, 5)
    assert (targets[neighbours] == targets[:, None]).mean() > 0.95


def test_few_faces_and_large_perplexity() -> None:
    rows = np.random.default_rng(0).normal(size=(12, 6))
    assert MapSettings(perplexity=100).fitted(12).perplexity < 12
    assert project(rows, MapSettings(perplexity=100)).shape == (12, 2)
    with pytest.raises(UserError, match="at least 5 images"):
        project(rows[:4], MapSettings())


def test_what_cannot_be_mapped_is_said(clumps: Clumps) -> None:
    rows, targets = clumps
    with pytest.raises(UserError, match="needs more than 2 classes"):
        project(rows[:80], MapSettings(method="lda"), targets[:80])
    broken = rows.copy()
    broken[0, 0] = np.nan
    with pytest.raises(UserError, match="not finite"):
        project(broken, MapSettings())
    for wrong, message in (
        ({"method": "x"}, "method must be one of tsne, umap, pca, lda"),
        ({"perplexity": 0.5}, "perplexity must be a number from 2 to 500"),
        ({"seed": -1}, "seed"),
    ):
        with pytest.raises(UserError, match=message):
            MapSettings(**wrong)  # type: ignore[arg-type]


def test_only_settings_of_the_method_count() -> None:
    assert MapSettings(neighbours=5).relevant() == MapSettings(neighbours=50).relevant()
    assert MapSettings(perplexity=5).relevant() != MapSettings(perplexity=50).relevant()
    assert MapSettings(method="umap", neighbours=5).relevant() != MapSettings(method="umap").relevant()


def test_nearest_is_exact(clumps: Clumps) -> None:
    rows, _ = clumps
    distances, expected = NearestNeighbors(n_neighbors=8, algorithm="brute").fit(rows).kneighbors()
    indices, gap = nearest(rows, 7, np.array([3, 50]))
    np.testing.assert_array_equal(indices, expected[[3, 50], :7])
    np.testing.assert_allclose(gap, distances[[3, 50], :7], rtol=1e-5)
    with_self, zero = nearest(rows, 3, include_self=True)
    assert (with_self[:, 0] == np.arange(120)).all() and (zero[:, 0] == 0).all()
    with pytest.raises(ValueError, match="no 5 neighbours"):
        nearest(rows[:5], 5)


def test_align_undoes_turning_and_scaling(clumps: Clumps) -> None:
    points = clumps[0][:, :2]
    turn = np.array([[0.0, -1.0], [1.0, 0.0]], np.float32)
    np.testing.assert_allclose(align(3 * points @ turn + 5, points), points, atol=1e-3)
    np.testing.assert_allclose(align(points * [-1, 1], points), points, atol=1e-3)


@pytest.mark.parametrize("method", ["tsne", "umap", "pca", "lda"])
def test_faces_that_do_not_differ_get_a_sentence(method: str) -> None:
    targets = np.arange(40) % 4
    with pytest.raises(UserError, match="fewer than 5 different"):
        project(np.ones((40, 8), np.float32), MapSettings(method=method), targets)


def test_classes_without_spread_have_a_map_or_a_sentence() -> None:
    centres = np.random.default_rng(0).standard_normal((6, 8)).astype(np.float32)
    targets = np.arange(60) % 6
    try:
        assert np.isfinite(project(centres[targets], MapSettings(method="lda"), targets)).all()
    except UserError as error:
        assert "too few of them differ" in str(error)
