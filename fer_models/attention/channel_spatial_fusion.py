"""FCSDNet's attention: a channel and a spatial branch side by side, mixed by one weight."""

from torch import Tensor, nn

from fer_models.attention.channel import ChannelAttention
from fer_models.attention.spatial import SpatialAttention
from fer_models.errors import UserError


class ChannelSpatialFusion(nn.Module):
    r"""Weighted mean of channel attention and spatial attention on the same input (parallel, unlike CBAM).

    :math:`F_{out} = w_f\,g_c F + (1 - w_f)\,g_s F`.

    Args:
        channels: C.
        ratio: reduction of the channel branch.
        weight: :math:`w_f` in [0, 1]; the paper gives no number, its code 0.5.
        spatial_norm: batch norm on the [mean, max] maps of the spatial branch; in the code, absent from the paper.
        spatial_sigmoid: sigmoid of the spatial branch; in the code, absent from eq. 2.

    Shape:
        - Input :math:`(B, C, H, W)`. Output: the same shape.

    Raises:
        UserError: If ``weight`` lies outside [0, 1].

    Example:
        >>> ChannelSpatialFusion(8, weight=0.5)(torch.rand(2, 8, 12, 12)).shape
        torch.Size([2, 8, 12, 12])

    Source:
        Long, "FCSDNet", 2024, eq. 1-3 and the released code (batch norm epsilon 1e-3, Keras momentum 0.99).
    """

    def __init__(
        self,
        channels: int,
        ratio: int = 8,
        weight: float = 0.5,
        spatial_norm: bool = True,
        *,
        spatial_sigmoid: bool = True,
    ):
        super().__init__()
        if not 0 <= weight <= 1:
            raise UserError(f"The fusion weight must lie in [0, 1], not {weight}.")
        self.weight = weight
        self.channel = ChannelAttention(channels, ratio)
        norm = "before" if spatial_norm else "none"
        self.spatial = SpatialAttention(norm=norm, eps=1e-3, momentum=0.01, sigmoid=spatial_sigmoid)

    def forward(self, x: Tensor) -> Tensor:
        # One product with the mixed gate instead of two with the map: the same sum, less memory traffic.
        return x * (self.weight * self.channel.gate(x) + (1 - self.weight) * self.spatial.gate(x))
