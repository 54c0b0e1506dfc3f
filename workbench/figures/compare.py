"""Accuracy against cost."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from workbench.figures.labels import Spot, place

_FRONT, _OTHER, _GREY = "#3E89B0", "#C46A2D", "#8A8F98"
_WIDTH, _HEIGHT = 700, 310  # pixels for which the names are placed; the page may be wider


@dataclass(frozen=True)
class Point:
    """A trained network: cost in the axis' unit, accuracy and its 95 % interval in per cent, parameters."""

    name: str
    cost: float
    accuracy: float
    low: float
    high: float
    parameters: int
    on_front: bool
    words: str


def pareto(points: Sequence[Point], axis: str) -> go.Figure:
    """Bubbles over a logarithmic cost axis, their area the number of parameters; those on the Pareto front are joined,
    with names in bold.

    Args:
        axis: title of the cost axis, with its unit.
    """
    figure = go.Figure()
    best = sorted((point for point in points if point.on_front), key=lambda point: point.cost)
    if len(best) > 1:
        figure.add_scatter(
            x=[point.cost for point in best],
            y=[point.accuracy for point in best],
            mode="lines",
            line={"color": _GREY, "width": 1.5, "dash": "dash", "shape": "hv"},
            name="Pareto front",
            hoverinfo="skip",
        )
    largest = max((point.parameters for point in points), default=1)
    for on_front, name, colour in ((True, "none is as cheap and as accurate", _FRONT), (False, "others", _OTHER)):
        group = [point for point in points if point.on_front == on_front]
        if not group:
            continue
        figure.add_scatter(
            x=[point.cost for point in group],
            y=[point.accuracy for point in group],
            error_y={
                "type": "data",
                "symmetric": False,
                "array": [point.high - point.accuracy for point in group],
                "arrayminus": [point.accuracy - point.low for point in group],
                "thickness": 1.2,
                "width": 5,
                "color": _GREY,
            },
            mode="markers",
            text=[_escape(point.name) for point in group],
            cliponaxis=False,
            customdata=[[_escape(point.words), f"{point.parameters:,}"] for point in group],
            hovertemplate="%{text}<br>%{customdata[0]}<br>%{x:.4g} "
            + axis.partition(",")[2].strip()
            + "<br>%{customdata[1]} parameters<extra></extra>",
            marker={
                "size": [_diameter(point, largest) for point in group],
                "color": colour,
                "opacity": 0.75 if on_front else 0.45,
                "symbol": "circle" if on_front else "diamond",
                "line": {"width": 1.5, "color": colour},
            },
            name=name,
        )
    ticks, window = _axis([point.cost for point in points])
    figure.update_xaxes(
        type="log", title_text=axis, fixedrange=True, range=window, tickvals=ticks, ticktext=[f"{t:,g}" for t in ticks]
    )
    lowest, highest = min(point.low for point in points), max(point.high for point in points)
    room = max(highest - lowest, 4)
    heights = [lowest - 0.15 * room, highest + 0.25 * room]
    figure.update_yaxes(title_text="accuracy, %", fixedrange=True, range=heights)
    figure.update_layout(
        height=_HEIGHT + 110,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        legend={"orientation": "h", "x": 0, "y": -0.2, "yanchor": "top"},
        hovermode="closest",
    )
    _name(figure, points, window, heights)
    return figure


def _name(figure: go.Figure, points: Sequence[Point], window: Sequence[float], heights: Sequence[float]) -> None:
    """Write each point's name where it covers no other; those on the front choose first."""
    largest = max((point.parameters for point in points), default=1)
    across, up = _WIDTH / (window[1] - window[0]), _HEIGHT / (heights[1] - heights[0])
    ordered = sorted(points, key=lambda point: (not point.on_front, -point.accuracy))
    names = dict(zip([p.name for p in ordered], _short([p.name for p in ordered]), strict=True))
    spots = [
        Spot(
            across * (math.log10(point.cost) - window[0]),
            up * (point.accuracy - heights[0]),
            _diameter(point, largest) / 2,
            up * (point.high - point.low) / 2,
            names[point.name],
        )
        for point in ordered
    ]
    front = sorted((spot for spot, point in zip(spots, ordered, strict=True) if point.on_front), key=lambda s: s.x)
    lines = []
    for a, b in itertools.pairwise(front):  # across, then up, as the front is drawn
        lines += [(a.x, a.y - 1, b.x, a.y + 1), (b.x - 1, min(a.y, b.y), b.x + 1, max(a.y, b.y))]
    for point, where in zip(ordered, place(spots, _WIDTH, _HEIGHT, lines), strict=True):
        name = _escape(names[point.name])
        figure.add_annotation(
            x=math.log10(point.cost),
            y=point.accuracy,
            ax=where.dx,
            ay=-where.dy,
            text=f"<b>{name}</b>" if point.on_front else name,
            showarrow=True,
            arrowhead=0,
            arrowwidth=1,
            arrowcolor=_GREY if where.far else "rgba(0, 0, 0, 0)",
            xanchor=where.anchor,
            borderpad=0,
            font={"size": 12},
        )


def _short(names: Sequence[str]) -> list[str]:
    """The names without an ending that all share after a hyphen, such as ``-fer2013``."""
    ends = {name.rpartition("-")[2] for name in names}
    if len(names) < 2 or len(ends) > 1 or not all(name.rpartition("-")[0] for name in names):
        return list(names)
    return [name.rpartition("-")[0] for name in names]


def _diameter(point: Point, largest: int) -> float:
    return max(10.0, 46 * (point.parameters / largest) ** 0.5)


def _axis(costs: Sequence[float]) -> tuple[list[float], list[float]]:
    """Ticks at 1, 2 and 5 of every power of ten, and a window in powers of ten with some room at the sides."""
    low, high = math.log10(min(costs)), math.log10(max(costs))
    room = max(high - low, 0.5)
    window = [low - 0.2 * room, high + 0.2 * room]
    powers = range(math.floor(window[0]), math.ceil(window[1]) + 1)
    steps = (1, 2, 5) if window[1] - window[0] < 2.5 else (1,)
    ticks = [step * 10.0**power for power in powers for step in steps]
    return [tick for tick in ticks if window[0] <= math.log10(tick) <= window[1]], window


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
