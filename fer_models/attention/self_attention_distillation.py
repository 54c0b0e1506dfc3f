"""Self-attention distillation: fewer keys and values, learned by small convolutions."""

from torch import Tensor, nn


class SpatialDistillation(nn.Module):
    r"""Keys or values of a window, squeezed: 3x3 convolution to half the channels, 3x3 back, 2x2 max-pool.

    Args:
        channels: C, even.

    Shape:
        - Input :math:`(B, C, w, w)`, one window a row. Output :math:`(B, C, \lceil w/2 \rceil, \lceil w/2 \rceil)`: a
          window of 49 tokens keeps 16.

    Example:
        >>> SpatialDistillation(16)(torch.rand(3, 16, 7, 7)).shape
        torch.Size([3, 16, 4, 4])

    Source:
        Jayaraman and Mahendran 2025, eq. 17. The print is ambiguous; a narrowing and a widening convolution is our
        reading. There is no activation between them.
    """

    def __init__(self, channels: int):
        super().__init__()
        self.narrow = nn.Conv2d(channels, channels // 2, 3, padding=1)
        self.widen = nn.Conv2d(channels // 2, channels, 3, padding=1)
        self.pool = nn.MaxPool2d(2, ceil_mode=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.pool(self.widen(self.narrow(x)))


class ChannelDistillation(nn.Module):
    r"""Keys or values of channel groups, squeezed to half the channels a group; all positions stay.

    Args:
        channels: C.
        groups: G, with an even number of channels each.

    Shape:
        - Input :math:`(B, C, P)`, positions in raster order. Output :math:`(B, C/2, P)`; each group's channels stay
          together.

    Example:
        >>> ChannelDistillation(16, groups=4)(torch.rand(3, 16, 49)).shape
        torch.Size([3, 8, 49])

    Source:
        Jayaraman and Mahendran 2025, eq. 18; grouped convolutions of widths 1 and 3 along the positions are our
        reading.
    """

    def __init__(self, channels: int, groups: int):
        super().__init__()
        self.narrow = nn.Conv1d(channels, channels // 2, 1, groups=groups)
        self.blend = nn.Conv1d(channels // 2, channels // 2, 3, padding=1, groups=groups)

    def forward(self, x: Tensor) -> Tensor:
        return self.blend(self.narrow(x))
