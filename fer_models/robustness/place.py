"""A face that is not where the network expects it: turned, smaller or larger, shifted."""

from __future__ import annotations

from abc import abstractmethod
from typing import Annotated

import cv2
import numpy as np
from pydantic import Field

from fer_models.robustness.corruption import Corruption, register_corruption
from fer_models.robustness.geometry import FaceGeometry
from fer_models.settings import checked


class Movement(Corruption):
    """An affine map of the picture; what comes from outside repeats the edge."""

    family = "place"

    @abstractmethod
    def matrix(self, height: int, width: int, strength: float) -> np.ndarray:
        """Affine map (2, 3) from the clean picture's pixels to the corrupted one's."""

    def _change(self, image: np.ndarray, strength: float, seed: int, geometry: FaceGeometry) -> np.ndarray:
        return self._warp(image, strength)

    def move(self, heatmap: np.ndarray, strength: float) -> np.ndarray:
        return heatmap if strength == self.neutral else self._warp(heatmap.astype(np.float32), strength)

    def _warp(self, picture: np.ndarray, strength: float) -> np.ndarray:
        height, width = picture.shape[:2]
        matrix = self.matrix(height, width, strength)
        return cv2.warpAffine(picture, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


@register_corruption("rotation")
class Rotation(Movement):
    """About the picture's centre."""

    title = "Rotation"
    summary = "The face turned in the image plane, clockwise on the screen; negative angles turn it the other way."
    unit = "degrees"
    low, high, neutral = -90.0, 90.0, 0.0
    severities = (8.0, 15.0, 25.0, 35.0, 45.0)

    def matrix(self, height: int, width: int, strength: float) -> np.ndarray:
        return cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), -strength, 1)

    def opposite(self, strength: float) -> float | None:
        return -strength


@register_corruption("scale")
class Scale(Movement):
    """About the picture's centre."""

    title = "Scale"
    summary = "The face framed too wide (below 1) or too tight (above 1)."
    unit = "times as large"
    low, high, neutral = 0.3, 3.0, 1.0
    severities = (1.12, 1.25, 1.4, 1.6, 1.85)

    def matrix(self, height: int, width: int, strength: float) -> np.ndarray:
        return cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), 0, strength)

    def opposite(self, strength: float) -> float | None:
        return 1 / strength


@register_corruption("shift")
@checked("Shift")
class Shift(Movement):
    """Along one direction."""

    direction: Annotated[float, Field(description="Degrees clockwise on the screen from the right.")] = 0.0

    title = "Shift"
    summary = "The face off centre; negative strengths shift it the other way."
    unit = "% of the side"
    low, high, neutral = -50.0, 50.0, 0.0
    severities = (5.0, 10.0, 16.0, 23.0, 30.0)

    def matrix(self, height: int, width: int, strength: float) -> np.ndarray:
        length, angle = strength / 100 * max(height, width), np.radians(self.direction)
        return np.array([[1, 0, length * np.cos(angle)], [0, 1, length * np.sin(angle)]])

    def opposite(self, strength: float) -> float | None:
        return -strength
