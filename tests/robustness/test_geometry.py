"""Where covers are drawn: the template follows eyes and mouth, and soft shapes have their size."""

import numpy as np
import pytest

from fer_models.faces.face import Face
from fer_models.robustness import CORRUPTIONS, FaceGeometry
from fer_models.robustness.cover import _inside, _soft
from fer_models.robustness.geometry import _BROW, _MOUTH, EYES


def at(grid: tuple[np.ndarray, np.ndarray], point: tuple[float, float], side: int) -> tuple[float, float]:
    """Template coordinates of a point given in shares of the crop, between the pixels' centres."""
    x, y = grid
    column, row = point[0] * side - 0.5, point[1] * side - 0.5

    def value(g: np.ndarray) -> float:
        return float(g[0, 0] + column * (g[0, 1] - g[0, 0]) + row * (g[1, 0] - g[0, 0]))

    return value(x), value(y)


@pytest.mark.parametrize("turned", [0.0, 0.2])
def test_eyes_and_mouth_lie_on_those_of_the_template(turned: float) -> None:
    middle = np.array([0.5, 0.4])
    across, down = np.array([np.cos(turned), np.sin(turned)]), np.array([-np.sin(turned), np.cos(turned)])
    eyes = tuple(tuple((middle + share * across).tolist()) for share in (-0.17, 0.17))
    mouth = tuple((middle + 0.42 * down).tolist())
    grid = FaceGeometry(eyes, mouth).grid(100, 100)
    for eye, expected in zip(eyes, EYES, strict=True):
        assert at(grid, eye, 100) == pytest.approx(expected, abs=0.01)
    assert at(grid, mouth, 100) == pytest.approx(_MOUTH, abs=0.01)
    assert at(grid, tuple(middle), 100) == pytest.approx(_BROW, abs=0.01)


def test_a_mouth_that_cannot_be_one_is_not_followed() -> None:
    eyes = ((0.33, 0.4), (0.67, 0.4))
    alone = FaceGeometry(eyes).grid(60, 60)
    for mouth in ((0.5, 0.45), (0.5, 2.0)):  # beside the eyes, and far below the face
        for followed, plain in zip(FaceGeometry(eyes, mouth).grid(60, 60), alone, strict=True):
            np.testing.assert_array_equal(followed, plain)
    followed = FaceGeometry(eyes, (0.5, 0.7)).grid(60, 60)
    assert not np.allclose(followed[1], alone[1])


def test_landmarks_become_shares_of_a_crop_that_is_moved_and_turned() -> None:
    points = np.array([[30, 40], [70, 40], [50, 60], [40, 80], [60, 84]], np.float32)
    face = Face((0, 0, 100, 100), 1.0, points, "made")
    corners = [(10.0, 20.0), (90.0, 20.0), (90.0, 100.0), (10.0, 100.0)]
    found = FaceGeometry.of(face, corners)
    expected = (points - (10, 20)) / 80
    np.testing.assert_allclose(found.landmarks, expected, atol=1e-9)
    np.testing.assert_allclose(found.eyes, expected[:2], atol=1e-9)
    np.testing.assert_allclose(found.mouth, expected[3:].mean(0), atol=1e-9)
    quarter = FaceGeometry.of(face, [*corners[1:], corners[0]])  # clockwise from what was the top right
    np.testing.assert_allclose(quarter.landmarks, np.column_stack([expected[:, 1], 1 - expected[:, 0]]), atol=1e-9)
    points[1] = points[0] + (1, 1)  # full profile: both eyes on one point
    profile = FaceGeometry.of(Face((0, 0, 100, 100), 1.0, points, "made"), corners)
    assert profile.eyes is None and profile.mouth is None and profile.landmarks is not None
    assert FaceGeometry.of(Face((0, 0, 100, 100), 1.0, None, "made"), corners) == FaceGeometry()


def test_a_soft_edge_is_a_half_on_the_line_and_a_48th_wide() -> None:
    width = 1 / 48
    np.testing.assert_allclose(
        _soft(np.array([-1.0, -width / 2, 0, width / 4, width / 2, 1.0])), [0, 0, 0.5, 0.75, 1, 1]
    )
    x, y = np.meshgrid((np.arange(200) + 0.5) / 200, (np.arange(200) + 0.5) / 200)
    shape = _inside(x, y, (0.4, 0.6), (0.2, 0.1))
    assert shape.mean() == pytest.approx(np.pi * 0.2 * 0.1, rel=0.03)
    assert (shape * x).sum() / shape.sum() == pytest.approx(0.4, abs=1e-3)
    assert (shape * y).sum() / shape.sum() == pytest.approx(0.6, abs=1e-3)


@pytest.mark.parametrize(("angle", "length"), [(0.0, 0.4), (90.0, 0.4), (30.0, 0.3)])
def test_a_bar_has_its_length_thickness_and_angle(angle: float, length: float) -> None:
    x, y = np.meshgrid((np.arange(240) + 0.5) / 240, (np.arange(240) + 0.5) / 240)
    bar = CORRUPTIONS.create("bar", across=0.5, down=0.5, length=length, angle=angle).cover(x, y, 0.1)
    assert bar.mean() == pytest.approx(length * 0.1, rel=0.02)
    turn = np.radians(angle)
    along = (x - 0.5) * np.cos(turn) + (y - 0.5) * np.sin(turn)
    off = (y - 0.5) * np.cos(turn) - (x - 0.5) * np.sin(turn)
    assert (bar * along**2).sum() / bar.sum() == pytest.approx(length**2 / 12, rel=0.05)
    assert (bar * off**2).sum() / bar.sum() == pytest.approx(0.1**2 / 12, rel=0.2)
