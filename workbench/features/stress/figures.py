"""Figures of a stress test: curves against severity, and a grid of corruptions and severities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from fer_models.colours import DASHES, SERIES


@dataclass(frozen=True)
class Curve:
    """A line: value and interval at each severity; ``nan`` if not measured."""

    name: str
    values: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]


def curves(lines: Sequence[Curve], severities: Sequence[int], *, title: str, percent: bool = True) -> go.Figure:
    """Curves against severity with their intervals as bands; lines differ in colour and dash."""
    factor = 100.0 if percent else 1.0
    traces: list[dict[str, Any]] = []
    x = list(severities)
    for i, line in enumerate(lines):
        colour, dash = SERIES[i % len(SERIES)], DASHES[i % len(DASHES)]
        band = [factor * v for v in line.high] + [factor * v for v in reversed(line.low)]
        rgb = ", ".join(str(int(colour[k : k + 2], 16)) for k in (1, 3, 5))
        filled = {
            "type": "scatter",
            "x": x + x[::-1],
            "y": band,
            "fill": "toself",
            "fillcolor": f"rgba({rgb}, 0.16)",
            "line": {"width": 0},
            "hoverinfo": "skip",
            "showlegend": False,
            "mode": "lines",
        }
        drawn = {
            "type": "scatter",
            "x": x,
            "y": [factor * v for v in line.values],
            "name": line.name,
            "mode": "lines+markers",
            "line": {"color": colour, "dash": dash, "width": 2},
            "marker": {"size": 6},
            "customdata": np.stack([factor * np.asarray(line.low), factor * np.asarray(line.high)], 1).tolist(),
            "hovertemplate": "strength %{x}: %{y:.2f} [%{customdata[0]:.2f}, %{customdata[1]:.2f}]"
            f"<extra>{line.name}</extra>",
        }
        traces += [filled, drawn]
    up: dict[str, Any] = {"title": {"text": f"{title}{', %' if percent else ''}"}, "fixedrange": True}
    layout = {
        "xaxis": {"title": {"text": "strength"}, "dtick": 1, "fixedrange": True},
        "yaxis": up | ({"range": [0, 102]} if percent else {}),
        "height": 330,
        "margin": {"l": 10, "r": 10, "t": 30, "b": 10},
        "legend": {"orientation": "h", "x": 0, "xanchor": "left", "y": 1.02, "yanchor": "bottom"},
        "showlegend": len(lines) > 1,
    }
    return go.Figure(traces, layout)


def grid(
    rows: Sequence[str],
    columns: Sequence[str],
    values: np.ndarray,
    texts: Sequence[Sequence[str]],
    *,
    title: str,
    hover: Sequence[Sequence[str]],
) -> go.Figure:
    """Cells of corruptions (rows) and severities (columns) with a number or word in each.

    Args:
        values: float (rows, columns) in [0, 1], the colour. texts: in the cells. hover: shown under the mouse.
    """
    cells = {
        "type": "heatmap",
        "z": 100 * values,
        "x": list(columns),
        "y": list(rows),
        "zmin": 0,
        "zmax": 100,
        "colorscale": "cividis",
        "text": texts,
        "texttemplate": "%{text}",
        "customdata": hover,
        "hovertemplate": "%{customdata}<extra></extra>",
        "xgap": 2,
        "ygap": 2,
        "colorbar": {"title": {"text": title, "side": "right"}, "thickness": 12, "tickvals": [0, 50, 100]},
    }
    layout = {
        "xaxis": {"title": {"text": "strength"}, "side": "top", "fixedrange": True, "type": "category"},
        "yaxis": {"autorange": "reversed", "automargin": True, "fixedrange": True, "title": {"text": ""}},
        "height": 80 + 30 * len(rows),
        "margin": {"l": 10, "r": 10, "t": 40, "b": 10},
    }
    return go.Figure([cells], layout)
