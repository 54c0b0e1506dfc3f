"""Faces of an image that lies on its side: found, and cut upright."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.data import astronaut

from fer_models.crop import crop_for
from fer_models.faces import turn
from fer_models.faces.detect import detect_faces
from fer_models.faces.face import Face, turned
from fer_models.faces.turn import find_faces
from fer_models.image_quality import quality_of
from fer_models.preprocess import Preprocess

PHOTO = astronaut()[:300, 80:380]


@pytest.fixture(scope="module")
def upright() -> Face:
    (face,) = find_faces(PHOTO, "haar")
    assert face.angle == 0
    return face


@pytest.mark.parametrize("quarter", [1, 2, 3])
def test_a_turned_face_gives_the_crop_of_the_upright_one(quarter: int, upright: Face) -> None:
    lying = np.ascontiguousarray(np.rot90(PHOTO, -quarter))
    assert detect_faces(lying, "haar") == []
    (face,) = find_faces(lying, "haar")
    assert face.angle == 90 * quarter
    turn = min(90 * quarter, 360 - 90 * quarter)
    for alignment in ("none", "eyes"):
        preprocess = Preprocess(alignment=alignment)
        expected, crop = (crop_for(image, f, preprocess) for image, f in ((PHOTO, upright), (lying, face)))
        assert crop.alignment == expected.alignment
        assert np.abs(expected.pixels.astype(int) - crop.pixels).mean() < 6, alignment  # two interpolations
        assert quality_of(lying, face, crop).doubts == (f"turned by {turn} degrees in the image",)


def test_nothing_is_found_where_nothing_is() -> None:
    assert find_faces(np.zeros((60, 60, 3), np.uint8), "haar") == []


@pytest.mark.parametrize("degrees", [0, 90, 180, 270, 30])
def test_the_way_back_from_a_turned_image(degrees: float) -> None:
    image = np.zeros((40, 60), np.uint8)
    image[10:14, 44:48] = 255
    view, back = turned(image, degrees)
    y, x = np.argwhere(view > 128).mean(0) + 0.5
    assert back @ (x, y, 1) == pytest.approx((46, 12), abs=0.6)


def test_tilt_is_read_from_the_eyes_against_the_face() -> None:
    eyes = np.array([[10, 10], [10, 20], [5, 15], [3, 12], [3, 18]], np.float32)
    assert Face((0, 0, 20, 20), 1.0, eyes).tilt == pytest.approx(90)
    assert Face((0, 0, 20, 20), 1.0, eyes, angle=90).tilt == pytest.approx(0)
    assert Face((0, 0, 20, 20), 1.0).tilt is None


def test_a_false_face_gives_way_to_a_surer_one_of_the_turned_image(monkeypatch: pytest.MonkeyPatch) -> None:
    scores = {(60, 90): 0.6, (90, 60): 0.9}
    monkeypatch.setattr(
        turn, "detect_faces", lambda image, *_: [Face((5, 5, 35, 35), scores[image.shape[:2]], None, "haar")]
    )
    (face,) = find_faces(np.zeros((60, 90, 3), np.uint8), "haar")
    assert face.angle == 90
    scores[90, 60] = 0.7  # not surer by enough
    (face,) = find_faces(np.zeros((60, 90, 3), np.uint8), "haar")
    assert face.angle == 0
