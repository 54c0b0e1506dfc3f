"""Figures of the Explain page: relevance of two classes by region, removal and strength curves, gates, weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from fer_models.colours import GREY, SERIES, scale


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
        range=[-1.1 * most, 1.1 * most],
        tickvals=ticks,
        ticktext=[f"{abs(t):.0f}" for t in ticks],
        title_text="part of all relevance, %",
        fixedrange=True,
        zeroline=True,
    )
    figure.update_yaxes(autorange="reversed", fixedrange=True, automargin=True)
    figure.update_layout(
        barmode="overlay",
        height=90 + 26 * len(names),
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        bargap=0.35,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
    )
    return figure


#: This map, then the reference maps; they differ in dash and width as well as colour.
_STYLES = ((SERIES[1], "solid", 3), (SERIES[0], "dash", 2), (SERIES[3], "dashdot", 2))


def removal_curves(
    share: np.ndarray, lines: Mapping[str, np.ndarray], band: np.ndarray, title: str, unit: str
) -> go.Figure:
    """A removal curve for each map over the band of random maps.

    Args:
        share: (n,) of the pixels, in [0, 1].
        lines: Name of a map to scores (n,).
        band: (3, n), 5 %, median and 95 % of random maps.
        title: Of the horizontal axis.
        unit: Of the score.
    """
    figure, x = go.Figure(), (100 * share).tolist()
    low, median, high = band.tolist()
    outline = {"mode": "lines", "showlegend": False, "hoverinfo": "skip", "line": {"width": 0}}
    figure.add_scatter(x=x, y=low, **outline)
    figure.add_scatter(x=x, y=high, fill="tonexty", fillcolor="rgba(127,127,127,0.28)", **outline)
    drawn = [("random maps, median", median, (GREY, "dot", 2))]
    for (name, score), style in zip(lines.items(), _STYLES, strict=False):
        drawn.append((name, score.tolist(), style))
    for name, y, (colour, dash, width) in drawn:
        figure.add_scatter(
            x=x,
            y=y,
            mode="lines",
            name=name,
            showlegend=False,
            line={"color": colour, "dash": dash, "width": width},
            hovertemplate="%{x:.0f} %: %{y:.3f}<extra>" + name + "</extra>",
        )
    figure.update_xaxes(title_text=title, range=[0, 100], tickvals=[0, 50, 100], fixedrange=True)
    figure.update_yaxes(title_text=unit, fixedrange=True)
    figure.update_layout(height=250, margin={"l": 10, "r": 10, "t": 10, "b": 10})
    return figure


def strength_curves(
    strengths: Sequence[float], lines: Sequence[tuple[str, Sequence[float], str]], unit: str, now: float
) -> go.Figure:
    """Probability of each class over the strength of a change.

    Args:
        lines: class, probabilities in [0, 1], colour. now: the current strength, marked.
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
    figure.add_vline(x=now, line={"dash": "dot", "width": 1.5, "color": GREY})
    figure.update_xaxes(title_text=unit, fixedrange=True)
    figure.update_yaxes(title_text="probability, %", range=[0, 102], fixedrange=True)
    figure.update_layout(
        height=280,
        margin={"l": 10, "r": 10, "t": 36, "b": 10},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"},
    )
    return figure


def gate_bars(values: np.ndarray, colour: str = SERIES[0]) -> go.Figure:
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
    figure.update_xaxes(title_text="channels, most open first", fixedrange=True, range=[0.5, len(values) + 0.5])
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
            colorscale=scale(),
            zmin=0,
            hovertemplate="query %{y}, key %{x}: %{z:.3f}<extra></extra>",
            colorbar={"title": {"text": "weight"}, "thickness": 10, "outlinewidth": 0},
        )
    )
    figure.update_xaxes(title_text=f"keys, {columns}", fixedrange=True)
    figure.update_yaxes(title_text=f"queries, {rows}", autorange="reversed", fixedrange=True)
    figure.update_layout(height=380, margin={"l": 10, "r": 10, "t": 10, "b": 10})
    return figure
