"""Accuracy against cost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

_FRONT, _OTHER, _GREY = "#3E89B0", "#C46A2D", "#8A8F98"


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
    for point in points:
        x = math.log10(point.cost)
        right = (x - window[0]) / (window[1] - window[0]) > 0.5  # there the name goes to the left, into the picture
        away = 0.36 * _diameter(point, largest) + 3
        figure.add_annotation(
            x=x,
            y=point.accuracy,
            text=f"<b>{_escape(point.name)}</b>" if point.on_front else _escape(point.name),
            showarrow=False,
            xanchor="right" if right else "left",
            yanchor="bottom",
            xshift=-away if right else away,
            yshift=0.5 * away,
            font={"size": 12},
        )
    figure.update_xaxes(
        type="log", title_text=axis, fixedrange=True, range=window, tickvals=ticks, ticktext=[f"{t:,g}" for t in ticks]
    )
    lowest, highest = min(point.low for point in points), max(point.high for point in points)
    room = max(highest - lowest, 4)
    figure.update_yaxes(title_text="accuracy, %", fixedrange=True, range=[lowest - 0.15 * room, highest + 0.25 * room])
    figure.update_layout(
        height=330,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        legend={"orientation": "h", "x": 0, "y": -0.28, "yanchor": "top"},
        hovermode="closest",
    )
    return figure


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
