"""Which regions speak for one of two classes, and which for the other."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go


def opposed_bars(rows: Sequence[tuple[str, float, float]], a: str, b: str, colour_a: str, colour_b: str) -> go.Figure:
    """Bars to the right for class ``a`` and to the left for class ``b``, the largest region on top.

    Args:
        rows: region, part of all relevance for a, part for b, in [0, 1].
    """
    names = [name for name, _, _ in rows]
    figure = go.Figure()
    for label, sign, values, colour, pattern in (
        (a, 1, [row[1] for row in rows], colour_a, ""),
        (b, -1, [row[2] for row in rows], colour_b, "/"),
    ):
        figure.add_bar(
            x=[sign * 100 * value for value in values],
            y=names,
            orientation="h",
            name=f"for {label}",
            marker={"color": colour, "pattern": {"shape": pattern}},
            customdata=[100 * value for value in values],
            hovertemplate="%{y}: %{customdata:.1f} % for " + label + "<extra></extra>",
        )
    most = max(1.0, *(100 * max(p, n) for _, p, n in rows))
    ticks = [-most, 0, most]
    figure.update_xaxes(
        range=[-1.1 * most, 1.1 * most], tickvals=ticks, ticktext=[f"{abs(t):.0f}" for t in ticks],
        title_text="part of all relevance, %", fixedrange=True, zeroline=True,
    )  # fmt: skip
    figure.update_yaxes(autorange="reversed", fixedrange=True, automargin=True)
    figure.update_layout(
        barmode="overlay", height=90 + 26 * len(names), margin={"l": 10, "r": 10, "t": 10, "b": 10}, bargap=0.35,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
    )  # fmt: skip
    return figure
