"""Convolutions on tiny maps as matrix products: in bf16 on a processor those are up to twice as fast."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

#: Kernel side to the largest map, in positions, on which the product wins; measured by ``benchmarks/convolutions.py``.
LARGEST_MAP = {1: 36, 3: 9}


def use_matrix_products(network: nn.Module) -> int:
    """Let the 1x1 and 3x3 convolutions of a network train as matrix products wherever their maps are tiny.

    A deep layer sees maps of 3 x 3 or 2 x 2 positions, for which torch's convolution reaches a third of the speed of
    torch's own matrix product. Weights, names and results stay; evaluation, float32 and other devices compute as
    before.

    Returns:
        How many convolutions may do so.
    """
    found = [m for m in network.modules() if type(m) is nn.Conv2d and _fits(m)]
    for module in found:
        module.__class__ = _ProductConv2d  # the same module, so hooks, averages and checkpoints keep working
    return len(found)


def _fits(conv: nn.Conv2d) -> bool:
    side = conv.kernel_size[0]
    return (
        conv.kernel_size in ((1, 1), (3, 3))
        and conv.padding in ("same", (side // 2, side // 2))
        and conv.stride == conv.dilation == (1, 1)
        and conv.groups == 1
        and conv.padding_mode == "zeros"
    )


class _ProductConv2d(nn.Conv2d):
    def forward(self, x: Tensor) -> Tensor:
        half = x.device.type == "cpu" and torch.is_autocast_enabled("cpu")
        if not (self.training and half) or x.shape[2] * x.shape[3] > LARGEST_MAP[self.kernel_size[0]]:
            return super().forward(x)
        kind = torch.get_autocast_dtype("cpu")
        bias = None if self.bias is None else self.bias.to(kind)
        return _Product.apply(x.to(kind), self.weight.to(kind), bias)


class _Product(torch.autograd.Function):
    """(B, C, H, W), (O, C, k, k) and (O) or None to (B, O, H, W), all in one dtype."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        patches, table = _patches(x, weight.shape[-1]), weight.permute(0, 2, 3, 1).flatten(1)
        out = patches @ table.T if bias is None else torch.addmm(bias, patches, table.T)
        ctx.save_for_backward(patches, weight)
        ctx.has_bias = bias is not None
        return _as_maps(out, x)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, Tensor, Tensor | None]:
        patches, weight = ctx.saved_tensors
        channels_out, channels_in, side, _ = weight.shape
        rows = grad.permute(0, 2, 3, 1).reshape(-1, channels_out)
        grad_weight = (rows.T @ patches).view(channels_out, side, side, channels_in).permute(0, 3, 1, 2)
        grad_bias = rows.sum(0) if ctx.has_bias else None
        grad_x = None
        if ctx.needs_input_grad[0]:  # a convolution with the turned kernel, its two channel axes exchanged
            table = weight.flip(2, 3).permute(2, 3, 0, 1).reshape(-1, channels_in)
            grad_x = _as_maps(_patches(grad, side) @ table, grad)
        return grad_x, grad_weight, grad_bias


def _patches(x: Tensor, side: int) -> Tensor:
    """(B, C, H, W) to (B H W, side^2 C): what the kernel sees at each position, channels innermost."""
    n, channels, height, width = x.shape
    x = x.permute(0, 2, 3, 1)
    if side == 1:
        return x.reshape(-1, channels)
    edge = side // 2
    padded = F.pad(x, (0, 0, edge, edge, edge, edge))
    image, row, column, _ = padded.stride()
    windows = padded.as_strided((n, height, width, side, side, channels), (image, row, column, row, column, 1))
    return windows.reshape(n * height * width, -1)


def _as_maps(rows: Tensor, like: Tensor) -> Tensor:
    n, _, height, width = like.shape
    return rows.view(n, height, width, -1).permute(0, 3, 1, 2)
