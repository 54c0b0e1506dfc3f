"""What a corruption is, and the registry of all of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar

import numpy as np

from fer_models.errors import UserError
from fer_models.registry import Registry
from fer_models.robustness.geometry import FaceGeometry

#: The five severities; 0 is the unchanged image.
SEVERITIES = (1, 2, 3, 4, 5)


class Corruption(ABC):
    """One corruption of a face image, with one number for its strength.

    Strengths are relative to the picture's side, so that a crop of 48 and one of 480 pixels lose the same. An instance
    holds every other parameter, such as the position of a bar.

    Class attributes:
        key: its name in the registry.
        title: shown on a page.
        summary: one sentence, shown on a page.
        family: ``"light"``, ``"quality"``, ``"place"`` or ``"cover"``.
        unit: of the strength.
        low, high: range of the strength.
        neutral: strength at which nothing changes.
        severities: strengths of the severities 1 to 5, from mild to heavy; this project's own choice.

    Example:
        >>> from fer_models.robustness import CORRUPTIONS
        >>> blur = CORRUPTIONS.create("blur")
        >>> crop = np.eye(48, dtype=np.uint8)[..., None].repeat(3, axis=2) * 255
        >>> worse = blur.apply(crop, blur.strength(3))  # severity 3 of 5
        >>> worse.shape, bool(worse.max() < crop.max())
        ((48, 48, 3), True)
    """

    key: ClassVar[str]
    title: ClassVar[str]
    summary: ClassVar[str]
    family: ClassVar[str]
    unit: ClassVar[str]
    low: ClassVar[float]
    high: ClassVar[float]
    neutral: ClassVar[float]
    severities: ClassVar[tuple[float, float, float, float, float]]

    def apply(
        self, image: np.ndarray, strength: float, seed: int = 0, geometry: FaceGeometry | None = None
    ) -> np.ndarray:
        """A corrupted copy, uint8 RGB (H, W, 3); the same arguments give the same pixels on every machine.

        Args:
            image: uint8 RGB (H, W, 3), the crop of a face.
            strength: in [``low``, ``high``]; at ``neutral`` the picture comes back unchanged.
            seed: of what is random, such as noise.
            geometry: where eyes and mouth are; None trusts the framing of FER2013. Only covers read it.

        Raises:
            UserError: If the strength is out of range.
            ValueError: If the picture is not uint8 (H, W, 3).
        """
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
            raise ValueError(f"expected a uint8 RGB image (H, W, 3), got {image.dtype} {image.shape}")
        if not self.low <= strength <= self.high:
            raise UserError(
                f"The strength of {self.title.lower()} lies between {self.low:g} and {self.high:g}, not {strength:g}."
            )
        if strength == self.neutral:
            return image.copy()
        return self._change(image, float(strength), seed, geometry or FaceGeometry())

    @abstractmethod
    def _change(self, image: np.ndarray, strength: float, seed: int, geometry: FaceGeometry) -> np.ndarray:
        """The corrupted picture for a strength that is in range and not neutral."""

    def move(self, heatmap: np.ndarray, strength: float) -> np.ndarray:
        """Where a heatmap (H, W) of the clean picture lies on the corrupted one: itself, unless the face moves."""
        return heatmap

    def opposite(self, strength: float) -> float | None:
        """The equal strength in the opposite direction, such as the same angle to the left; None if there is none."""
        return None

    @classmethod
    def strength(cls, severity: int) -> float:
        """Strength of a severity, 0 (unchanged) to 5.

        Raises:
            UserError: If there is no such severity.
        """
        if severity == 0:
            return cls.neutral
        if severity not in SEVERITIES:
            raise UserError(f"Severities run from 0 (unchanged) to 5, not {severity}.")
        return cls.severities[severity - 1]


CORRUPTIONS: Registry[type[Corruption]] = Registry("corruption")


def by_family() -> tuple[str, ...]:
    """Keys of all corruptions: light, quality, place, cover, and by title in each family."""
    order = ("light", "quality", "place", "cover")
    return tuple(sorted(CORRUPTIONS, key=lambda key: (order.index(CORRUPTIONS[key].family), CORRUPTIONS[key].title)))


def register_corruption(key: str) -> Callable[[type[Corruption]], type[Corruption]]:
    """Class decorator: store the corruption in :data:`CORRUPTIONS` and set its ``key``."""

    def add(cls: type[Corruption]) -> type[Corruption]:
        cls.key = key
        return CORRUPTIONS.register(key)(cls)

    return add


def to_uint8(values: np.ndarray) -> np.ndarray:
    """Rounded and clipped to 0..255."""
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)
