"""Dual attention: spatial and channel self-attention side by side, with swapped keys."""

from typing import Literal

from torch import Tensor, nn

from fer_models.attention.grouped_channel import GroupedChannelAttention
from fer_models.attention.window_self_attention import WindowSelfAttention

#: Which of the two branches exist.
Branches = Literal["spatial", "channel", "both"]


class SelfAttentionBranch(nn.Module):
    """Projections, attention and closed loop of one branch: BN(attention + V + input), all (B, C, H, W)."""

    def __init__(self, channels: int, attention: nn.Module):
        super().__init__()
        self.query = nn.Conv2d(channels, channels, 1)
        self.key = nn.Conv2d(channels, channels, 1)
        self.value = nn.Conv2d(channels, channels, 1)
        self.attention = attention
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor, key: Tensor) -> Tensor:
        value = self.value(x)
        return self.norm(self.attention(self.query(x), key, value) + value + x)


class DualAttentionLayer(nn.Module):
    r"""One layer of dual attention on a spatial map a and a channel map b.

    Args:
        channels: C.
        window: side of the spatial windows.
        groups: channel groups.
        branches: which of the two branches exist.
        cross: swap the keys of the two branches: :math:`A_S(Q_S, K_C, V_S)` and :math:`A_C(Q_C, K_S, V_C)`.
        distill: self-attention distillation of keys and values in both branches.

    Shape:
        - a, b :math:`(B, C, H, W)`. Output: the next a and b; a branch that does not exist passes its map through.

    Example:
        >>> a, b = DualAttentionLayer(16, window=7, groups=4)(torch.rand(1, 16, 14, 14), torch.rand(1, 16, 14, 14))
        >>> a.shape, b.shape
        (torch.Size([1, 16, 14, 14]), torch.Size([1, 16, 14, 14]))

    Source:
        Jayaraman and Mahendran 2025, eq. 13-18 and algorithm 1.
    """

    def __init__(
        self,
        channels: int,
        window: int = 7,
        groups: int = 8,
        branches: Branches = "both",
        *,
        cross: bool = False,
        distill: bool = True,
    ):
        super().__init__()
        self.cross = cross and branches == "both"
        self.spatial = self.channel = None
        if branches != "channel":
            self.spatial = SelfAttentionBranch(channels, WindowSelfAttention(channels, window, distill))
        if branches != "spatial":
            self.channel = SelfAttentionBranch(channels, GroupedChannelAttention(channels, groups, distill))

    def forward(self, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
        key_a = self.spatial.key(a) if self.spatial is not None else a
        key_b = self.channel.key(b) if self.channel is not None else b
        if self.cross:
            key_a, key_b = key_b, key_a
        next_a = self.spatial(a, key_a) if self.spatial is not None else a
        next_b = self.channel(b, key_b) if self.channel is not None else b
        return next_a, next_b
