"""Corruptions: neutral, deterministic, growing, relative to the picture's side, and drawn where the face is."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from fer_models.data.synthetic import SyntheticOptions, generate_face
from fer_models.errors import UserError
from fer_models.faces.face import Face
from fer_models.faces.image import resize
from fer_models.robustness import CORRUPTIONS, SEVERITIES, FaceGeometry

KINDS = tuple(CORRUPTIONS)
REQUIRED = {
    "light",
    "low_light",
    "blur",
    "jpeg",
    "noise",
    "rotation",
    "scale",
    "shift",
    "mask",
    "glasses",
    "hand",
    "bar",
    "grey",
    "contrast",
}


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    return generate_face(SyntheticOptions(count=7, size=96, colour=True, seed=3), 0).image


def difference(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(a.astype(float) - b).mean())


def test_every_kind_of_the_plan_is_there() -> None:
    assert set(KINDS) == REQUIRED


@pytest.mark.parametrize("kind", KINDS)
def test_neutral_changes_nothing_and_severities_grow(kind: str, picture: np.ndarray) -> None:
    corruption = CORRUPTIONS.create(kind)
    before = picture.copy()
    same = corruption.apply(picture, corruption.neutral)
    assert np.array_equal(same, picture) and same is not picture
    steps = [corruption.apply(picture, corruption.strength(s)) for s in SEVERITIES]
    assert all(step.dtype == np.uint8 and step.shape == picture.shape for step in steps)
    changes = [difference(step, picture) for step in steps]
    assert changes[0] > 0 and all(a < b for a, b in pairwise(changes)), changes
    assert np.array_equal(picture, before), "the given image was written into"
    assert corruption.strength(0) == corruption.neutral
    assert all(corruption.low <= s <= corruption.high for s in corruption.severities)


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_arguments_give_the_same_pixels(kind: str, picture: np.ndarray) -> None:
    corruption = CORRUPTIONS.create(kind)
    strength = corruption.strength(3)
    first, again = (corruption.apply(picture, strength, seed=5) for _ in range(2))
    assert np.array_equal(first, again)
    other = corruption.apply(picture, strength, seed=6)
    assert np.array_equal(first, other) == (kind not in ("noise", "low_light"))


@pytest.mark.parametrize("kind", KINDS)
def test_a_large_crop_loses_as_much_as_a_small_one(kind: str) -> None:
    # The network sees 48 pixels of either; what it sees must be nearly the same.
    large = generate_face(SyntheticOptions(count=7, size=192, colour=True, seed=3), 0).image
    small = resize(large, 48)
    corruption = CORRUPTIONS.create(kind)
    strength = corruption.strength(3)
    of_large = resize(corruption.apply(large, strength), 48)
    of_small = corruption.apply(small, strength)
    assert difference(of_large, of_small) < 0.35 * difference(of_small, small) + 2.5


@pytest.mark.parametrize("kind", KINDS)
def test_odd_shapes_and_the_ends_of_the_range(kind: str) -> None:
    corruption = CORRUPTIONS.create(kind)
    picture = np.random.default_rng(0).integers(0, 256, (31, 57, 3), np.uint8)
    for strength in (corruption.low, corruption.high):
        assert corruption.apply(picture, strength).shape == picture.shape
    with pytest.raises(UserError, match="lies between"):
        corruption.apply(picture, corruption.high + 1)
    with pytest.raises(UserError, match="Severities"):
        corruption.strength(6)
    with pytest.raises(ValueError, match="uint8 RGB"):
        corruption.apply(picture[..., 0], corruption.neutral)


def test_the_opposite_is_as_strong_the_other_way(picture: np.ndarray) -> None:
    opposites = {kind: CORRUPTIONS.create(kind).opposite(CORRUPTIONS[kind].strength(2)) for kind in KINDS}
    assert {kind for kind, other in opposites.items() if other is not None} == {"light", "rotation", "scale", "shift"}
    shift = CORRUPTIONS.create("shift")
    right, left = shift.apply(picture, 10.0), shift.apply(picture[:, ::-1].copy(), -10.0)
    assert difference(right, left[:, ::-1]) < 1
    brighter = CORRUPTIONS.create("light").apply(picture, opposites["light"])
    assert brighter.mean() > picture.mean() > CORRUPTIONS.create("light").apply(picture, 1.8).mean()


def test_rotation_is_clockwise_and_moves_heatmaps_alike(picture: np.ndarray) -> None:
    rotation = CORRUPTIONS.create("rotation")
    spot = np.zeros((41, 41), np.float32)
    spot[20, 35] = 1  # right of the middle: clockwise on the screen it goes down
    turned = rotation.move(spot, 90.0)
    assert np.unravel_index(turned.argmax(), turned.shape) == (35, 20)
    assert np.array_equal(CORRUPTIONS.create("blur").move(spot, 3.0), spot)
    grey = picture[..., 0].astype(np.float32)
    assert difference(rotation.apply(picture, 20.0)[..., 0], rotation.move(grey, 20.0)) < 0.6


def changed_centre(a: np.ndarray, b: np.ndarray) -> tuple[float, float]:
    rows, columns = np.nonzero(np.abs(a.astype(int) - b).sum(2) > 30)
    return float(columns.mean()) / a.shape[1], float(rows.mean()) / a.shape[0]


def test_covers_lie_on_the_face_and_follow_it() -> None:
    plain = np.full((96, 96, 3), 220, np.uint8)
    glasses, mask = CORRUPTIONS.create("glasses"), CORRUPTIONS.create("mask")
    assert changed_centre(plain, glasses.apply(plain, 1.0)) == pytest.approx((0.49, 0.40), abs=0.03)
    assert changed_centre(plain, mask.apply(plain, 0.7))[1] > 0.75
    # Eyes a fifth lower and closer together: the glasses go there, the mask below them.
    low = FaceGeometry(eyes=((0.40, 0.60), (0.60, 0.60)))
    assert changed_centre(plain, glasses.apply(plain, 1.0, geometry=low)) == pytest.approx((0.5, 0.61), abs=0.03)
    # The same eyes with a mouth further away stretch what lies below the eyes.
    near = FaceGeometry(eyes=low.eyes, mouth=(0.5, 0.75))
    far = FaceGeometry(eyes=low.eyes, mouth=(0.5, 0.85))
    tops = [np.nonzero((mask.apply(plain, 0.7, geometry=g) != plain).any((1, 2)))[0][0] for g in (near, far)]
    assert tops[0] + 4 < tops[1]


def test_the_mouth_of_the_geometry_is_where_the_template_has_it() -> None:
    geometry = FaceGeometry(eyes=((0.35, 0.30), (0.70, 0.36)), mouth=(0.50, 0.80))
    x, y = geometry.grid(200, 200)
    row, column = 160, 100
    assert (x[row, column], y[row, column]) == pytest.approx((0.4845, 0.749), abs=0.01)
    assert (x[60, 70], y[60, 70]) == pytest.approx((0.315, 0.385), abs=0.01)


def test_geometry_from_landmarks() -> None:
    landmarks = np.array([[30, 40], [70, 40], [50, 60], [35, 80], [65, 80]], np.float32)
    face = Face((0, 0, 100, 100), 0.9, landmarks, "yunet")
    corners = [(10.0, 10.0), (90.0, 10.0), (90.0, 90.0), (10.0, 90.0)]
    geometry = FaceGeometry.of(face, corners)
    assert geometry.eyes is not None and np.allclose(geometry.eyes, ((0.25, 0.375), (0.75, 0.375)))
    assert geometry.mouth == pytest.approx((0.5, 0.875))
    assert FaceGeometry.of(Face((0, 0, 9, 9), 1.0), corners) == FaceGeometry()
    profile = np.tile(np.array([[50, 40]], np.float32), (5, 1))
    turned = FaceGeometry.of(Face((0, 0, 9, 9), 1.0, profile), corners)
    assert turned == FaceGeometry(landmarks=((0.5, 0.375),) * 5)  # no eyes to place a bar, but regions see the turn


def test_the_bar_goes_where_it_is_put() -> None:
    plain = np.full((96, 96, 3), 220, np.uint8)
    bar = CORRUPTIONS.create("bar", across=0.3, down=0.8, length=0.2)
    assert changed_centre(plain, bar.apply(plain, 0.1)) == pytest.approx((0.3, 0.8), abs=0.02)
    upright = CORRUPTIONS.create("bar", angle=90.0, length=0.5).apply(plain, 0.1)
    changed = (upright != plain).any(2)
    assert np.ptp(np.nonzero(changed)[0]) > 3 * np.ptp(np.nonzero(changed)[1])


@pytest.mark.parametrize("lost", [0.5, 0.8])
@pytest.mark.parametrize("tone", [150, 220])
def test_low_light_follows_shot_and_read_noise(lost: float, tone: int) -> None:
    """White is N = 2,000 electrons: exposure e leaves L e and noise sqrt(L e N + 64) / N, raised by 1 / sqrt(e)."""
    dark = CORRUPTIONS.create("low_light").apply(np.full((96, 96, 3), tone, np.uint8), lost, seed=1)
    light = (dark.astype(float) / 255) ** 2.2
    exposed = (tone / 255) ** 2.2 * (1 - lost)
    assert light.mean() == pytest.approx(exposed / np.sqrt(1 - lost), rel=0.02)
    noise = np.sqrt(2000 * exposed + 64) / 2000
    assert light.std() == pytest.approx(noise / np.sqrt(1 - lost), rel=0.06)


def test_light_contrast_and_grey_by_hand() -> None:
    image = np.zeros((2, 4, 3), np.uint8)
    image[0], image[1, 2:] = 100, (200, 40, 0)
    bright = CORRUPTIONS.create("light").apply(image, 0.5)
    np.testing.assert_array_equal(np.unique(bright), [0, 101, 160, 226])  # 255 sqrt(x / 255) of 0, 40, 100, 200
    assert CORRUPTIONS.create("light").opposite(0.5) == 2
    middle = image.mean()
    faint = CORRUPTIONS.create("contrast").apply(image, 0.5)
    np.testing.assert_allclose(faint, (image + middle) / 2, atol=0.51)
    grey = CORRUPTIONS.create("grey").apply(image, 1.0)
    assert (grey[1, 2] == round(0.299 * 200 + 0.587 * 40)).all() and (grey[0] == 100).all()
    half = CORRUPTIONS.create("grey").apply(image, 0.5)
    np.testing.assert_allclose(half, (image.astype(float) + grey) / 2, atol=1)
