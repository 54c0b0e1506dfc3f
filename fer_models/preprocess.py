"""What happens to a face between its pixels and the network: one object for training, evaluation and upload."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from fer_models.errors import UserError
from fer_models.faces.image import resize

#: Rec. 601 luma, the weights by which OpenCV and Pillow turn RGB to grey.
_LUMA = (0.299, 0.587, 0.114)


@dataclass(frozen=True)
class Preprocess:
    """Size, colour and scale of a network's input, and how a face is cut from a picture.

    Args:
        size: side of the square input in pixels.
        channels: 1 (grey) or 3 (RGB; a grey picture is repeated).
        mean, std: on the scale of pixels in [0, 1]; the input is ``(pixel / 255 - mean) / std`` for every channel.
        crop_margin: part of the face square's side that is added on all sides together, 0 for the framing of FER2013.
        alignment: ``"none"`` (the upright square) or ``"eyes"`` (eyes brought to fixed places).

    Example:
        >>> batch = Preprocess(size=48, channels=1)([np.full((64, 64, 3), 255, np.uint8)])
        >>> batch.shape, float(batch.max())
        (torch.Size([1, 1, 48, 48]), 1.0)
    """

    size: int = 48
    channels: int = 1
    mean: float = 0.5
    std: float = 0.5
    crop_margin: float = 0.0
    alignment: str = "none"

    def __post_init__(self) -> None:
        if self.channels not in (1, 3):
            raise UserError(f"A network input has 1 or 3 channels here, not {self.channels}.")
        if not 8 <= self.size <= 1024:
            raise UserError(f"The input size must lie between 8 and 1024 pixels, not {self.size}.")
        if self.std <= 0:
            raise UserError(f"The standard deviation of the pixel scale must be positive, not {self.std}.")
        if self.alignment not in ("none", "eyes"):
            raise UserError(f"Alignment is 'none' or 'eyes', not {self.alignment!r}.")

    def stored(self, image: np.ndarray) -> np.ndarray:
        """Bring one uint8 picture (H, W), (H, W, 1) or (H, W, 3) to uint8 (size, size, channels)."""
        if image.ndim == 2:
            image = image[..., None]
        if self.channels == 1 and image.shape[2] == 3:
            image = np.rint(image.astype(np.float32) @ np.asarray(_LUMA, np.float32)).astype(np.uint8)[..., None]
        if image.shape[:2] != (self.size, self.size):
            image = resize(image, self.size).reshape(self.size, self.size, -1)
        if self.channels == 3 and image.shape[2] == 1:
            image = np.repeat(image, 3, axis=2)
        return np.ascontiguousarray(image)

    def scale(self, batch: Tensor) -> Tensor:
        """Map pixels 0..255 of any dtype, (B, C, H, W), to the network's float32 scale on the same device."""
        return batch.float().mul_(1 / (255 * self.std)).sub_(self.mean / self.std)

    def __call__(self, images: Sequence[np.ndarray] | np.ndarray) -> Tensor:
        """Network input (B, C, size, size), float32, from uint8 pictures (H, W), (H, W, 1) or (H, W, 3)."""
        batch = np.stack([self.stored(image) for image in images])
        return self.scale(torch.from_numpy(batch).permute(0, 3, 1, 2)).contiguous()

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Preprocess:
        """From JSON.

        Raises:
            UserError: If a field is unknown or out of range.
        """
        known = {f.name for f in dataclasses.fields(cls)}
        if unknown := sorted(set(values) - known):
            raise UserError(f"Unknown preprocessing fields {unknown}; known are {sorted(known)}.")
        return cls(**values)
