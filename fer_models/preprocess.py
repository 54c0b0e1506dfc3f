"""What happens to a face between its pixels and the network: one object for training, evaluation and upload."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import numpy as np
import torch
from pydantic import AfterValidator, Field
from torch import Tensor

from fer_models.faces.image import resize
from fer_models.settings import checked, from_values, shown

#: Rec. 601 luma, the weights by which OpenCV and Pillow turn RGB to grey.
_LUMA = (0.299, 0.587, 0.114)


def _grey_or_colour(channels: int) -> int:
    if channels not in (1, 3):
        raise ValueError(f"channels must be 1 or 3, not {shown(channels)}.")
    return channels


@checked("Preprocessing")
class Preprocess:
    """Size, colour and scale of a network's input, and how a face is cut from a picture.

    The input is ``(pixel / 255 - mean) / std`` for every channel.

    Raises:
        UserError: If a value is not possible; the message names the field.

    Example:
        >>> batch = Preprocess(size=48, channels=1)([np.full((64, 64, 3), 255, np.uint8)])
        >>> batch.shape, float(batch.max())
        (torch.Size([1, 1, 48, 48]), 1.0)
    """

    size: Annotated[int, Field(ge=8, le=1024, description="Side of the square input, in pixels.")] = 48
    channels: Annotated[
        int, AfterValidator(_grey_or_colour), Field(description="1 is grey, 3 is RGB; a grey picture is repeated.")
    ] = 1
    mean: Annotated[float, Field(description="Subtracted, on the scale of pixels in [0, 1].")] = 0.5
    std: Annotated[float, Field(gt=0, description="Divided by, on the scale of pixels in [0, 1].")] = 0.5
    crop_margin: Annotated[
        float,
        Field(description="Part of the face square's side added on all sides together; 0 is the framing of FER2013."),
    ] = 0.0
    alignment: Annotated[
        Literal["none", "eyes"], Field(description="The upright square, or eyes brought to fixed places.")
    ] = "none"

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
    def from_dict(cls, values: Any) -> Preprocess:
        """From JSON.

        Raises:
            UserError: If a field is unknown or out of range.
        """
        return from_values(cls, values)
