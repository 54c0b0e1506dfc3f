"""The crop: framed as FER2013 frames faces, whatever the border, the margin and the tilt."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from skimage import data

from fer_models.errors import UserError
from fer_models.faces.align import LEFT_EYE, MAX_SIDE, RIGHT_EYE, crop_face, eyes_of, face_square, whole_face
from fer_models.faces.face import Face

#: The face of skimage's portrait (512 x 512) and its eyes, by hand.
PORTRAIT = Face((177, 66, 272, 161), 1.0, None, "haar")
PORTRAIT_EYES = np.array([[207.0, 102.0], [243.0, 103.0]])


def marked(height: int = 200, width: int = 300) -> np.ndarray:
    """A picture whose pixels tell their own place: red is the column, green the row (halved)."""
    image = np.zeros((height, width, 3), np.uint8)
    image[..., 0] = np.arange(width) // 2
    image[..., 1] = np.arange(height)[:, None] // 2
    return image


def test_square_follows_the_detector() -> None:
    box = (100.0, 50.0, 160.0, 130.0)
    assert face_square(Face((100, 50, 180, 130), 1, None, "haar")) == pytest.approx((98.8, 48.8, 181.2, 131.2))
    left, top, right, bottom = face_square(Face(box, 1, None, "yunet"))
    assert (right - left, bottom - top) == pytest.approx((80.8, 80.8))
    assert ((left + right) / 2, (top + bottom) / 2) == pytest.approx((130, 90))
    assert face_square(Face(box, 1, None, "whole")) == pytest.approx((90, 50, 170, 130))
    assert face_square(Face(box, 1, None, "drawn by hand")) == pytest.approx((90, 50, 170, 130))


def test_margin_is_added_to_the_side() -> None:
    face = Face((100, 50, 180, 130), 1, None, "haar")
    plain, wide = face_square(face), face_square(face, 0.5)
    assert wide[2] - wide[0] == pytest.approx(1.5 * (plain[2] - plain[0]))
    assert wide[0] + wide[2] == pytest.approx(plain[0] + plain[2])


def test_crop_is_the_pixels_of_its_square() -> None:
    image = marked()
    crop, info = crop_face(image, Face((100, 40, 150, 90), 1, None, "whole"))
    assert crop.shape == (50, 50, 3) and (crop == image[40:90, 100:150]).all()
    assert info["alignment"] == "none" and info["eyes_from"] is None and info["angle"] == 0
    assert info["square"] == (100, 40, 150, 90)
    assert info["corners"] == [(100, 40), (150, 40), (150, 90), (100, 90)]
    crop[:] = 0
    assert image[40:90, 100:150].any()  # The crop is a copy.


def test_border_is_repeated() -> None:
    image = marked()
    crop, _ = crop_face(image, Face((-20, -30, 60, 50), 1, None, "whole"))
    assert crop.shape == (80, 80, 3)
    assert (crop[30:, 20:] == image[:50, :60]).all()
    assert (crop[:30, 20:] == image[0, :60]).all() and (crop[30:, :20] == image[:50, :1]).all()
    crop, _ = crop_face(image, Face((280, 180, 330, 230), 1, None, "whole"))
    assert (crop[:20, :20] == image[180:, 280:]).all() and (crop[20:] == crop[19]).all()


def test_whole_picture_keeps_everything() -> None:
    image = marked(100, 60)
    crop, _ = crop_face(image, whole_face(image))
    assert crop.shape == (100, 100, 3) and (crop[:, 20:80] == image).all() and (crop[:, :20] == image[:, :1]).all()


def test_crop_never_grows_beyond_its_limit() -> None:
    thin = np.zeros((10, 30_000, 3), np.uint8)
    thin[:, 15_000:] = 200
    crop, _ = crop_face(thin, whole_face(thin))
    assert crop.shape == (MAX_SIDE, MAX_SIDE, 3)
    assert crop[:, 0].max() == 0 and crop[:, -1].min() == 200


def test_one_pixel() -> None:
    image = np.full((1, 1, 3), 9, np.uint8)
    crop, _ = crop_face(image, whole_face(image), margin=0.3, alignment="eyes")
    assert np.unique(crop).tolist() == [9]


@pytest.mark.parametrize("margin", [0.0, 0.4])
@pytest.mark.parametrize("tilt", [-25, 0, 18])
def test_eyes_come_to_the_template(tilt: float, margin: float) -> None:
    image = np.full((400, 400, 3), 40, np.uint8)
    radians, centre = np.radians(tilt), np.array([200.0, 190.0])
    half = 40 * np.array([np.cos(radians), np.sin(radians)])
    eyes = np.array([centre - half, centre + half])
    for (x, y), colour in zip(eyes, ((255, 0, 0), (0, 255, 0)), strict=True):
        cv2.circle(image, (round(x), round(y)), 6, colour, -1)
    landmarks = np.vstack([eyes, np.zeros((3, 2))])
    face = Face((110, 100, 290, 320), 1, landmarks, "yunet")
    crop, info = crop_face(image, face, margin, "eyes")
    assert info["alignment"] == "eyes" and info["eyes_from"] == "landmarks"
    assert info["angle"] == pytest.approx(-tilt, abs=0.1)
    assert crop.shape[0] == pytest.approx(80 / 0.36 * (1 + margin), abs=1)
    for channel, template in ((0, LEFT_EYE), (1, RIGHT_EYE)):
        rows, columns = np.nonzero(crop[..., channel] > 150)
        eye = np.array([columns.mean() + 0.5, rows.mean() + 0.5]) / crop.shape[0]
        expected = 0.5 + (np.array(template) - 0.5) / (1 + margin)
        assert np.abs(eye - expected).max() < 0.012
    # The corners are where the crop lies in the picture: along its top edge they run parallel to the eyes.
    top = np.subtract(info["corners"][1], info["corners"][0])
    assert np.degrees(np.arctan2(top[1], top[0])) == pytest.approx(tilt, abs=0.1)


@pytest.mark.parametrize(
    "eyes",
    [
        [[150, 150], [158, 150]],  # In profile.
        [[120, 150], [280, 150]],  # Wider than any face of this box.
        [[220, 150], [150, 150]],  # Upside down.
        [[150, -10], [220, -12]],  # Beyond the border: guessed.
    ],
)
def test_eyes_that_do_not_fit_give_the_upright_square(eyes: list[list[float]]) -> None:
    landmarks = np.vstack([np.array(eyes, float), np.zeros((3, 2))])
    face = Face((110, 100, 260, 280), 1, landmarks, "yunet")
    crop, info = crop_face(marked(), face, 0.0, "eyes")
    assert info["alignment"] == "none" and crop.shape[0] == round(180 * 1.01)


def test_eye_cascade_on_a_real_face() -> None:
    image = data.astronaut()
    eyes, source = eyes_of(image, PORTRAIT)
    assert source == "eye cascade" and eyes is not None
    assert np.hypot(*(eyes - PORTRAIT_EYES).T).max() < 7  # 7 % of the face's side.
    turned = cv2.warpAffine(image, cv2.getRotationMatrix2D((225, 113), 15, 1), (512, 512))
    crop, info = crop_face(turned, PORTRAIT, 0.0, "eyes")
    assert info["alignment"] == "eyes" and info["eyes_from"] == "eye cascade"
    assert info["angle"] == pytest.approx(15, abs=6) and 70 < crop.shape[0] < 130


def test_no_eyes_no_alignment() -> None:
    flat = np.full((200, 200, 3), 120, np.uint8)
    _, info = crop_face(flat, Face((50, 50, 150, 150), 1, None, "haar"), 0.0, "eyes")
    assert info["alignment"] == "none" and info["eyes_from"] is None


def test_bad_requests() -> None:
    image = marked()
    face = whole_face(image)
    with pytest.raises(UserError, match="'none' or 'eyes'"):
        crop_face(image, face, alignment="nose")
    with pytest.raises(UserError, match="crop margin"):
        crop_face(image, face, margin=-1)
    for box in ((400, 10, 450, 60), (10, 10, 10, 10), (-60, 10, -10, 60)):
        with pytest.raises(ValueError, match="beside the image"):
            crop_face(image, Face(box, 1, None, "whole"))
