"""Histograms of oriented gradients as one batched tensor operation, and the picture drawn from them."""

import math
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fer_models.arrays import LUMA
from fer_models.errors import UserError


def to_grey(x: Tensor) -> Tensor:
    """One grey channel from 1 or 3: (B, 1 or 3, H, W) to (B, 1, H, W).

    Raises:
        UserError: If there are 2 channels.
    """
    if x.shape[1] == 1:
        return x
    if x.shape[1] != 3:
        raise UserError(f"A grey image is made from 1 or 3 channels, not {x.shape[1]}.")
    red, green, blue = x.split(1, dim=1)
    return red * LUMA[0] + green * LUMA[1] + blue * LUMA[2]


class HOG(nn.Module):
    r"""Histograms of oriented gradients in cells of 8x8 pixels and blocks of 2x2 cells, float32 also under autocast.

    Gradients: :math:`G_x = I(r, c+1) - I(r, c-1)`, :math:`G_y = I(r-1, c) - I(r+1, c)`, borders replicated; magnitude
    :math:`\mu`; direction modulo 180 degrees. Each pixel votes :math:`\mu`, shared between the two nearest bin centres
    (10, 30, ..., 170 degrees). Blocks move by one cell and are divided by :math:`\sqrt{\|H\|^2 + \epsilon}`. Sides that
    are no multiple of the cell are continued by their last row or column.

    Args:
        cell: pixels a side.
        bins: directions.
        orientation: ``"full"`` takes the direction over 180 degrees; ``"paper"`` the printed :math:`|\arctan|`, which
            reaches 90 degrees only and leaves half of the bins empty.
        vote: ``"linear"`` between two bins, or ``"nearest"``, the bin that the direction falls into.
        eps: :math:`\epsilon`.

    Shape:
        - Input :math:`(B, 1, H, W)`, at least two cells a side; h, w = cells a side, rounded up.
        - :meth:`cells`: :math:`(B, 9, h, w)`. :meth:`blocks`: :math:`(B, 36, h-1, w-1)`, the histograms of the four
          cells in turn (top left, top right, bottom left, bottom right).
        - :meth:`forward`: the HOG picture :math:`(B, 1, H, W)` in [0, 1].

    Raises:
        UserError: If ``orientation`` or ``vote`` is unknown.

    Source:
        Jayaraman and Mahendran 2025, section on HOG; Dalal and Triggs, CVPR 2005. Direction over 180 degrees, linear
        votes, border and eps are our choice. The picture draws each cell as strokes along its edges, one a bin, as long
        as the cell and as strong as the bin's normalised value (mean over the blocks that hold the cell), and is
        divided by its maximum.
    """

    strokes: Tensor

    def __init__(
        self,
        cell: int = 8,
        bins: int = 9,
        orientation: Literal["full", "paper"] = "full",
        vote: Literal["linear", "nearest"] = "linear",
        eps: float = 1e-5,
    ):
        super().__init__()
        if orientation not in ("full", "paper") or vote not in ("linear", "nearest"):
            raise UserError("HOG: orientation is 'full' or 'paper', and vote is 'linear' or 'nearest'.")
        self.cell, self.bins, self.orientation, self.vote, self.eps = cell, bins, orientation, vote, eps
        self.register_buffer("strokes", _strokes(cell, bins), persistent=False)

    def cells(self, image: Tensor) -> Tensor:
        """Histograms (B, bins, h, w) before normalisation, sums of magnitudes."""
        image = F.pad(image, (0, -image.shape[3] % self.cell, 0, -image.shape[2] % self.cell), mode="replicate")
        padded = F.pad(image, (1, 1, 1, 1), mode="replicate")
        gx = padded[:, :, 1:-1, 2:] - padded[:, :, 1:-1, :-2]
        gy = padded[:, :, :-2, 1:-1] - padded[:, :, 2:, 1:-1]
        flat = (gx == 0) & (gy == 0)
        # A flat pixel has no direction and no vote; the 1 keeps its gradient finite.
        gx = torch.where(flat, 1.0, gx)
        magnitude = torch.where(flat, 0.0, torch.sqrt(gx * gx + gy * gy))
        angle = torch.atan2(gy, gx)
        if self.orientation == "paper":  # |arctan(gy / gx)|, in [0, 90] degrees
            angle = torch.minimum(angle.abs(), math.pi - angle.abs())
        position = angle * (self.bins / math.pi) - 0.5  # in bins; 0 at the first bin's centre, modulo bins
        centres = torch.arange(self.bins, device=image.device, dtype=image.dtype).reshape(1, -1, 1, 1)
        distance = torch.remainder(position - centres + self.bins / 2, self.bins) - self.bins / 2
        if self.vote == "linear":
            votes = magnitude * (1 - distance.abs()).clamp_min(0)
        else:
            votes = magnitude * ((distance >= -0.5) & (distance < 0.5))
        return F.avg_pool2d(votes, self.cell) * self.cell**2

    def blocks(self, cells: Tensor) -> Tensor:
        """Normalised blocks (B, 4 * bins, h - 1, w - 1) from :meth:`cells`."""
        corners = (cells[:, :, :-1, :-1], cells[:, :, :-1, 1:], cells[:, :, 1:, :-1], cells[:, :, 1:, 1:])
        block = torch.cat(corners, 1)
        return block / torch.sqrt((block * block).sum(1, keepdim=True) + self.eps)

    def forward(self, image: Tensor) -> Tensor:
        # Autocast casts products and convolutions only, and there are none here: float32 in stays float32.
        if image.dtype in (torch.float16, torch.bfloat16):
            image = image.float()
        height, width = image.shape[2:]
        parts = self.blocks(self.cells(image)).chunk(4, 1)
        # Return each block's four parts to their cells (left, right, top, bottom), and average where blocks overlap.
        shifts = ((0, 1, 0, 1), (1, 0, 0, 1), (0, 1, 1, 0), (1, 0, 1, 0))
        ones = torch.ones_like(parts[0][:1, :1])
        total = torch.stack([F.pad(part, shift) for part, shift in zip(parts, shifts, strict=True)]).sum(0)
        count = torch.stack([F.pad(ones, shift) for shift in shifts]).sum(0)
        strength = F.interpolate(total / count, scale_factor=self.cell, mode="nearest")  # (B, bins, H, W)
        strokes = self.strokes.to(strength.dtype).repeat(1, total.shape[2], total.shape[3])
        drawn = (strength * strokes).sum(1, keepdim=True)[:, :, :height, :width]
        return drawn / drawn.amax((2, 3), keepdim=True).clamp_min(1e-6)


