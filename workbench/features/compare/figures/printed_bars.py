"""Grouped bars of a metric: a group a data set, a bar a method, and a hatched one for what was measured here."""

from __future__ import annotations

import plotly.graph_objects as go

from fer_models.colours import CONTRASTING
from workbench.features.compare.model.printed_bars import Bars


def grouped(bars: Bars, title: str) -> go.Figure:
    """Printed values as plain bars, measured ones hatched, with their intervals.

    Args:
        bars: What is drawn.
        title: The metric, for the axis.
    """
    figure = go.Figure()
    for number, (method, values) in enumerate(bars.printed.items()):
        figure.add_bar(
            x=list(values),
            y=[100 * value for value in values.values()],
            name=method,
            marker_color=CONTRASTING[number % len(CONTRASTING)],
            opacity=0.75,
            hovertemplate=f"%{{x}}: %{{y:.2f}} %<extra>{method}, printed</extra>",
        )
    if bars.measured:
        rows = bars.measured
        figure.add_bar(
            x=list(rows),
            y=[100 * row.value for row in rows.values()],
            error_y={
                "type": "data",
                "array": [100 * (row.high - row.value) for row in rows.values()],
                "arrayminus": [100 * (row.value - row.low) for row in rows.values()],
            },
            name="Measured here",
            marker={"color": "#8a8f94", "pattern": {"shape": "/", "fgcolor": "#1f2a30", "fillmode": "overlay"}},
            customdata=[(row.name, row.split) for row in rows.values()],
            hovertemplate="%{x}: %{y:.1f} %, %{customdata[0]}, %{customdata[1]}<extra>measured here</extra>",
        )
    figure.update_xaxes(categoryorder="array", categoryarray=list(bars.datasets), fixedrange=True)
    figure.update_yaxes(title_text=f"{title}, %", range=[0, 102], fixedrange=True)
    figure.update_layout(
        barmode="group",
        height=400,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
    )
    return figure
