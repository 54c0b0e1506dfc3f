"""CBAM: channel attention, then spatial attention on the refined map."""

from torch import nn

from fer_models.attention.channel import ChannelAttention
from fer_models.attention.spatial import SpatialAttention


class CBAM(nn.Sequential):
    r"""Convolutional block attention: the channel gate first, then the spatial gate on the refined map.

    Args:
        channels: C.
        ratio: reduction of the channel perceptron (16 in the paper, 8 in the FER papers here).
        norm, eps, momentum: batch norm of the spatial gate, see :class:`SpatialAttention`.

    Shape:
        - Input :math:`(B, C, H, W)`. Output: the same shape.

    Example:
        >>> CBAM(8, ratio=4)(torch.rand(2, 8, 12, 12)).shape
        torch.Size([2, 8, 12, 12])

    Source:
        Woo et al., "CBAM", ECCV 2018, section 3. The maps are stacked [mean, max]; the released code has
        [max, mean].
    """

    def __init__(self, channels: int, ratio: int = 8, norm: str = "none", eps: float = 1e-5, momentum: float = 0.1):
        super().__init__()
        self.channel = ChannelAttention(channels, ratio)
        self.spatial = SpatialAttention(norm=norm, eps=eps, momentum=momentum)
