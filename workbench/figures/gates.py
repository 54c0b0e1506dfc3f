"""Channel gates of attention modules, sorted."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

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
