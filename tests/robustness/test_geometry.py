"""Where covers are drawn: the template follows eyes and mouth, and soft shapes have their size."""

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from fer_models.explain.face_parts.regions import MOUTH_CORNERS
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


@pytest.mark.parametrize(
    ("kind", "options", "expected"),
    [
        ("mask", {}, [0.2827, 0.1385, 0.1738, 0.1075, -0.0706, -0.124, -0.1216, -0.0244]),
        (
            "mask",
            {"across": 0.1, "down": -0.15},
            [0.2908, 0.1711, 0.1209, 0.1086, -0.0562, -0.1615, -0.1242, -0.0093],
        ),
        ("glasses", {}, [0.1116, 0.0551, 0.0189, 0.0225, 0.1349, 0.1046, 0.1693, 0.026]),
        ("hand", {}, [0.2793, 0.1533, 0.1618, 0.118, 0.0907, 0.0892, 0.0225, 0.0298]),
        ("hand", {"side": 0.0}, [0.2793, 0.1533, 0.1618, 0.118, 0.0907, 0.0892, 0.0225, 0.0298]),
        ("hand", {"side": -1.0}, [0.2793, 0.1204, 0.1618, 0.0865, 0.071, 0.0892, 0.0508, 0.0121]),
        ("bar", {"angle": 20.0}, [0.27, 0.1323, 0.045, 0.0568, 0.3258, 0.2494, 0.4076, 0.0782]),
    ],
)
def test_what_covers_a_face_stays_where_it_was_measured(kind: str, options: dict, expected: list[float]) -> None:
    """Moments of the cover, and what each channel of a ramp loses: published losses under a cover are of these."""
    down, across = np.mgrid[:96, :96] / 96
    ramp = np.stack([120 + 60 * across, 90 + 80 * down, 200 - 90 * across * down], 2).astype(np.uint8)
    corruption = CORRUPTIONS.create(kind, **options)
    x, y = FaceGeometry().grid(96, 96)
    cover = corruption.cover(x, y, corruption.strength(4))
    lost = ramp.astype(float) - corruption.apply(ramp, corruption.strength(4))
    found = [cover.mean(), (cover * x).mean(), (cover * y * y).mean(), (cover * x * y).mean()]
    found += [*(lost.mean((0, 1)) / 100), (lost[..., 0] * (x - 0.5) ** 2 * y).mean() / 10]
    assert found == pytest.approx(expected, abs=2e-4)


@pytest.mark.parametrize(
    ("kind", "options", "strength", "expected"),
    [
        ("shift", {}, 10.0, (58, 32)),  # a tenth of the longer side, 80
        ("shift", {"direction": 90.0}, 10.0, (50, 40)),
        ("shift", {"direction": 180.0}, 5.0, (46, 32)),
        ("scale", {}, 2.0, (60.5, 40.5)),  # away from the middle, at (39.5, 23.5)
        ("rotation", {}, 90.0, (31, 34)),
        ("rotation", {}, -90.0, (48, 13)),
    ],
)
def test_a_point_moves_by_the_formula(kind: str, options: dict, strength: float, expected: tuple[float, float]) -> None:
    spot = np.zeros((48, 80), np.float32)
    spot[32, 50] = 1
    moved = CORRUPTIONS.create(kind, **options).move(spot, strength)
    rows, columns = np.mgrid[:48, :80]
    middle = ((moved * columns).sum() / moved.sum(), (moved * rows).sum() / moved.sum())
    assert middle == pytest.approx(expected, abs=0.1)


def test_opposites_undo_what_they_are_of() -> None:
    for kind, strength, opposite in (("shift", 7.0, -7.0), ("rotation", 8.0, -8.0), ("scale", 1.25, 0.8)):
        assert CORRUPTIONS.create(kind).opposite(strength) == pytest.approx(opposite)


def test_the_mouth_of_a_face_lies_on_the_mouth_of_the_template() -> None:
    geometry = FaceGeometry(((0.36, 0.4), (0.66, 0.4)), (0.53, 0.8))
    x, y = geometry.grid(9, 12)
    places = [[0.8 * 9 - 0.5], [0.53 * 12 - 0.5]]
    at = [float(map_coordinates(grid, places, order=1)[0]) for grid in (x, y)]
    assert at == pytest.approx(np.mean(MOUTH_CORNERS, axis=0), abs=1e-6)
