"""Separable convolutions of a network beside the standard ones that they stand for: weights, products, a drawing."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

from torch import nn

from fer_models.colours import SERIES
from fer_models.complexity import copy_shapes, layers

_WIDTH, _ROW, _TOP = 900, 104, 34
_BAR = 250
_STANDARD, _SEPARABLE = SERIES[0], SERIES[1]


@dataclass(frozen=True)
class Scale:
    """Depthwise and pointwise convolution at one size of map, and the standard convolution in their place.

    Args:
        c_in: Channels before.
        c_out: Channels after.
        kernel: Side of the kernel.
        side: Side of the map after it, in cells.
        times: How often the network has it.
        parameters: Of both convolutions, once; norms are not counted.
        macs: Multiply-accumulates of both, once.
        standard_parameters: Of one convolution of that kernel with the same channels.
        standard_macs: Of that.
    """

    c_in: int
    c_out: int
    kernel: int
    side: int
    times: int
    parameters: int
    macs: int
    standard_parameters: int
    standard_macs: int


def separable_scales(model: nn.Module, input_shape: Sequence[int]) -> list[Scale]:
    """The depthwise separable convolutions of a network, equal ones once, in the order in which they run.

    Args:
        model: The network.
        input_shape: (C, H, W) of an image.

    Returns:
        Empty for a network without them.

    Raises:
        UserError: If the network cannot take that shape.

    Example:
        >>> from fer_models import create_model
        >>> first = separable_scales(create_model("multibranch", in_channels=1), (1, 48, 48))[0]
        >>> first.c_in, first.c_out, first.side, first.macs < first.standard_macs / 8
        (64, 128, 48, True)

    Source:
        Howard et al., "MobileNets", 2017, section 3.1: 1/c_out + 1/k^2 of the products.
    """
    modules = dict(copy_shapes(model).named_modules())
    found: dict[tuple[int, int, int, int], Scale] = {}
    depthwise = None
    for row in layers(model, input_shape):
        module = modules[row.name]
        if not isinstance(module, nn.Conv2d):
            continue
        if 1 < module.groups == module.in_channels == module.out_channels:
            depthwise = (module, row)
        elif depthwise is not None and module.kernel_size == (1, 1):
            first, before = depthwise
            c_in, c_out, kernel = first.in_channels, module.out_channels, first.kernel_size[0]
            key, weights = (c_in, c_out, kernel, row.output_shape[1]), kernel**2 * c_in * c_out
            macs = weights * before.output_shape[1] * before.output_shape[2]
            biases = c_out if module.bias is not None else 0
            times = found[key].times + 1 if key in found else 1
            ours = (before.parameters + row.parameters, before.macs + row.macs)
            found[key] = Scale(*key, times, *ours, weights + biases, macs)
            depthwise = None
        else:
            depthwise = None
    return list(found.values())


def draw_scales(scales: Sequence[Scale], title: str, *, ink: str = "#1f2a30", ground: str = "#ffffff") -> str:
    """Standard and separable convolution side by side as SVG text, a row a scale.

    The blocks are the filters, drawn as deep as they have channels (by the logarithm); the bars are the products of one
    convolution, on one scale for all rows.

    Args:
        scales: As :func:`separable_scales` gives them.
        title: What it shows, for screen readers.
        ink: Colour of lines and words.
        ground: Colour behind them; empty for none.

    Example:
        >>> draw_scales([Scale(64, 128, 3, 48, 1, 8768, 20201472, 73728, 169869312)], "One").startswith("<svg")
        True
    """
    most = max(scale.standard_macs for scale in scales)
    height = _TOP + len(scales) * _ROW
    behind = f'<rect width="{_WIDTH}" height="{height}" fill="{ground}"/>' if ground else ""
    heads = _text(160, 20, "Standard: one filter over all channels", ink, bold=True) + _text(
        520, 20, "Separable: a filter a channel, then one over channels", ink, bold=True
    )
    rows = "".join(_row(scale, _TOP + n * _ROW, most, ink) for n, scale in enumerate(scales))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" '
        f'role="img" aria-label="{html.escape(title)}" font-family="system-ui, sans-serif">{behind}{heads}{rows}</svg>'
    )


def _row(scale: Scale, top: int, most: int, ink: str) -> str:
    words = [f"{scale.side} x {scale.side} cells", f"{scale.c_in} to {scale.c_out} channels"]
    words += [f"{scale.times} of them"] if scale.times > 1 else []
    parts = [_text(8, top + 26 + 16 * n, line, ink, bold=not n) for n, line in enumerate(words)]
    deep, base = _deep(scale.c_in), top + 40
    parts += [
        _filter(160, base, scale.kernel, deep, colour=_STANDARD, ink=ink),
        _text(236, base, f"x {scale.c_out}", ink),
    ]
    parts += [_filter(520, base, scale.kernel, 3, colour=_SEPARABLE, ink=ink), _text(566, base, f"x {scale.c_in}", ink)]
    parts += [_filter(640, base, 1, deep, colour=_SEPARABLE, ink=ink), _text(694, base, f"x {scale.c_out}", ink)]
    parts += _bar(160, top + 62, scale.standard_macs / most, _STANDARD)
    parts += [_text(160, top + 88, _counted(scale.standard_parameters, scale.standard_macs), ink)]
    parts += _bar(520, top + 62, scale.macs / most, _SEPARABLE)
    fewer = f", {scale.standard_macs / scale.macs:.1f} times fewer"
    parts += [_text(520, top + 88, _counted(scale.parameters, scale.macs) + fewer, ink)]
    return "".join(parts)


def _deep(channels: int) -> float:
    """Depth of a drawn filter in pixels."""
    return 3.0 + 3.4 * float(max(1, channels).bit_length())


def _filter(x: float, base: float, kernel: int, deep: float, *, colour: str, ink: str) -> str:
    """A cuboid with a front of ``kernel`` cells a side, 10 pixels each, its lower edge at ``base`` + 10."""
    side, slant = 10 * kernel, deep * 0.55
    left, upper = x, base + 10 - side
    front = "".join(
        f'<rect x="{left + 10 * i}" y="{upper + 10 * j}" width="10" height="10" fill="{colour}" fill-opacity="0.45" '
        f'stroke="{ink}" stroke-width="0.8"/>'
        for i in range(kernel)
        for j in range(kernel)
    )
    roof = f"M{left:g} {upper:g} l{deep:g} {-slant:g} h{side} l{-deep:g} {slant:g} z"
    wall = f"M{left + side:g} {upper:g} l{deep:g} {-slant:g} v{side} l{-deep:g} {slant:g} z"
    return front + "".join(
        f'<path d="{path}" fill="{colour}" fill-opacity="{shade}" stroke="{ink}" stroke-width="0.8"/>'
        for path, shade in ((roof, 0.3), (wall, 0.6))
    )


def _bar(x: float, y: float, share: float, colour: str) -> list[str]:
    return [f'<rect x="{x:g}" y="{y:g}" width="{max(1.0, _BAR * share):.1f}" height="9" rx="2" fill="{colour}"/>']


def _counted(parameters: int, macs: int) -> str:
    return f"{parameters:,} weights, {macs / 1e6:,.1f} M products"


def _text(x: float, y: float, words: str, ink: str, *, bold: bool = False) -> str:
    weight = 600 if bold else 400
    return f'<text x="{x:g}" y="{y:g}" font-size="12" font-weight="{weight}" fill="{ink}">{html.escape(words)}</text>'
