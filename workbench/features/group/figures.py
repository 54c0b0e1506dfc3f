"""Share of people per expression."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from fer_models import labels


def people_bars(shares: Sequence[tuple[str, int, float]]) -> go.Figure:
    """Horizontal bars in the emotions' fixed colours, in the given order; the hover text has the number of people.

    Args:
        shares: class, number of people, share in [0, 1].
    """
    names = [name for name, _, _ in shares]
    figure = go.Figure(
        go.Bar(
            x=[100 * share for _, _, share in shares],
            y=names,
            orientation="h",
            marker={"color": [labels.colour(name) for name in names]},
            text=[f"{100 * share:.1f} %" if count else "0" for _, count, share in shares],
            customdata=[count for _, count, _ in shares],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{customdata} people, %{x:.1f} %<extra></extra>",
        )
    )
    figure.update_yaxes(autorange="reversed", title_text="", ticks="", automargin=True)
    figure.update_xaxes(range=[0, 118], tickvals=[0, 50, 100], title_text="people, %", fixedrange=True)
    figure.update_layout(height=54 + 24 * len(names), margin={"l": 10, "r": 10, "t": 10, "b": 10}, bargap=0.3)
    return figure
