"""SLDCNN's spatial unit: one gate a pixel from every map of a dense block."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from fer_models.attention.base import AttentionTap
from fer_models.errors import UserError


class DilatedSpatial(nn.Module):
    r"""Spatial attention over the maps :math:`H^0..H^L` that a dense block concatenates.

    Each map's channel mean and maximum pass a dilated convolution (one for all maps), a 1x1 convolution mixes the
    results to one map, a sigmoid makes the gate :math:`m`, and the output is :math:`(1 + m)\,G`.

    Args:
        sections: channels of each map, in the order of concatenation; their sum is C.
        kernel_size: odd side of the dilated window.
        dilation: its step.
        maps: outputs of the convolution a map.
        residual: ``False`` gives :math:`m\,G`.
        shared: one convolution for all maps; ``False`` gives each its own.

    Shape:
        - Input :math:`(B, C, H, W)`. Output: the same shape.
        - :meth:`gate`: :math:`(B, 1, H, W)`, unitless, in (0, 1).

    Raises:
        UserError: If ``kernel_size`` is even, or a number is not positive.

    Example:
        >>> DilatedSpatial([4, 2, 2]).gate(torch.rand(2, 8, 12, 12)).shape
        torch.Size([2, 1, 12, 12])

    Source:
        Li et al. 2025, eq. 17-24. Kernel 3, dilation 3 and one map are our choice. Table 1 names kernel 7x7, padding 3
        and sigmoid together, which would be ``kernel_size=7, dilation=1``; it may mean the stem.
    """

    def __init__(
        self,
        sections: Sequence[int],
        kernel_size: int = 3,
        dilation: int = 3,
        maps: int = 1,
        *,
        residual: bool = True,
        shared: bool = True,
    ):
        super().__init__()
        if kernel_size % 2 == 0 or min(kernel_size, dilation, maps, *sections) < 1:
            raise UserError("The dilated spatial unit needs an odd kernel, and positive dilation, maps and sections.")
        self.sections, self.maps = list(sections), maps
        self.residual, self.shared = residual, shared
        count = len(self.sections)
        groups = 1 if shared else count
        padding = dilation * (kernel_size // 2)
        self.conv = nn.Conv2d(
            2 * groups, maps * groups, kernel_size, padding=padding, dilation=dilation, groups=groups, bias=False
        )
        self.mix = nn.Conv2d(count * maps, 1, 1, bias=False)
        self.tap = AttentionTap("spatial", "dilated spatial gate")

    def gate(self, x: Tensor) -> Tensor:
        """Gate (B, 1, H, W)."""
        b, _, h, w = x.shape
        maps = [
            m for part in x.split(self.sections, 1) for m in (part.mean(1, keepdim=True), part.amax(1, keepdim=True))
        ]
        statistics = torch.cat(maps, 1)  # (B, 2(L+1), H, W): mean and maximum of each map in turn
        if self.shared:  # one weight for all maps: they go through it as a larger batch
            statistics = statistics.reshape(b * len(self.sections), 2, h, w)
        detail = self.conv(statistics).reshape(b, -1, h, w)  # (B, (L+1) D, H, W)
        return self.tap(torch.sigmoid(self.mix(detail)))

    def forward(self, x: Tensor) -> Tensor:
        gate = self.gate(x)
        return x * (1 + gate) if self.residual else x * gate
