"""Accuracy against cost."""

from __future__ import annotations

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
    with a filled marker and a name in bold.

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
            mode="markers+text",
            text=[f"<b>{_escape(p.name)}</b>" if on_front else _escape(p.name) for p in group],
            textposition="middle right",
            cliponaxis=False,
            customdata=[[_escape(point.words), f"{point.parameters:,}"] for point in group],
            hovertemplate="%{text}<br>%{customdata[0]}<br>%{x:.4g} "
            + axis.partition(",")[2].strip()
            + "<br>%{customdata[1]} parameters<extra></extra>",
            marker={
                "size": [max(10.0, 46 * (point.parameters / largest) ** 0.5) for point in group],
                "color": colour,
                "opacity": 0.75 if on_front else 0.45,
                "symbol": "circle" if on_front else "diamond",
                "line": {"width": 1.5, "color": colour},
            },
            name=name,
        )
    figure.update_xaxes(
        type="log", title_text=axis, fixedrange=True, range=_range([p.cost for p in points]), dtick="D2"
    )
    figure.update_yaxes(title_text="accuracy, %", fixedrange=True)
    figure.update_layout(
        height=330,
        margin={"l": 10, "r": 10, "t": 30, "b": 10},
        legend={"orientation": "h", "x": 0, "y": 1.12, "itemsizing": "constant"},
        hovermode="closest",
    )
    return figure


def _range(costs: Sequence[float]) -> list[float]:
    """Room for names at the right, in powers of ten."""
    import math

    if not costs:
        return [0, 1]
    low, high = math.log10(min(costs)), math.log10(max(costs))
    room = max(high - low, 0.5)
    return [low - 0.2 * room, high + 0.6 * room]


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
