"""Squeeze and excitation: one gate a channel from the channel's mean."""

from typing import Literal

import torch
from torch import Tensor, nn

from fer_models.attention.base import AttentionTap
from fer_models.errors import UserError


class SqueezeExcite(nn.Module):
    r"""Squeeze-and-excitation: :math:`g = \sigma(W_2\,\phi(W_1\,\mathrm{avg}(F)))`, output :math:`g F`.

    Args:
        channels: C.
        ratio: the hidden layer has ``max(1, channels // ratio)`` units.
        hidden: units of the hidden layer, instead of ``ratio``.
        bias: biases in both layers.
        activation: :math:`\phi`.

    Shape:
        - Input :math:`(B, C, H, W)`. Output: the same shape.
        - :meth:`gate`: :math:`(B, C, 1, 1)`, unitless, in (0, 1).

    Raises:
        UserError: If ``activation`` is unknown.

    Example:
        >>> SqueezeExcite(8, ratio=4)(torch.rand(2, 8, 12, 12)).shape
        torch.Size([2, 8, 12, 12])

    Source:
        Hu et al., "Squeeze-and-excitation networks", CVPR 2018, eq. 2-4.
    """

    def __init__(
        self,
        channels: int,
        ratio: int = 16,
        hidden: int | None = None,
        bias: bool = False,
        activation: Literal["relu", "silu"] = "relu",
    ):
        super().__init__()
        if activation not in ("relu", "silu"):
            raise UserError(f"The activation of squeeze and excitation is 'relu' or 'silu', not {activation!r}.")
        units = max(1, channels // ratio) if hidden is None else hidden
        self.reduce = nn.Linear(channels, units, bias=bias)
        self.activation = nn.ReLU() if activation == "relu" else nn.SiLU()
        self.expand = nn.Linear(units, channels, bias=bias)
        self.tap = AttentionTap("channel", "squeeze-and-excitation gate")

    def gate(self, x: Tensor) -> Tensor:
        """Gate (B, C, 1, 1)."""
        logits = self.expand(self.activation(self.reduce(x.mean((2, 3)))))
        return self.tap(torch.sigmoid(logits)[:, :, None, None])

    def forward(self, x: Tensor) -> Tensor:
        return x * self.gate(x)
