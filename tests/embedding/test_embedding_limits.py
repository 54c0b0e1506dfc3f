"""Neighbours, verdicts and drawings of maps just at their limits."""

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.manifold import trustworthiness

from fer_models.embedding import MapSettings, align, faithfulness, maps, nearest, sample
from fer_models.embedding.export import picture, sprite
from fer_models.embedding.maps import FaceMap
from fer_models.embedding.project import distinct, prepare
from fer_models.embedding.quality import Faithfulness, Separation, separation, vote
from fer_models.errors import UserError


def quality(trust: float, continuity: float, copies: int = 0, n: int = 100) -> str:
    return Faithfulness(10, n, trust, continuity, 0.5, copies, n).sentence()


def test_a_map_is_judged_at_its_limits() -> None:
    assert "can be read from it; distances" in quality(0.95, 0.95)
    assert "roughly" in quality(0.949, 1.0) and "roughly" in quality(1.0, 0.949) and "roughly" in quality(0.9, 0.9)
    assert "not faithful" in quality(0.899, 0.5) and "tears" in quality(0.9, 0.899)
    just = round(100 * _copies())
    assert "copies of others" not in quality(1, 1, copies=just) and "copies of others" in quality(1, 1, copies=just + 1)
    assert quality(1, 1, n=0).startswith("Of the 10 faces")


def _copies() -> float:
    from fer_models.embedding import quality as module

    return float(module._COPIES)


def test_neighbours_are_those_that_there_are() -> None:
    rows = np.array([[0.0], [1.0], [3.0], [7.0]])
    assert nearest(rows, 3)[0].tolist() == [[1, 2, 3], [0, 2, 3], [1, 0, 3], [2, 1, 0]]
    assert nearest(rows, 3)[1][3].tolist() == [4, 6, 7]
    assert nearest(rows, 4, include_self=True)[0][:, 0].tolist() == [0, 1, 2, 3]
    assert nearest(rows, 1, queries=np.array([3, 0]))[0].tolist() == [[2], [1]]
    for count, itself in ((0, False), (4, False), (0, True), (5, True)):
        with pytest.raises(ValueError, match="neighbours each"):
            nearest(rows, count, include_self=itself)


def test_a_sample_of_all_is_all() -> None:
    assert sample(3, 3).tolist() == [0, 1, 2] and sample(3, 1).shape == (1,)
    assert len(sample(3, 2)) == 2


