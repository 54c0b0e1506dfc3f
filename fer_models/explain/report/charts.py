"""Bars and curves for a report, drawn as HTML and SVG without any script."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fer_models.colours import CONTRASTING, GREY

#: Colour and dash of a curve.
_STROKES = tuple(zip((*CONTRASTING[:4], GREY), ("", "6 3", "2 3", "8 3 2 3", "1 4"), strict=True))
_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP = 640, 280, 48, 44, 12


@dataclass(frozen=True)
class Bar:
    """A named share ``value`` in [0, 1], its interval where known, and ``mark``, what it is to be compared with."""

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    mark: float | None = None


@dataclass(frozen=True)
class Lines:
    """Curves over one axis: ``x`` (n,), ``curves`` name to values (n,); both axes named with their unit."""

    x: Sequence[float]
    curves: dict[str, Sequence[float]]
    x_title: str
    y_title: str


def bars_html(bars: Sequence[Bar]) -> str:
    """Lying bars on a scale from 0 to 100 %, each with its figure beside it."""
    cells = []
    for bar in bars:
        width = 100 * _within(bar.value)
        inside = f'<div class="bar" style="width:{width:.2f}%"></div>'
        text = f"{100 * bar.value:.1f} %" if bar.value == bar.value else "none"
        if bar.low is not None and bar.high is not None:
            low, high = 100 * _within(bar.low), 100 * _within(bar.high)
            inside += f'<div class="span" style="left:{low:.2f}%;width:{max(high - low, 0):.2f}%"></div>'
            text += f" [{100 * bar.low:.1f}, {100 * bar.high:.1f}]"
        if bar.mark is not None:
            inside += f'<div class="mark" style="left:{100 * _within(bar.mark):.2f}%"></div>'
        cells.append(
            f'<div>{html.escape(bar.name)}</div><div class="track">{inside}</div><div class="value">{text}</div>'
        )
    return '<div class="bars">' + "".join(cells) + "</div>"


def lines_html(lines: Lines) -> str:
    """Curves as SVG with both axes, their ends as figures, and a legend in words."""
    x = np.asarray(lines.x, np.float64)
    values = np.array([np.asarray(curve, np.float64) for curve in lines.curves.values()])
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    low, high = min(low, 0.0), max(high, low + 1e-9)
    right, floor = _WIDTH - 12, _HEIGHT - _BOTTOM
    across = _LEFT + (x - x.min()) / max(float(np.ptp(x)), 1e-9) * (right - _LEFT)
    parts = [f'<path d="M{_LEFT} {_TOP}V{floor}H{right}" fill="none" stroke="currentColor"/>']
    for value, place in ((low, floor), (high, _TOP + 8)):
        parts.append(f'<text x="{_LEFT - 6}" y="{place}" text-anchor="end">{value:.3g}</text>')
    for value, anchor, place in ((x.min(), "start", _LEFT), (x.max(), "end", right)):
        parts.append(f'<text x="{place}" y="{floor + 16}" text-anchor="{anchor}">{value:.3g}</text>')
    middle = (_LEFT + right) / 2
    parts.append(f'<text x="{middle}" y="{floor + 34}" text-anchor="middle">{html.escape(lines.x_title)}</text>')
    parts.append(f'<text x="{_LEFT + 8}" y="{_TOP + 8}">{html.escape(lines.y_title)}</text>')
    legend = []
    for number, (name, curve) in enumerate(zip(lines.curves, values, strict=True)):
        colour, dash = _STROKES[number % len(_STROKES)]
        stroke = f'stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"'
        down = floor - (curve - low) / (high - low) * (floor - _TOP)
        points = " ".join(f"{a:.1f},{d:.1f}" for a, d in zip(across, down, strict=True) if np.isfinite(d))
        parts.append(f'<polyline points="{points}" fill="none" {stroke}/>')
        legend.append(
            f'<span><svg width="34" height="10" aria-hidden="true"><line x1="0" x2="34" y1="5" y2="5" {stroke}/></svg> '
            f"{html.escape(name)}</span>"
        )
    told = html.escape(f"{lines.y_title} over {lines.x_title}: {', '.join(lines.curves)}")
    drawing = "".join(parts)
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" role="img" aria-label="{told}">{drawing}</svg>'
        f"<p>{' &ensp; '.join(legend)}</p>"
    )


def _within(value: float) -> float:
    return min(max(float(value), 0.0), 1.0) if value == value else 0.0
