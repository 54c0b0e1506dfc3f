"""Class probabilities of one face."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from fer_models import labels


def probability_bars(ranked: Sequence[tuple[str, float]]) -> go.Figure:
    """Horizontal bars in the emotions' fixed colours, the largest on top.

    Args:
        ranked: class names and probabilities in [0, 1], the largest first.
    """
    names = [name for name, _ in ranked]
    values = [100 * value for _, value in ranked]
    figure = go.Figure(
        go.Bar(
            x=values,
            y=names,
            orientation="h",
            marker={"color": [labels.colour(name) for name in names]},
            text=[f"{value:.1f}" for value in values],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{x:.2f} %<extra></extra>",
        )
    )
    figure.update_yaxes(autorange="reversed", title_text="", ticks="", automargin=True)
    figure.update_xaxes(range=[0, 112], tickvals=[0, 50, 100], title_text="probability, %", fixedrange=True)
    figure.update_layout(height=54 + 24 * len(names), margin={"l": 10, "r": 10, "t": 10, "b": 10}, bargap=0.3)
    return figure
