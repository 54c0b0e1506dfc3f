"""Curves of a score: while pixels go or come, and over a strength."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

#: This map, then the maps that know nothing: told apart by dash and width as well as colour.
_STYLES = (("#C46A2D", "solid", 3), ("#8A8F98", "dot", 2), ("#3E89B0", "dash", 2), ("#7A5C99", "dashdot", 2))


def removal_curves(
    lines: Sequence[tuple[str, np.ndarray, np.ndarray]], title: str, unit: str, legend: bool
) -> go.Figure:
    """One line a map.

    Args:
        lines: name, share of the pixels in [0, 1], score. title: of the horizontal axis. unit: of the score.
    """
    figure = go.Figure()
    for (name, share, score), (colour, dash, width) in zip(lines, _STYLES, strict=False):
        figure.add_scatter(
            x=(100 * share).tolist(),
            y=score.tolist(),
            mode="lines",
            name=name,
            showlegend=legend,
            line={"color": colour, "dash": dash, "width": width},
            hovertemplate="%{x:.0f} %: %{y:.3f}<extra>" + name + "</extra>",
        )
    figure.update_xaxes(title_text=title, range=[0, 100], tickvals=[0, 50, 100], fixedrange=True)
    figure.update_yaxes(title_text=unit, fixedrange=True)
    figure.update_layout(
        height=250,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"},
    )
    return figure


def strength_curves(
    strengths: Sequence[float], lines: Sequence[tuple[str, Sequence[float], str]], unit: str, now: float
) -> go.Figure:
    """Probability of each class over the strength of a change.

    Args:
        lines: class, probabilities in [0, 1], colour. now: the strength that is set, marked.
    """
    figure = go.Figure()
    dashes = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
    for number, (name, values, colour) in enumerate(lines):
        figure.add_scatter(
            x=list(strengths),
            y=[100 * value for value in values],
            mode="lines",
            name=name,
            line={"color": colour, "width": 2.5, "dash": dashes[number % len(dashes)]},
            hovertemplate="%{x:.3g}: %{y:.1f} %<extra>" + name + "</extra>",
        )
    figure.add_vline(x=now, line={"dash": "dot", "width": 1.5, "color": "#8A8F98"})
    figure.update_xaxes(title_text=unit, fixedrange=True)
    figure.update_yaxes(title_text="probability, %", range=[0, 102], fixedrange=True)
    figure.update_layout(
        height=280,
        margin={"l": 10, "r": 10, "t": 36, "b": 10},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"},
    )
    return figure
