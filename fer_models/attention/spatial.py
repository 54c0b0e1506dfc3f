"""Spatial attention: one gate a pixel from channel statistics."""

import torch
from torch import Tensor, nn

from fer_models.attention.base import AttentionTap
from fer_models.errors import UserError


class SpatialAttention(nn.Module):
    r"""Spatial attention of CBAM: one gate in (0, 1) per pixel, shared by all channels.

    The channel mean and the channel maximum, stacked in this order, pass a 7x7 convolution without bias and a sigmoid.

    Args:
        kernel_size: odd side of the window.
        norm: where the batch norm is: ``"none"``, ``"before"`` the convolution (two maps, as FCSDNet's code) or
            ``"after"`` it (one map, as CBAM's released code).
        eps, momentum: of that batch norm.
        sigmoid: ``False`` multiplies by the convolution itself, as FCSDNet's eq. 2 is printed.

    Shape:
        - Input :math:`(B, C, H, W)`. Output: the same shape.
        - :meth:`gate`: :math:`(B, 1, H, W)`, unitless, in (0, 1) with the sigmoid.

    Raises:
        UserError: If ``kernel_size`` is even or smaller than 3, or ``norm`` is unknown.

    Example:
        >>> SpatialAttention(7)(torch.rand(2, 8, 12, 12)).shape
        torch.Size([2, 8, 12, 12])

    Source:
        Woo et al., "CBAM", ECCV 2018, eq. 3, which has no batch norm. The released CBAM code stacks [max, mean].
    """

    def __init__(
        self,
        kernel_size: int = 7,
        norm: str = "none",
        eps: float = 1e-5,
        momentum: float = 0.1,
        *,
        sigmoid: bool = True,
    ):
        super().__init__()
        self.sigmoid = sigmoid
        if kernel_size < 3 or kernel_size % 2 == 0:
            raise UserError(f"The window of spatial attention must be odd and at least 3, not {kernel_size}.")
        if norm not in ("none", "before", "after"):
            raise UserError(f"norm is 'none', 'before' or 'after', not {norm!r}.")
        self.norm_before = nn.BatchNorm2d(2, eps, momentum) if norm == "before" else nn.Identity()
        self.conv = nn.Conv2d(2, 1, kernel_size, padding=kernel_size // 2, bias=False)
        self.norm_after = nn.BatchNorm2d(1, eps, momentum) if norm == "after" else nn.Identity()
        self.tap = AttentionTap("spatial", "spatial gate")

    def gate(self, x: Tensor) -> Tensor:
        """Gate (B, 1, H, W)."""
        maps = torch.cat([x.mean(1, keepdim=True), x.amax(1, keepdim=True)], 1)
        score = self.norm_after(self.conv(self.norm_before(maps)))
        return self.tap(torch.sigmoid(score) if self.sigmoid else score)

    def forward(self, x: Tensor) -> Tensor:
        return x * self.gate(x)
