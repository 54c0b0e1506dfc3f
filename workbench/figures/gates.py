"""Channel gates of attention modules, sorted."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from workbench.figures.heatmap import SEQUENTIAL

_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")


def sorted_gates(gates: Mapping[str, np.ndarray]) -> go.Figure:
    """One line a module: its channels' gates by falling value, over the share of channels.

    Args:
        gates: module name to gates (C,), in (0, 1).
    """
    figure = go.Figure()
    for number, (name, values) in enumerate(gates.items()):
        ordered = np.sort(values)[::-1]
        share = 100 * (np.arange(len(ordered)) + 0.5) / len(ordered)
        figure.add_scatter(
            x=share,
            y=ordered,
            mode="lines",
            name=f"{name}, {len(ordered)} channels",
            line={"width": 2, "dash": _DASHES[number % len(_DASHES)]},
            hovertemplate="%{x:.0f} % of channels: gate %{y:.2f} or more<extra></extra>",
        )
    figure.update_xaxes(title_text="channels by falling gate, %", range=[0, 100], fixedrange=True)
    figure.update_yaxes(title_text="gate", range=[0, 1.02], fixedrange=True)
    figure.update_layout(
        height=260, margin={"l": 10, "r": 10, "t": 10, "b": 10}, legend={"orientation": "h", "y": -0.35, "x": 0}
    )
    return figure


def gate_bars(values: np.ndarray, colour: str = "#3E89B0") -> go.Figure:
    """One bar a channel, the most open on the left.

    Args:
        values: gates (C,) of one module.
    """
    order = np.argsort(-values, kind="stable")
    figure = go.Figure(
        go.Bar(
            x=np.arange(1, len(values) + 1).tolist(),
            y=values[order].tolist(),
            customdata=order.tolist(),
            marker={"color": colour, "line": {"width": 0}},
            hovertemplate="rank %{x}, channel %{customdata}: gate %{y:.3f}<extra></extra>",
        )
    )
    figure.update_xaxes(title_text="channels by falling gate", fixedrange=True, range=[0.5, len(values) + 0.5])
    figure.update_yaxes(title_text="gate", rangemode="tozero", fixedrange=True)
    figure.update_layout(height=220, margin={"l": 10, "r": 10, "t": 10, "b": 10}, bargap=0)
    return figure


def weight_matrix(weights: np.ndarray, rows: str, columns: str) -> go.Figure:
    """Attention weights (Q, K) as a matrix.

    Args:
        rows, columns: what queries and keys are.
    """
    figure = go.Figure(
        go.Heatmap(
            z=weights,
            colorscale=SEQUENTIAL,
            zmin=0,
            hovertemplate="query %{y}, key %{x}: %{z:.3f}<extra></extra>",
            colorbar={"title": {"text": "weight"}, "thickness": 10, "outlinewidth": 0},
        )
    )
    figure.update_xaxes(title_text=f"keys, {columns}", fixedrange=True)
    figure.update_yaxes(title_text=f"queries, {rows}", autorange="reversed", fixedrange=True)
    figure.update_layout(height=380, margin={"l": 10, "r": 10, "t": 10, "b": 10})
    return figure
