"""Self-attention between the channels of a group."""

import torch
from torch import Tensor, nn

from fer_models.attention.base import AttentionTap
from fer_models.attention.self_attention_distillation import ChannelDistillation
from fer_models.errors import UserError


class GroupedChannelAttention(nn.Module):
    r"""Dot-product attention between the channels of a group: :math:`\mathrm{softmax}(QK^\top/\sqrt P)\,V`.

    Args:
        channels: C.
        groups: G, a divisor of C.
        distill: keys and values pass a :class:`ChannelDistillation` each and keep half of the channels.

    Shape:
        - q, k, v :math:`(B, C, H, W)`, :math:`P = HW`. Output: the same shape.
        - The tap sees the weights :math:`(B, G, C/G, m)` with :math:`m = C/G`, or half of it distilled; rows are the
          channels of the query and sum to one.

    Raises:
        UserError: If C is not a multiple of G, or a group is odd and to be halved.

    Example:
        >>> x = torch.rand(2, 16, 6, 6)
        >>> GroupedChannelAttention(16, groups=4)(x, x, x).shape
        torch.Size([2, 16, 6, 6])

    Source:
        Jayaraman and Mahendran 2025, eq. 15, 18.
    """

    def __init__(self, channels: int, groups: int = 8, distill: bool = True):
        super().__init__()
        if groups < 1 or channels % groups or (distill and channels // groups % 2):
            raise UserError(f"{channels} channels cannot be cut into {groups} groups of an even size.")
        self.groups = groups
        self.distill_keys = ChannelDistillation(channels, groups) if distill else nn.Identity()
        self.distill_values = ChannelDistillation(channels, groups) if distill else nn.Identity()
        self.tap = AttentionTap("channels", "grouped channel attention")

    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        positions = q.shape[2] * q.shape[3]
        query = q.flatten(2).unflatten(1, (self.groups, -1))  # (B, G, C/G, P)
        keys = self.distill_keys(k.flatten(2)).unflatten(1, (self.groups, -1))  # (B, G, m, P)
        values = self.distill_values(v.flatten(2)).unflatten(1, (self.groups, -1))
        weights = self.tap(torch.softmax(query @ keys.transpose(2, 3) * positions**-0.5, -1))
        return (weights @ values).reshape(q.shape)
