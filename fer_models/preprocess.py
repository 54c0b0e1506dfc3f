"""What happens to a face between its pixels and the network: one object for training, evaluation and upload."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import numpy as np
import torch
from pydantic import AfterValidator, Field
from torch import Tensor

from fer_models.arrays import LUMA
from fer_models.faces.image import Interpolation, resize
from fer_models.settings import checked, from_values, shown


def _grey_or_colour(channels: int) -> int:
    if channels not in (1, 3):
        raise ValueError(f"channels must be 1 or 3, not {shown(channels)}.")
    return channels


#: One number for each of R, G and B; JSON lists become tuples.
_Colours = Annotated[tuple[float, float, float], Field(strict=False)]
_Spreads = Annotated[
    tuple[Annotated[float, Field(gt=0)], Annotated[float, Field(gt=0)], Annotated[float, Field(gt=0)]],
    Field(strict=False),
]


@checked("Preprocessing")
class Preprocess:
    """Size, colour and scale of a network's input, and how a face is cut from a picture.

    The input is ``(pixel / 255 - mean) / std``, [-1, 1] by default. ``mean`` and ``std`` are one number for all
    channels, or three for R, G and B.

    Raises:
        UserError: If a value is not possible; the message names the field.

    Example:
        >>> batch = Preprocess(size=48, channels=1)([np.full((64, 64, 3), 255, np.uint8)])
        >>> batch.shape, float(batch.max())
        (torch.Size([1, 1, 48, 48]), 1.0)
        >>> imagenet = Preprocess(size=224, channels=3, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
        >>> imagenet.formula
        '(pixel / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]'
    """

    size: Annotated[int, Field(ge=8, le=1024, description="Side of the square input, in pixels.")] = 48
    channels: Annotated[
        int, AfterValidator(_grey_or_colour), Field(description="1 is grey, 3 is RGB; a grey image is repeated.")
    ] = 1
    mean: Annotated[float | _Colours, Field(description="Subtracted, on the scale of pixels in [0, 1].")] = 0.5
    std: Annotated[
        Annotated[float, Field(gt=0)] | _Spreads, Field(description="Divided by, on the scale of pixels in [0, 1].")
    ] = 0.5
    crop_margin: Annotated[
        float,
        Field(description="Part of the face square's side added on all sides together; 0 is the framing of FER2013."),
    ] = 0.0
    alignment: Annotated[
        Literal["none", "eyes"], Field(description="The upright square, or eyes brought to fixed places.")
    ] = "none"
    interpolation: Annotated[
        Interpolation,
        Field(description="How the crop is brought to the size: cubic, areas averaged to shrink; or bilinear."),
    ] = "cubic"

    def __post_init__(self) -> None:
        if self.channels == 1 and not (isinstance(self.mean, float) and isinstance(self.std, float)):
            raise ValueError("mean and std of a grey input are one number each, not three.")

    @property
    def formula(self) -> str:
        """How a pixel becomes a number of the input, for people."""
        return f"(pixel / 255 - {_number(self.mean)}) / {_number(self.std)}"

    @property
    def black(self) -> Tensor:
        """A black pixel on the network's scale, float32 (C, 1, 1)."""
        return self.scale(torch.zeros(self.channels, 1, 1))

    @property
    def white(self) -> Tensor:
        """A white pixel on the network's scale, float32 (C, 1, 1)."""
        return self.scale(torch.full((self.channels, 1, 1), 255))

    def stored(self, image: np.ndarray) -> np.ndarray:
        """Bring one uint8 picture (H, W), (H, W, 1) or (H, W, 3) to uint8 (size, size, channels)."""
        if image.ndim == 2:
            image = image[..., None]
        if self.channels == 1 and image.shape[2] == 3:
            image = np.rint(image.astype(np.float32) @ np.asarray(LUMA, np.float32)).astype(np.uint8)[..., None]
        if image.shape[:2] != (self.size, self.size):
            image = resize(image, self.size, self.interpolation).reshape(self.size, self.size, -1)
        if self.channels == 3 and image.shape[2] == 1:
            image = np.repeat(image, 3, axis=2)
        return np.ascontiguousarray(image)

    def scale(self, batch: Tensor) -> Tensor:
        """Map pixels 0..255 of any dtype, (..., C, H, W), to the network's float32 scale on the same device."""
        scaled = batch.float()
        if isinstance(self.mean, float) and isinstance(self.std, float):
            return scaled.mul_(1 / (255 * self.std)).sub_(self.mean / self.std)
        for channel in range(self.channels):  # plain numbers: a recorded graph of a GPU cannot copy from the host
            mean, std = _of_channel(self.mean, channel), _of_channel(self.std, channel)
            scaled[..., channel, :, :].mul_(1 / (255 * std)).sub_(mean / std)
        return scaled

    def __call__(self, images: Sequence[np.ndarray] | np.ndarray) -> Tensor:
        """Network input (B, C, size, size), float32, from uint8 pictures (H, W), (H, W, 1) or (H, W, 3)."""
        batch = np.stack([self.stored(image) for image in images])
        return self.scale(torch.from_numpy(batch).permute(0, 3, 1, 2)).contiguous()

    def to_dict(self) -> dict[str, Any]:
        """As JSON; without ``interpolation`` where it is the usual one."""
        values = dataclasses.asdict(self)
        if self.interpolation == "cubic":  # the identity of a checkpoint is made from this
            del values["interpolation"]
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}

    @classmethod
    def from_dict(cls, values: Any) -> Preprocess:
        """From JSON.

        Raises:
            UserError: If a field is unknown or out of range.
        """
        return from_values(cls, values)


def _of_channel(value: float | tuple[float, ...], channel: int) -> float:
    return value[channel] if isinstance(value, tuple) else value


def _number(value: float | tuple[float, ...]) -> str:
    return f"[{', '.join(f'{part:g}' for part in value)}]" if isinstance(value, tuple) else f"{value:g}"
