"""Cut a face out of a picture, framed as FER2013 frames its faces.

Measured on 1,500 training images of FER2013: Haar's frontal box covers 0.975 of the picture's side, so the square's
side is the box side x 1.03; YuNet's box covers 0.988 of the height, so the side is its height x 1.01; the eyes lie at
0.32 and 0.68 of the width and 0.39 of the height. Training, evaluation and upload all cut here.
"""

from __future__ import annotations

from typing import TypedDict

import cv2
import numpy as np

from fer_models.errors import UserError
from fer_models.faces.detect import DETECTORS, Face
from fer_models.faces.eyes import find_eyes
from fer_models.faces.image import resize
from fer_models.faces.whole import whole_face

__all__ = ["ALIGNMENTS", "LEFT_EYE", "RIGHT_EYE", "CropInfo", "crop_face", "eyes_of", "face_square", "whole_face"]

ALIGNMENTS = ("none", "eyes")
#: Where the eyes on the picture's left and right come to lie, as parts of the crop's side (x, y), at margin 0.
LEFT_EYE = (0.32, 0.39)
RIGHT_EYE = (0.68, 0.39)
#: Larger crops are reduced to this side: no network here takes more, and a long thin image must not fill the memory.
MAX_SIDE = 1024
#: If the distance of the eyes implies a square this many times smaller or larger than the box's, the face is in
#: profile or the detections are not eyes; the upright square is safer.
_MAX_RATIO = 1.6


class CropInfo(TypedDict):
    """How a crop was cut.

    ``square``: left, top, right, bottom of the upright face square in pixels of the picture, may reach beyond it.
    ``alignment``: what was used, ``"none"`` or ``"eyes"``. ``eyes_from``: ``"landmarks"``, ``"eye cascade"`` or None.
    ``corners``: the crop's corners in the picture, clockwise from the top left, (x, y) each: what to draw.
    ``angle``: degrees by which the face was turned clockwise on screen to set it upright or to make its eyes level.
    """

    square: tuple[float, float, float, float]
    alignment: str
    eyes_from: str | None
    corners: list[tuple[float, float]]
    angle: float


def face_square(face: Face, margin: float = 0.0) -> tuple[float, float, float, float]:
    """Left, top, right, bottom in pixels of the square that frames a face as FER2013 does; may reach beyond the border.

    ``margin`` is the part of the side that is added on all sides together: 0.2 makes the side 1.2 times as long. A box
    of the detector ``"whole"``, or of one that is not registered, is enclosed by a square of its longest side.

    Example:
        >>> face_square(Face((0.0, 0.0, 40.0, 60.0), 1.0), margin=0.5)
        (-25.0, -15.0, 65.0, 75.0)
    """
    left, top, right, bottom = face.box
    if face.detector in DETECTORS and face.detector != "whole":
        side = face.height * DETECTORS[face.detector].square_scale
    else:
        side = max(face.width, face.height)
    half = side * (1 + margin) / 2
    x, y = (left + right) / 2, (top + bottom) / 2
    return x - half, y - half, x + half, y + half


def crop_face(
    image: np.ndarray, face: Face, margin: float = 0.0, alignment: str = "none"
) -> tuple[np.ndarray, CropInfo]:
    """Cut a face out as uint8 RGB (S, S, 3) at the picture's own resolution, S at most :data:`MAX_SIDE`.

    What lies beyond the picture's border repeats its edge. With alignment ``"eyes"`` the face is turned, scaled and
    shifted until its eyes lie at :data:`LEFT_EYE` and :data:`RIGHT_EYE` (drawn towards the centre by the margin); the
    eyes are the detector's landmarks, else those of the eye cascade; without either, the upright square is cut.

    Raises:
        UserError: If ``alignment`` is neither ``"none"`` nor ``"eyes"``, or the margin is not in (-1, 10].
        ValueError: If the box has no area or lies beside the picture.

    Example:
        >>> image = np.zeros((120, 160, 3), np.uint8)
        >>> crop, info = crop_face(image, Face((40.0, 30.0, 100.0, 90.0), 1.0), margin=0.2)
        >>> crop.shape, info["alignment"]
        ((72, 72, 3), 'none')
    """
    if alignment not in ALIGNMENTS:
        raise UserError(f"Alignment is 'none' or 'eyes', not {alignment!r}.")
    if not -1 < margin <= 10:
        raise UserError(f"The crop margin must lie above -1 and not above 10, not {margin}.")
    square = face_square(face, margin)
    height, width = image.shape[:2]
    if not (square[0] < square[2] and square[0] < width and square[1] < height and square[2] > 0 and square[3] > 0):
        raise ValueError(f"the face box {face.box} lies beside the image of {width} x {height} pixels")
    if alignment == "eyes":
        eyes, eyes_from = eyes_of(image, face)
        if eyes is not None:
            aligned = _cut_aligned(image, eyes, face, margin)
            if aligned is not None:
                crop, corners, angle = aligned
                return crop, CropInfo(
                    square=square, alignment="eyes", eyes_from=eyes_from, corners=corners, angle=angle
                )
    crop, corners = _cut_upright(image, face, square)
    return crop, CropInfo(square=square, alignment="none", eyes_from=None, corners=corners, angle=-face.angle or 0.0)


