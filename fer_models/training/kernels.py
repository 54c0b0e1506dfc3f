"""Layers that torch computes slowly on a processor in bf16, computed in another way while a network trains.

Measured by ``benchmarks/kernels.py``. Weights, names and results stay; evaluation, other devices and, but for dropout,
float32 are not touched.
"""

from __future__ import annotations

from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

#: Kernel side to the largest map, in positions, on which a matrix product beats torch's convolution.
LARGEST_MAP = {1: 36, 3: 9}


def use_fast_kernels(network: nn.Module) -> int:
    """Let layers of ``network`` train by the faster of two ways.

    1x1 and 3x3 convolutions on tiny maps become matrix products: on 3 x 3 positions torch's convolution reaches a third
    of the speed of torch's own product. Depthwise convolutions with a step find the gradient of their input without a
    step, about ten times as fast. Dropout draws one number for four values.

    Returns:
        How many layers may do so.
    """
    count = 0
    for module in network.modules():
        if type(module) is nn.Dropout:
            kind: type[nn.Module] | None = _Dropout
        else:
            kind = _kind(module) if type(module) is nn.Conv2d else None
        if kind is not None:
            module.__class__ = kind  # the same module, so hooks, averages and checkpoints keep working
            count += 1
    return count


def _kind(conv: nn.Conv2d) -> type[nn.Module] | None:
    """Which of the classes below can compute a convolution, if any."""
    side, step = conv.kernel_size[0], conv.stride[0]
    if conv.kernel_size != (side, side) or conv.stride != (step, step) or conv.dilation != (1, 1):
        return None
    if conv.padding_mode != "zeros" or isinstance(conv.padding, str):
        return None
    if step == conv.groups == 1 and side in LARGEST_MAP and conv.padding == (side // 2, side // 2):
        return _ProductConv2d
    if step > 1 and conv.groups == conv.in_channels == conv.out_channels > 1 and max(conv.padding) < side:
        return _SteppedDepthwiseConv2d
    return None


def _half(module: nn.Module, x: Tensor) -> torch.dtype | None:
    """The half precision in which a layer trains on a processor now, or nothing."""
    if module.training and x.device.type == "cpu" and torch.is_autocast_enabled("cpu"):
        return torch.get_autocast_dtype("cpu")
    return None


class _ProductConv2d(nn.Conv2d):
    def forward(self, x: Tensor) -> Tensor:
        kind = _half(self, x)
        if kind is None or x.shape[2] * x.shape[3] > LARGEST_MAP[self.kernel_size[0]]:
            return super().forward(x)
        bias = None if self.bias is None else self.bias.to(kind)
        return cast(Tensor, _Product.apply(x.to(kind), self.weight.to(kind), bias))


class _SteppedDepthwiseConv2d(nn.Conv2d):
    def forward(self, x: Tensor) -> Tensor:
        kind = _half(self, x)
        if kind is None:
            return super().forward(x)
        bias = None if self.bias is None else self.bias.to(kind)
        padding = cast(tuple[int, int], self.padding)
        return cast(Tensor, _SteppedDepthwise.apply(x.to(kind), self.weight.to(kind), bias, self.stride[0], padding))


class _Dropout(nn.Dropout):
    def forward(self, x: Tensor) -> Tensor:
        dense = x.is_contiguous() or x.is_contiguous(memory_format=torch.channels_last)
        if not (self.training and dense and x.device.type == "cpu" and 0 < self.p < 1):
            return super().forward(x)
        drawn = torch.empty(-(-x.numel() // 4), dtype=torch.int64).random_(-(2**63), None).view(torch.int16)
        dropped = round(2**16 * self.p)  # of 65,536 values that are drawn alike
        mask = (drawn[: x.numel()] >= dropped - 2**15).to(x.dtype).mul_(2**16 / (2**16 - dropped))
        return x * mask.as_strided(x.shape, x.stride())


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
    padded = F.pad(x, (0, 0, edge, edge, edge, edge)).contiguous()
    image, row, column, _ = padded.stride()
    windows = padded.as_strided((n, height, width, side, side, channels), (image, row, column, row, column, 1))
    return windows.reshape(n * height * width, -1)


def _as_maps(rows: Tensor, like: Tensor) -> Tensor:
    n, _, height, width = like.shape
    return rows.view(n, height, width, -1).permute(0, 3, 1, 2)


class _SteppedDepthwise(torch.autograd.Function):
    """(B, C, H, W), (C, 1, k, k), (C) or None, step and padding to (B, C, h, w), all in one dtype."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, step: int, padding: tuple[int, int]
    ) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.has_bias, ctx.step, ctx.padding = bias is not None, step, padding
        return F.conv2d(x, weight, bias, step, padding, groups=len(weight))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, Tensor, Tensor | None, None, None]:
        x, weight = ctx.saved_tensors
        channels, step, side = len(weight), ctx.step, weight.shape[-1]
        _, grad_weight, grad_bias = torch.ops.aten.convolution_backward(
            grad,
            x,
            weight,
            [channels],
            [step] * 2,
            ctx.padding,
            [1, 1],
            False,
            [0, 0],
            channels,
            [False, True, ctx.has_bias],
        )
        grad_x = None
        if ctx.needs_input_grad[0]:
            # Each gradient in the place of its window, zeros between; then the turned kernel without a step.
            n, _, height, width = x.shape
            top, left = (side - 1 - p for p in ctx.padding)
            spread = grad.new_zeros((n, height + side - 1, width + side - 1, channels))
            ends = top + step * (grad.shape[2] - 1) + 1, left + step * (grad.shape[3] - 1) + 1
            spread[:, top : ends[0] : step, left : ends[1] : step] = grad.permute(0, 2, 3, 1)
            grad_x = F.conv2d(spread.permute(0, 3, 1, 2), weight.flip(2, 3), groups=channels)
        return grad_x, grad_weight, grad_bias if ctx.has_bias else None, None, None