def test_faithfulness_is_that_of_scikit_learn() -> None:
    """Trustworthiness both ways; a map that is the original has all neighbours."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(30, 5)).astype(np.float32)
    flat = rows[:, :2]
    for k in (1, 4, 10):
        found = faithfulness(rows, flat, k)
        assert found.trustworthiness == pytest.approx(trustworthiness(rows, flat, n_neighbors=k))
        assert found.continuity == pytest.approx(trustworthiness(flat, rows, n_neighbors=k))
        assert (found.k, found.queries) == (k, 30)
    same = faithfulness(rows, rows, 5)
    assert (same.trustworthiness, same.continuity, same.overlap) == (1, 1, 1)
    assert faithfulness(rows[:5], flat[:5], 10).k == 2 and faithfulness(rows[:3], flat[:3], 10).k == 1


def test_classes_are_separated_by_hand() -> None:
    rows = np.array([[0.0, 0], [2, 0], [10, 0], [10, 4]], np.float32)
    found = separation(rows, np.array([0, 0, 1, 1]), ("a", "b", "c"), k=1)
    assert found.intra == pytest.approx(1.5) and found.inter == pytest.approx(np.hypot(9, 2))
    assert [part.intra for part in found.classes] == [1, 2, None] and found.knn_accuracy == 1
    alone = separation(rows, np.zeros(4, int), ("a", "b"))
    assert alone.inter is None and alone.silhouette is None
    each = separation(rows, np.arange(4), tuple("abcd"))
    assert each.silhouette is None and each.knn_accuracy == 0
    assert vote(np.array([[0, 1, 2]]), np.array([1, 0, 1]), 2).tolist() == [1]
    assert vote(np.array([[0, 1]]), np.array([1, 0]), 2).tolist() == [0], "of equals the first class"


def test_a_ratio_wants_two_classes_and_a_spread() -> None:
    def ratio(inter: float | None, intra: float) -> float | None:
        return Separation(4, 1, None, None, None, intra, inter, 1.0, ()).ratio

    assert ratio(6.0, 2.0) == 3 and ratio(None, 2.0) is None and ratio(6.0, 0.0) is None


def test_settings_fit_a_number_of_faces() -> None:
    assert MapSettings(perplexity=30, neighbours=15).fitted(91).perplexity == 30
    fitted = MapSettings(perplexity=30, neighbours=15).fitted(10)
    assert (fitted.perplexity, fitted.neighbours) == (3, 9)
    assert MapSettings().fitted(5).perplexity == 2
    with pytest.raises(UserError, match="at least 5"):
        MapSettings().fitted(4)


def test_features_are_reduced_below_their_number() -> None:
    rows = np.random.default_rng(0).normal(size=(6, 4))
    assert prepare(rows, MapSettings(components=3)).shape == (6, 3)
    assert prepare(rows, MapSettings(components=4, metric="euclidean")).shape == (6, 4)
    np.testing.assert_allclose(prepare(rows, MapSettings(components=4, metric="euclidean")), rows, rtol=1e-6)
    assert distinct(np.zeros((3, 2))) == 1 and distinct(np.zeros((0, 2))) == 0
    assert distinct(np.array([[1e4, 0.0], [1e4, 0.4], [1e4, 2.0]])) == 2, "up to rounding"


def test_a_map_is_turned_onto_another() -> None:
    rng = np.random.default_rng(0)
    first = rng.normal(size=(9, 2))
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    np.testing.assert_allclose(align(first, 3 * first @ turn + [5, -2]), 3 * first @ turn + [5, -2], atol=1e-5)
    np.testing.assert_allclose(align(np.ones((9, 2)), first), np.tile(first.mean(0), (9, 1)), atol=1e-6)


def test_outliers_are_a_share_above_a_limit() -> None:
    values = np.concatenate([np.ones(98), [1.2, 1.5]])
    found = FaceMap(np.zeros((100, 2)), values, values[::-1], None, None, MapSettings(), 0.0)  # type: ignore[arg-type]
    assert np.flatnonzero(found.outliers()).tolist() == [98, 99] and np.flatnonzero(found.outliers(0.01)).tolist() == [
        99
    ]
    assert np.flatnonzero(found.outliers(apart="class")).tolist() == [0, 1]
    assert np.flatnonzero(found.outliers(0.5)).tolist() == [98, 99] and found.outliers(0.0).sum() == 1


def test_outlier_factors_of_even_points_are_one() -> None:
    ring = np.exp(2j * np.pi * np.arange(40) / 40)
    rows = np.stack([ring.real, ring.imag], 1).astype(np.float32)
    np.testing.assert_allclose(maps.outlier_factors(rows), 1, rtol=1e-4)


def test_tiles_of_a_sprite_go_row_by_row() -> None:
    images = np.arange(5, dtype=np.uint8)[:, None, None, None] * np.ones((1, 4, 4, 1), np.uint8) * 10
    tile, canvas = sprite(images, np.array([4, 0, 2, 1, 3]), limit=9)
    assert tile == 3 and canvas.shape == (9, 9)
    assert canvas[1::3, 1::3].tolist() == [[40, 0, 20], [10, 30, 0], [0, 0, 0]]
    assert sprite(images, np.arange(4))[0] == 48 and sprite(images, np.arange(5), limit=3)[0] == 1
    with pytest.raises(UserError, match="do not fit"):
        sprite(images, np.arange(5), limit=2)


def test_a_map_is_drawn_inside_its_margin() -> None:
    """A wide map lies in the middle of the height; the first axis runs to the right, the second upwards."""
    points = np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 2.0], [4.0, 2.0]])
    faces = SimpleNamespace(classes=("happy",), targets=np.zeros(4, int), predictions=np.array([0, 0, 0, 1]))
    drawn = SimpleNamespace(coordinates=points, outliers=lambda: np.array([False, True, False, False]))
    canvas = picture(drawn, faces, side=200)  # type: ignore[arg-type]
    legend = 2 * round(44 * 200 / 1200)
    assert canvas.shape == (200 + legend, 200, 3)
    ink = (canvas[:190] != 255).any(2)
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    assert 3 <= columns[0] <= 10 <= 190 <= columns[-1] <= 199
    assert ink[55, 10] and ink[145, 10] and ink[55, 190] and not ink[100, 100]
    assert 46 <= rows[0] <= 55 and 145 <= rows[-1] <= 154
    red = (canvas[:190] == (224, 43, 32)).all(2)
    assert np.argwhere(red).mean(0) == pytest.approx([145, 190], abs=2)
    line = picture(SimpleNamespace(coordinates=points[:, :1], outliers=drawn.outliers), faces, side=200)  # type: ignore
    assert (line[:190] != 255).any(2)[100, 10] and (line[:190] != 255).any(2)[100, 190]
