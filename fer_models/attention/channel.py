"""Channel attention: one gate a channel from pooled descriptors."""

import torch
from torch import Tensor, nn

from fer_models.attention.base import AttentionTap


class ChannelAttention(nn.Module):
    r"""Channel attention of CBAM: one gate in (0, 1) per channel, shared by all pixels.

    :math:`g = \sigma(M(\mathrm{avg}(F)) + M(\max(F)))` with the same two-layer perceptron :math:`M` for both.

    Args:
        channels: C.
        ratio: the hidden layer has ``max(1, channels // ratio)`` units.

    Shape:
        - Input :math:`(B, C, H, W)`. Output: the same shape.
        - :meth:`gate`: :math:`(B, C, 1, 1)`, unitless, in (0, 1).

    Example:
        >>> ChannelAttention(8, ratio=4).gate(torch.rand(2, 8, 12, 12)).shape
        torch.Size([2, 8, 1, 1])

    Source:
        Woo et al., "CBAM", ECCV 2018, eq. 2. Both layers have biases, as in the Keras versions that the FER papers use.
    """

    def __init__(self, channels: int, ratio: int = 8):
        super().__init__()
        hidden = max(1, channels // ratio)
        self.reduce = nn.Linear(channels, hidden)
        self.relu = nn.ReLU()
        self.expand = nn.Linear(hidden, channels)
        self.tap = AttentionTap("channel", "channel gate")

    def gate(self, x: Tensor) -> Tensor:
        """Gate (B, C, 1, 1)."""
        # Both descriptors go through the perceptron as one tensor: the weights are shared, and a ReLU is used once.
        descriptors = torch.stack([x.mean((2, 3)), x.amax((2, 3))])  # (2, B, C)
        pair = self.expand(self.relu(self.reduce(descriptors)))
        return self.tap(torch.sigmoid(pair[0] + pair[1])[:, :, None, None])

    def forward(self, x: Tensor) -> Tensor:
        return x * self.gate(x)