def hog_picture(image: np.ndarray, orientation: Literal["full", "paper"] = "full") -> np.ndarray:
    """The HOG of one image as a picture: in each cell of 8 x 8 pixels the strokes of its edges.

    Args:
        image: uint8 (H, W), (H, W, 1) or (H, W, 3), sides from 16 pixels up.
        orientation: As :class:`HOG` takes it.

    Returns:
        uint8 (H, W); the strongest stroke is 255.

    Example:
        >>> hog_picture(np.zeros((48, 48, 1), np.uint8)).shape
        (48, 48)
    """
    array = np.array(image[..., None] if image.ndim == 2 else image)
    grey = to_grey(torch.from_numpy(array).permute(2, 0, 1)[None].float() / 255)
    return (HOG(orientation=orientation)(grey)[0, 0] * 255).round().byte().numpy()


def _strokes(cell: int, bins: int) -> Tensor:
    """Lines through a cell's centre along the edge of each bin's gradient: (bins, cell, cell) in [0, 1]."""
    # On the CPU, then to the device that is asked for: on the meta device, these imported the compiler of torch.
    with torch.device("cpu"):
        steps = torch.arange(cell, dtype=torch.float32) - (cell - 1) / 2
        up, right = -steps[:, None], steps[None, :]  # rows count downwards
        angles = (torch.arange(bins, dtype=torch.float32) + 0.5) * (math.pi / bins)
        cos, sin = angles.cos()[:, None, None], angles.sin()[:, None, None]
        across = (right * cos + up * sin).abs()  # along the gradient: distance from the edge line
        along = (up * cos - right * sin).abs()
        strokes = (1 - across).clamp(0, 1) * (cell / 2 + 0.5 - along).clamp(0, 1)
    return torch.empty(strokes.shape).copy_(strokes)
