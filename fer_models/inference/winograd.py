"""Winograd's convolution: a quarter of the products of a 3 x 3 convolution; it pays where there are many channels."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

#: Fewest channels, in and out, and sides of the output in pixels for which a convolution is replaced: with fewer
#: channels or smaller maps the transforms cost what the products save; larger maps would need too much memory.
FEWEST_CHANNELS, SIDES = 96, (8, 80)
#: Fewest tiles of a batch for which the products are worth reading their weights, and tiles at once, which stay in the
#: processor's cache.
_FEWEST_TILES, _TILES = 16, 256
_INPUT = (
    (4, 0, -5, 0, 1, 0),
    (0, -4, -4, 1, 1, 0),
    (0, 4, -4, -1, 1, 0),
    (0, -2, -1, 2, 1, 0),
    (0, 2, -1, -2, 1, 0),
    (0, 4, 0, -5, 0, 1),
)
_WEIGHT = (
    (1 / 4, 0, 0),
    (-1 / 6, -1 / 6, -1 / 6),
    (-1 / 6, 1 / 6, -1 / 6),
    (1 / 24, 1 / 12, 1 / 6),
    (1 / 24, -1 / 12, 1 / 6),
    (0, 0, 1),
)
_OUTPUT = ((1, 1, 1, 1, 1, 0), (0, 1, -1, 2, -2, 0), (0, 1, 1, 4, 4, 0), (0, 1, -1, 8, -8, 1))


class WinogradConv2d(nn.Module):
    r"""A 3 x 3 convolution with stride 1 in tiles of 4 x 4 outputs, each with 36 products a channel instead of 144.

    For inference on a CPU; a batch of few tiles goes through the convolution itself.

    Args:
        conv: The convolution, for which :func:`suits` holds; its weights are not changed.

    Shape:
        - Input :math:`(B, C, H, W)`, float32. Output: that of the convolution, to rounding, channels last.

    Example:
        >>> conv = nn.Conv2d(96, 128, 3, padding=1)
        >>> WinogradConv2d(conv)(torch.rand(2, 96, 24, 24)).shape
        torch.Size([2, 128, 24, 24])

    Source:
        Lavin and Gray, "Fast algorithms for convolutional neural networks", CVPR 2016, F(4 x 4, 3 x 3).
    """

    products: Tensor
    into: Tensor
    out_of: Tensor

    def __init__(self, conv: nn.Conv2d):
        super().__init__()
        self.conv = conv
        one, weight, back = (torch.tensor(rows, dtype=torch.float64) for rows in (_INPUT, _WEIGHT, _OUTPUT))
        taps = conv.weight.detach().double().permute(2, 3, 1, 0).reshape(9, -1)  # (9, C K)
        products = torch.kron(weight, weight) @ taps
        sizes = (36, conv.in_channels, conv.out_channels)
        self.register_buffer("products", products.to(conv.weight.dtype).view(sizes))
        self.register_buffer("into", torch.kron(one, one).to(conv.weight.dtype))  # (36, 36)
        self.register_buffer("out_of", torch.kron(back, back).to(conv.weight.dtype))  # (16, 36)

    def forward(self, x: Tensor) -> Tensor:
        tiles = _tiles(x, self.conv)
        if len(x) * tiles[0] * tiles[1] < _FEWEST_TILES:
            return self.conv(x)
        parts = x.split(max(1, _TILES // (tiles[0] * tiles[1])))
        return torch.cat([self._part(part, tiles) for part in parts])

    def _part(self, x: Tensor, tiles: tuple[int, int]) -> Tensor:
        (down, across), (above, beside) = tiles, _padding(self.conv)
        count, channels, height, width = x.shape
        below, after = 4 * down + 2 - height - above, 4 * across + 2 - width - beside
        padded = F.pad(x.permute(0, 2, 3, 1), (0, 0, beside, after, above, below))
        windows = padded.unfold(1, 6, 4).unfold(2, 6, 4).permute(4, 5, 0, 1, 2, 3)  # (6, 6, B, down, across, C)
        changed = (self.into @ windows.reshape(36, -1)).view(36, -1, channels)
        summed = torch.bmm(changed, self.products).view(36, -1)
        result = (self.out_of @ summed).view(4, 4, count, down, across, -1).permute(2, 3, 0, 4, 1, 5)
        if self.conv.bias is not None:
            result = result + self.conv.bias
        result = result.reshape(count, 4 * down, 4 * across, -1)
        return result[:, : height + 2 * above - 2, : width + 2 * beside - 2].permute(0, 3, 1, 2)


def _padding(conv: nn.Conv2d) -> tuple[int, int]:
    assert not isinstance(conv.padding, str)
    return conv.padding[0], conv.padding[1]


def _tiles(x: Tensor, conv: nn.Conv2d) -> tuple[int, int]:
    """Tiles of 4 x 4 outputs from top to bottom and from left to right."""
    above, beside = _padding(conv)
    return -(-(x.shape[2] + 2 * above - 2) // 4), -(-(x.shape[3] + 2 * beside - 2) // 4)


def suits(module: nn.Module) -> bool:
    """Whether a module is a plain 3 x 3 convolution with stride 1 and enough channels.

    Args:
        module: Any.

    Example:
        >>> suits(nn.Conv2d(128, 128, 3)), suits(nn.Conv2d(128, 128, 3, stride=2)), suits(nn.Conv2d(16, 128, 3))
        (True, False, False)
    """
    return (
        type(module) is nn.Conv2d
        and (*module.kernel_size, *module.stride, *module.dilation, module.groups) == (3, 3, 1, 1, 1, 1, 1)
        and not isinstance(module.padding, str)
        and module.padding_mode == "zeros"
        and min(module.in_channels, module.out_channels) >= FEWEST_CHANNELS
    )


def use_winograd(network: nn.Module, example: Tensor) -> int:
    """Replace the convolutions that gain from it by :class:`WinogradConv2d`; return their number.

    Args:
        network: In evaluation mode; it is changed.
        example: (B, C, H, W), a valid input, which tells the sizes of the maps.
    """
    sides: dict[nn.Module, tuple[int, int]] = {}

    def record(module: nn.Module, inputs: Any, output: Tensor) -> None:
        sides[module] = (min(output.shape[2:]), max(output.shape[2:]))

    handles = [module.register_forward_hook(record) for module in network.modules() if suits(module)]
    if handles:
        with torch.no_grad():
            network(example)
    for handle in handles:
        handle.remove()
    names = {module: name for name, module in network.named_modules()}
    chosen = [conv for conv, (least, most) in sides.items() if least >= SIDES[0] and most <= SIDES[1]]
    for conv in chosen:
        assert isinstance(conv, nn.Conv2d)
        parent, _, leaf = names[conv].rpartition(".")
        setattr(network.get_submodule(parent), leaf, WinogradConv2d(conv))
    return len(chosen)
