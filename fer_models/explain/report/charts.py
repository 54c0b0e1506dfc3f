"""Geometry of bars and curves of a report. ``report.html`` draws them as HTML and SVG, without a script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fer_models.colours import CONTRASTING, GREY

#: Colour and dash of a curve.
_STROKES = tuple(zip((*CONTRASTING[:4], GREY), ("", "6 3", "2 3", "8 3 2 3", "1 4"), strict=True))
_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP = 640, 280, 48, 44, 12


@dataclass(frozen=True)
class Bar:
    """A named share ``value`` in [0, 1], its interval if there is one, and ``mark``, the value to compare it with."""

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


def bar_geometry(bar: Bar) -> dict[str, Any]:
    """Name, text and the parts of a lying bar in per cent of its track, on a scale from 0 to 100 %."""
    text = f"{100 * bar.value:.1f} %" if bar.value == bar.value else "none"
    span = None
    if bar.low is not None and bar.high is not None:
        low, high = 100 * _within(bar.low), 100 * _within(bar.high)
        span = {"left": low, "width": max(high - low, 0.0)}
        text += f" [{100 * bar.low:.1f}, {100 * bar.high:.1f}]"
    mark = None if bar.mark is None else 100 * _within(bar.mark)
    return {"name": bar.name, "text": text, "width": 100 * _within(bar.value), "span": span, "mark": mark}


def lines_geometry(lines: Lines) -> dict[str, Any]:
    """Both axes, their ends as figures, and the points of each curve in the units of the SVG."""
    x = np.asarray(lines.x, np.float64)
    values = np.array([np.asarray(curve, np.float64) for curve in lines.curves.values()])
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    low, high = min(low, 0.0), max(high, low + 1e-9)
    right, floor = _WIDTH - 12, _HEIGHT - _BOTTOM
    across = _LEFT + (x - x.min()) / max(float(np.ptp(x)), 1e-9) * (right - _LEFT)
    curves = []
    for number, (name, curve) in enumerate(zip(lines.curves, values, strict=True)):
        colour, dash = _STROKES[number % len(_STROKES)]
        down = floor - (curve - low) / (high - low) * (floor - _TOP)
        points = " ".join(f"{a:.1f},{d:.1f}" for a, d in zip(across, down, strict=True) if np.isfinite(d))
        curves.append({"name": name, "colour": colour, "dash": dash, "points": points})
    return {
        "width": _WIDTH,
        "height": _HEIGHT,
        "left": _LEFT,
        "right": right,
        "top": _TOP,
        "floor": floor,
        "low": low,
        "high": high,
        "first": x.min(),
        "last": x.max(),
        "x_title": lines.x_title,
        "y_title": lines.y_title,
        "label": f"{lines.y_title} over {lines.x_title}: {', '.join(lines.curves)}",
        "curves": curves,
    }


def _within(value: float) -> float:
    return min(max(float(value), 0.0), 1.0) if value == value else 0.0
