"""A face, the base class of detectors, and their registry."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import ClassVar

import cv2
import numpy as np

from fer_models.faces.image import resize
from fer_models.registry import Registry


@dataclass(frozen=True)
class Face:
    """One face in a picture.

    Args:
        box: left, top, right, bottom in pixels of the picture; may reach beyond its border.
        score: confidence in [0, 1]; each detector documents its own scale.
        landmarks: (5, 2) float32, x and y in pixels: the eye on the picture's left, the eye on its right, the nose,
            the mouth corner on the left and on the right; or None.
        detector: key of the detector in :data:`DETECTORS`.
        angle: degrees by which the face is turned clockwise on screen. The sides of ``box`` are those of the face set
            upright; the box lies around the face's centre.

    Example:
        >>> face = Face((10.0, 20.0, 60.0, 90.0), 0.9)
        >>> face.width, face.height
        (50.0, 70.0)
    """

    box: tuple[float, float, float, float]
    score: float
    landmarks: np.ndarray | None = field(default=None, compare=False)
    detector: str = "whole"
    angle: float = 0.0

    @property
    def tilt(self) -> float | None:
        """Degrees clockwise, in [-180, 180), from ``angle`` to the line of the eyes; None without landmarks."""
        if self.landmarks is None:
            return None
        x, y = np.asarray(self.landmarks[1] - self.landmarks[0], np.float64)
        return float((np.degrees(np.arctan2(y, x)) - self.angle + 180) % 360 - 180)

    @property
    def width(self) -> float:
        """Width of the box in pixels."""
        return self.box[2] - self.box[0]

    @property
    def height(self) -> float:
        """Height of the box in pixels."""
        return self.box[3] - self.box[1]

    @property
    def area(self) -> float:
        """Area of the box in square pixels."""
        return self.width * self.height


class Detector(ABC):
    """Finds faces. One instance serves all threads: a detector that is not thread-safe holds a lock.

    ``square_scale`` is the side of FER2013's framing as a part of the box height (see :func:`.align.face_square`).
    """

    title: ClassVar[str]
    summary: ClassVar[str]
    source: ClassVar[str]
    square_scale: ClassVar[float]
    default_threshold: ClassVar[float]

    @abstractmethod
    def detect(self, image: np.ndarray, min_size: float, score_threshold: float) -> list[Face]:
        """Faces of a uint8 RGB picture (H, W, 3), in any order.

        Boxes narrower than ``min_size`` pixels and scores below ``score_threshold`` may be left out early; the caller
        drops the rest.
        """

    def available(self) -> bool:
        """Whether everything that the detector needs is on this machine."""
        return True


DETECTORS: Registry[type[Detector]] = Registry("face detector")


def to_longest_side(image: np.ndarray, longest: int, at_least: int = 0) -> tuple[np.ndarray, float]:
    """A copy whose longest side is ``at_least`` to ``longest`` pixels, and its scale (copy / original)."""
    side = max(image.shape[:2])
    scale = min(1.0, longest / side) if side > at_least else at_least / side
    height, width = (max(1, round(length * scale)) for length in image.shape[:2])
    return resize(image, (height, width)), scale


def turned(image: np.ndarray, degrees: float) -> tuple[np.ndarray, np.ndarray]:
    """An image turned counterclockwise on a canvas that holds all of it, and the affine map (2, 3) back.

    Args:
        image: (H, W) or (H, W, C).
        degrees: Quarter turns keep every pixel; other angles are interpolated, and the border repeats.

    Example:
        >>> turned(np.zeros((20, 30), np.uint8), 90)[0].shape
        (30, 20)
    """
    height, width = image.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    cosine, sine = abs(matrix[0, 0]), abs(matrix[0, 1])
    size = (round(height * sine + width * cosine), round(height * cosine + width * sine))
    matrix[:, 2] += np.array(size) / 2 - (width / 2, height / 2)
    back = cv2.invertAffineTransform(matrix)
    if degrees % 90 == 0:
        return np.ascontiguousarray(np.rot90(image, round(degrees / 90))), back
    return cv2.warpAffine(image, matrix, size, borderMode=cv2.BORDER_REPLICATE), back
