"""What hides a part of the face: a mask, glasses, a hand, a bar. Drawn where eyes and mouth are."""

from __future__ import annotations

from abc import abstractmethod
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from fer_models.explain.face_parts.regions import EYES, Point, ellipse
from fer_models.robustness.corruption import Corruption, register_corruption, to_uint8
from fer_models.robustness.geometry import FaceGeometry
from fer_models.settings import checked

#: Sharpness of drawn edges: width of the transition as a part of the side, a pixel at FER2013's 48.
_EDGE = 1 / 48


def _slider(label: str, low: float, high: float) -> Any:
    return Field(title=label, ge=low, le=high)


class Cover(Corruption):
    """Paints one colour over a part of the face, in the template's coordinates (shares of FER2013's crop)."""

    family = "cover"

    @abstractmethod
    def cover(self, x: np.ndarray, y: np.ndarray, strength: float) -> np.ndarray:
        """How much each pixel is covered, float (H, W) in [0, 1]."""

    def colour(self, image: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """What covers, broadcastable to (H, W, 3), in 0..255."""
        return np.array((28.0, 28.0, 30.0))

    def _change(self, image: np.ndarray, strength: float, seed: int, geometry: FaceGeometry) -> np.ndarray:
        x, y = geometry.grid(*image.shape[:2])
        amount = np.clip(self.cover(x, y, strength), 0, 1)[..., None]
        return to_uint8(image * (1 - amount) + self.colour(image, x, y) * amount)


@register_corruption("mask")
@checked("Face mask")
class Mask(Cover):
    """A face mask of cloth, from the chin upwards.

    Args:
        across, down: moves the mask from the face's lower part, in shares of the side.
    """

    across: Annotated[float, _slider("Move right, share of the side", -0.6, 0.6)] = 0.0
    down: Annotated[float, _slider("Move down, share of the side", -0.8, 0.4)] = 0.0

    title = "Face mask"
    summary = "A cloth mask from the chin upwards; at 1 it hides everything below the eyes."
    unit = "share of the lower face"
    low, high, neutral = 0.0, 1.0, 0.0
    severities = (0.3, 0.5, 0.7, 0.85, 1.0)

    def cover(self, x: np.ndarray, y: np.ndarray, strength: float) -> np.ndarray:
        x, y = x - self.across, y - self.down
        top = 1.02 - strength * (1.02 - 0.50)
        # The upper edge sags from the nose towards the ears.
        upper = _soft(y - (top + 0.35 * (x - 0.49) ** 2))
        return upper * _inside(x, y, (0.49, 0.50), (0.45, 0.54))

    def colour(self, image: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        folds = 1 - 0.10 * (np.sin((y - self.down) * 2 * np.pi / 0.12) > 0.75)
        return np.array((178.0, 200.0, 214.0)) * folds[..., None]


@register_corruption("glasses")
class Glasses(Cover):
    """A frame with two lenses; what the strength darkens is the lenses."""

    title = "Glasses"
    summary = "Glasses with a dark frame; the lenses range from clear to sunglasses at 1."
    unit = "darkness of the lenses"
    low, high, neutral = 0.0, 1.0, 0.0
    severities = (0.1, 0.35, 0.6, 0.8, 1.0)

    def cover(self, x: np.ndarray, y: np.ndarray, strength: float) -> np.ndarray:
        outer, lens = np.zeros_like(x), np.zeros_like(x)
        for (ex, ey), outwards in zip(EYES, (-1, 1), strict=True):
            centre = (ex + outwards * 0.01, ey + 0.02)
            outer = np.maximum(outer, _inside(x, y, centre, (0.165, 0.125)))
            lens = np.maximum(lens, _inside(x, y, centre, (0.140, 0.100)))
        level = EYES[0][1] - 0.005
        bar = _soft(0.016 - np.abs(y - level)) * (np.abs(x - 0.4935) < 0.44)  # bridge and sides; lenses hide the rest
        frame = np.maximum(outer - lens, bar * (1 - lens))
        return np.maximum(frame, lens * strength)


@register_corruption("hand")
@checked("Hand")
class Hand(Cover):
    """A palm with four fingers that comes from below on one side and reaches over the mouth, in the face's own colour.

    Args:
        side: 1 for the picture's right, -1 for its left.
    """

    side: Annotated[float, _slider("Side: left -1, right 1", -1.0, 1.0)] = 1.0

    title = "Hand"
    summary = "A hand over mouth and cheek, in the face's own colour; at 1 it reaches the eyes."
    unit = "share of the way up"
    low, high, neutral = 0.0, 1.0, 0.0
    severities = (0.3, 0.45, 0.6, 0.8, 1.0)

    def _parts(self, x: np.ndarray, y: np.ndarray, strength: float) -> tuple[np.ndarray, np.ndarray]:
        x = np.where(self.side >= 0, x, 0.98 - x)  # The template's middle is at 0.49.
        rise = 0.75 * (1 - strength)
        palm = _inside(x, y, (0.72, 0.95 + rise), (0.26, 0.30))
        fingers, gaps = np.zeros_like(x), np.zeros_like(x)
        for number in range(4):
            finger = _capsule(x, y, (0.88 - 0.13 * number, 0.82 + rise), (0.62 - 0.13 * number, 0.40 + rise), 0.070)
            gaps = np.maximum(gaps, np.minimum(fingers, finger))
            fingers = np.maximum(fingers, finger)
        return np.maximum(palm, fingers), gaps

    def cover(self, x: np.ndarray, y: np.ndarray, strength: float) -> np.ndarray:
        return self._parts(x, y, strength)[0]

    def _change(self, image: np.ndarray, strength: float, seed: int, geometry: FaceGeometry) -> np.ndarray:
        x, y = geometry.grid(*image.shape[:2])
        cover, gaps = self._parts(x, y, strength)
        cheeks = ellipse(x, y, (0.25, 0.60), (0.10, 0.10)) | ellipse(x, y, (0.73, 0.60), (0.10, 0.10))
        skin = np.median(image[cheeks], axis=0) if cheeks.any() else image.mean((0, 1))
        # Shadows where fingers meet and at the hand's rim, so that a hand of the face's tone has a shape.
        rim = 4 * cover * (1 - cover)
        painted = skin * 0.92 * (1 - 0.35 * np.clip(gaps + rim, 0, 1))[..., None]
        amount = cover[..., None]
        return to_uint8(image * (1 - amount) + painted * amount)


@register_corruption("bar")
@checked("Bar")
class Bar(Cover):
    """A black bar, by default over the eyes as in old newspapers.

    Args:
        across, down: its centre in shares of the side.
        length: in shares of the side.
        angle: degrees clockwise.
    """

    across: Annotated[float, _slider("Centre, from the left", 0.0, 1.0)] = 0.49
    down: Annotated[float, _slider("Centre, from the top", 0.0, 1.0)] = 0.39
    length: Annotated[float, _slider("Length", 0.05, 1.5)] = 0.90
    angle: Annotated[float, _slider("Angle, degrees", -90.0, 90.0)] = 0.0

    title = "Bar"
    summary = "A black bar over the eyes that grows thicker; it can be moved and turned."
    unit = "thickness as a share of the side"
    low, high, neutral = 0.0, 1.0, 0.0
    severities = (0.06, 0.12, 0.20, 0.30, 0.42)

    def cover(self, x: np.ndarray, y: np.ndarray, strength: float) -> np.ndarray:
        turn = np.radians(self.angle)
        along = (x - self.across) * np.cos(turn) + (y - self.down) * np.sin(turn)
        off = (y - self.down) * np.cos(turn) - (x - self.across) * np.sin(turn)
        return _soft(self.length / 2 - np.abs(along)) * _soft(strength / 2 - np.abs(off))


def _soft(distance: np.ndarray) -> np.ndarray:
    """1 inside (positive distance), 0 outside, with a narrow ramp."""
    return np.clip(distance / _EDGE + 0.5, 0, 1)


def _inside(x: np.ndarray, y: np.ndarray, centre: Point, radii: Point) -> np.ndarray:
    """An ellipse with a soft rim."""
    return _soft((1 - np.hypot((x - centre[0]) / radii[0], (y - centre[1]) / radii[1])) * min(radii))


def _capsule(
    x: np.ndarray, y: np.ndarray, start: tuple[float, float], end: tuple[float, float], radius: float
) -> np.ndarray:
    """A thick line with round ends."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    part = np.clip(((x - start[0]) * dx + (y - start[1]) * dy) / (dx * dx + dy * dy), 0, 1)
    return _soft(radius - np.hypot(x - start[0] - part * dx, y - start[1] - part * dy))
