"""Multiplicative attention: tokens attend to tokens by their dot product."""

import torch
from torch import Tensor, nn

from fer_models.attention.base import AttentionTap


class DotAttention(nn.Module):
    r"""Dot-product attention without weights: :math:`c_i = \sum_j \mathrm{softmax}_j(h_i \cdot s_j / \sqrt D)\,s_j`.

    Args:
        scale: ``False`` leaves out :math:`1 / \sqrt D`, as Keras' layer does by default.

    Shape:
        - h :math:`(B, N, D)`, s :math:`(B, M, D)`. Output :math:`(B, N, D)`.
        - The tap sees the weights :math:`(B, N, M)`; rows belong to :math:`h_i` and sum to one.

    Example:
        >>> DotAttention()(torch.rand(2, 5, 16), torch.rand(2, 9, 16)).shape
        torch.Size([2, 5, 16])

    Source:
        Luong et al. 2015 (dot); the scale is that of Vaswani et al. 2017, eq. 1.
    """

    def __init__(self, scale: bool = True):
        super().__init__()
        self.scale = scale
        self.tap = AttentionTap("tokens", "dot-product attention")

    def forward(self, h: Tensor, s: Tensor) -> Tensor:
        scores = h @ s.transpose(1, 2)
        if self.scale:
            scores = scores * h.shape[-1] ** -0.5
        return self.tap(torch.softmax(scores, -1)) @ s
