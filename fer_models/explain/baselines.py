"""Pictures without information, the reference for a pixel's contribution."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from fer_models.errors import UserError

#: The baselines by name.
BASELINES = ("black", "mean", "blurred", "mean face")
#: Their labels on a page, see ``Explainer.choices``.
BASELINE_CHOICE = ("Compared with", {name: name for name in BASELINES})


def baseline_picture(batch: Tensor, kind: str | Tensor, black: float | Tensor) -> Tensor:
    """A baseline for every picture of a batch, (B, C, H, W) on the network's scale.

    Args:
        kind: ``"black"``; ``"mean"``, every picture's own mean value everywhere; ``"blurred"``, the picture with a
            Gaussian of an eighth of its side, which hides all parts of the face; ``"mean face"``, the mean of drawn
            faces of all expressions, with the picture's own mean and contrast; or a picture (C, H, W) such as the mean
            face of a data set.
        black: value of a black pixel, one number or (C, 1, 1).

    Raises:
        UserError: If the name is unknown or the picture has another shape.
    """
    if isinstance(kind, Tensor):
        if kind.shape != batch.shape[1:]:
            raise UserError(f"The baseline image must be {tuple(batch.shape[1:])}, not {tuple(kind.shape)}.")
        return kind.to(batch).expand_as(batch)
    if kind == "black":
        return torch.as_tensor(black).to(batch).expand_as(batch)
    if kind == "mean":
        return batch.mean((2, 3), keepdim=True).expand_as(batch)
    if kind == "blurred":
        return blur(batch, max(batch.shape[2:]) / 8)
    if kind == "mean face":
        face = torch.from_numpy(_mean_face()).to(batch)[None, None]
        face = F.interpolate(face, size=tuple(batch.shape[2:]), mode="bilinear", align_corners=False)
        face = (face - face.mean()) / face.std()
        return batch.mean((2, 3), keepdim=True) + batch.std((2, 3), keepdim=True) * face
    raise UserError(f"There is no baseline {kind!r}; choose one of: {', '.join(BASELINES)}.")


def scramble(batch: Tensor, seed: int, tiles: int = 6) -> Tensor:
    """The pictures (B, C, H, W) cut into ``tiles`` x ``tiles`` squares, put back in an order drawn from ``seed``.

    Light, contrast and texture stay, the face is gone. Rows and columns that fill no tile stay where they are.

    Raises:
        UserError: If a picture is smaller than ``tiles`` pixels.
    """
    down, across = batch.shape[2] // tiles, batch.shape[3] // tiles
    if not down or not across:
        raise UserError(f"An image of {tuple(batch.shape[2:])} pixels cannot be cut into {tiles} x {tiles} tiles.")
    order = torch.randperm(tiles * tiles, generator=torch.Generator().manual_seed(seed)).to(batch.device)
    whole = batch[:, :, : down * tiles, : across * tiles]
    cut = whole.unflatten(3, (tiles, across)).unflatten(2, (tiles, down)).permute(0, 1, 2, 4, 3, 5).flatten(2, 3)
    mixed = cut[:, :, order].unflatten(2, (tiles, tiles)).permute(0, 1, 2, 4, 3, 5).reshape(whole.shape)
    result = batch.clone()
    result[:, :, : down * tiles, : across * tiles] = mixed
    return result


def blur(batch: Tensor, sigma: float) -> Tensor:
    """Gaussian blur of (B, C, H, W) with a standard deviation in pixels; the border repeats."""
    reach = max(1, math.ceil(3 * sigma))
    steps = torch.arange(-reach, reach + 1, dtype=batch.dtype, device=batch.device)
    kernel = torch.exp(-(steps**2) / (2 * sigma**2))
    kernel = kernel / kernel.sum()
    channels = batch.shape[1]
    padded = F.pad(batch, (reach, reach, reach, reach), mode="replicate")
    rows = F.conv2d(padded, kernel.view(1, 1, -1, 1).expand(channels, 1, -1, 1), groups=channels)
    return F.conv2d(rows, kernel.view(1, 1, 1, -1).expand(channels, 1, 1, -1), groups=channels)


@lru_cache(maxsize=1)
def _mean_face() -> np.ndarray:
    """float32 (96, 96), grey: four clear drawn faces of each emotion."""
    from fer_models.data.synthetic import SyntheticOptions, generate_face

    options = SyntheticOptions(count=28, size=96, seed=5, difficulty=0.2)
    faces = np.stack([generate_face(options, i).image[..., 0] for i in range(options.count)])
    return np.asarray(faces.mean(0), np.float32)
