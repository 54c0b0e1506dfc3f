"""Bring the map of a layer to the size of the picture."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from fer_models.errors import UserError


def upsample(maps: Tensor, size: tuple[int, int], mode: str = "bilinear") -> Tensor:
    """Bring maps (B, h, w) to (B, H, W).

    Raises:
        UserError: If ``mode`` is not ``"bilinear"`` or ``"nearest"``.
    """
    if mode not in ("bilinear", "nearest"):
        raise UserError(f"Maps are upsampled 'bilinear' or 'nearest', not {mode!r}.")
    corners = False if mode == "bilinear" else None
    return F.interpolate(maps[:, None], size=size, mode=mode, align_corners=corners)[:, 0]