def eyes_of(image: np.ndarray, face: Face) -> tuple[np.ndarray | None, str | None]:
    """Eye centres (2, 2), left one in the image first, in pixels, and their source: landmarks or the eye cascade.

    Both are None when the detector gives no landmarks and the cascade does not find both eyes.
    """
    if face.landmarks is not None:
        return np.asarray(face.landmarks[:2], dtype=np.float64), "landmarks"
    crop, corners = _cut_upright(image, face, face_square(face))
    eyes = find_eyes(crop)
    if eyes is None:
        return None, None
    corner, across, down = np.array(corners[0]), np.array(corners[1]), np.array(corners[3])
    return corner + eyes[:, :1] * (across - corner) + eyes[:, 1:] * (down - corner), "eye cascade"


def _right_of(face: Face) -> np.ndarray:
    """The unit vector from the face's left edge to its right one, as it lies in the picture."""
    angle = np.radians(face.angle)
    return np.array([np.cos(angle), np.sin(angle)])


def _cut_upright(
    image: np.ndarray, face: Face, square: tuple[float, float, float, float]
) -> tuple[np.ndarray, list[tuple[float, float]]]:
    """The square of a face, set upright if the face is turned, and its corners in the picture."""
    left, top, right, bottom = square
    if face.angle:
        centre = np.array([(left + right) / 2, (top + bottom) / 2])
        return _cut_turned(image, centre, _right_of(face), right - left)
    return _cut_square(image, square), [(left, top), (right, top), (right, bottom), (left, bottom)]


def _cut_square(image: np.ndarray, square: tuple[float, float, float, float]) -> np.ndarray:
    left, top = round(square[0]), round(square[1])
    side = max(1, round(square[2] - square[0]))
    height, width = image.shape[:2]
    # The part inside the picture; at least one pixel, where rounding pushed a thin overlap out.
    x0, x1 = min(max(left, 0), width - 1), max(min(left + side, width), 1)
    y0, y1 = min(max(top, 0), height - 1), max(min(top + side, height), 1)
    scale = min(1.0, MAX_SIDE / side)
    size = max(1, round(side * scale))
    before_x, before_y = round((x0 - left) * scale), round((y0 - top) * scale)
    columns = min(max(1, round((x1 - x0) * scale)), size - before_x)
    rows = min(max(1, round((y1 - y0) * scale)), size - before_y)
    inside = resize(image[y0:y1, x0:x1], (rows, columns))
    pad = ((before_y, size - rows - before_y), (before_x, size - columns - before_x), (0, 0))
    return np.pad(inside, pad, mode="edge")


def _cut_aligned(
    image: np.ndarray, eyes: np.ndarray, face: Face, margin: float
) -> tuple[np.ndarray, list[tuple[float, float]], float] | None:
    """The crop, its corners and its angle, or None when the eyes do not fit the box."""
    across = eyes[1] - eyes[0]
    distance = float(np.hypot(*across))
    side = distance / (RIGHT_EYE[0] - LEFT_EYE[0]) * (1 + margin)
    square = face_square(face, margin)
    ratio = side / (square[2] - square[0])
    # The detector guesses eyes beyond the border: such a face is cut off.
    inside = (eyes >= 0).all() and (eyes < image.shape[1::-1]).all()
    if not inside or across @ _right_of(face) <= 0 or not 1 / _MAX_RATIO < ratio < _MAX_RATIO:
        return None
    right = across / distance  # Unit vectors of the crop's axes in the picture.
    down = np.array([-right[1], right[0]])
    # Between the eyes, the crop's centre lies this far below, before the margin widens the frame around the centre.
    centre = eyes.mean(axis=0) + down * (0.5 - LEFT_EYE[1]) * side / (1 + margin)
    crop, corners = _cut_turned(image, centre, right, side)
    return crop, corners, -float(np.degrees(np.arctan2(across[1], across[0])))


def _cut_turned(
    image: np.ndarray, centre: np.ndarray, right: np.ndarray, side: float
) -> tuple[np.ndarray, list[tuple[float, float]]]:
    """A square around ``centre`` whose upper edge runs along the unit vector ``right``, and its corners."""
    down = np.array([-right[1], right[0]])
    size = max(1, min(MAX_SIDE, round(side)))
    corner = centre - (right + down) * side / 2
    step = side / size
    # From crop pixels to picture pixels; pixel centres lie at half coordinates.
    to_picture = np.column_stack([right * step, down * step, corner + (right + down) * step / 2 - 0.5])
    if step > 1:
        # Average before sampling, so that reducing does not alias.
        image = cv2.GaussianBlur(image, (0, 0), step / 2)
    crop = cv2.warpAffine(
        image, to_picture, (size, size), flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE
    )
    ends = [corner, corner + right * side, corner + (right + down) * side, corner + down * side]
    return crop, [(float(x), float(y)) for x, y in ends]
