"""Additive attention: tokens attend to tokens through a small tanh layer."""

import torch
from torch import Tensor, nn

from fer_models.attention.base import AttentionTap


class AdditiveAttention(nn.Module):
    r"""Additive attention: :math:`e_{ij} = v^\top \tanh(W_h h_i + W_s s_j + b)`.

    The output is :math:`c_i = \sum_j \mathrm{softmax}_j(e_{ij})\,s_j`.

    Args:
        features: D.
        hidden: units of the tanh layer.

    Shape:
        - h :math:`(B, N, D)`, s :math:`(B, M, D)`. Output :math:`(B, N, D)`.
        - The tap sees the weights :math:`(B, N, M)`; rows belong to :math:`h_i` and sum to one.

    Example:
        >>> AdditiveAttention(16)(torch.rand(2, 5, 16), torch.rand(2, 9, 16)).shape
        torch.Size([2, 5, 16])

    Source:
        Bahdanau et al., "Neural machine translation by jointly learning to align and translate", ICLR 2015.
    """

    def __init__(self, features: int, hidden: int = 64):
        super().__init__()
        self.query = nn.Linear(features, hidden, bias=False)
        self.key = nn.Linear(features, hidden)  # its bias is b
        self.score = nn.Linear(hidden, 1, bias=False)
        self.tap = AttentionTap("tokens", "additive attention")

    def forward(self, h: Tensor, s: Tensor) -> Tensor:
        joint = torch.tanh(self.query(h)[:, :, None] + self.key(s)[:, None])  # (B, N, M, hidden)
        weights = self.tap(torch.softmax(self.score(joint)[..., 0], -1))
        return weights @ s
