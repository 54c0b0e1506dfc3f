"""Figures of the face lab: response curves, an interaction map, and how far traits move a score."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from fer_models import labels
from fer_models.colours import DASHES, GREY, SERIES
from fer_models.lab import Curve, Interaction, Shift


def curves(names: Sequence[str], found: Sequence[Curve], level: float) -> go.Figure:
    """Probability of each class over the range of a unit, a panel a network.

    Args:
        names: Of the networks.
        found: Their curves, of one unit.
        level: The face's own intensity of the unit.
    """
    columns = min(3, len(found))
    rows = -(-len(found) // columns)
    figure = make_subplots(rows, columns, subplot_titles=list(names), shared_yaxes=True, horizontal_spacing=0.04)
    listed: set[str] = set()
    for number, curve in enumerate(found):
        row, column = number // columns + 1, number % columns + 1
        for position, name in enumerate(curve.classes):
            figure.add_scatter(
                x=curve.levels,
                y=100 * curve.probabilities[:, position],
                name=name,
                legendgroup=name,
                showlegend=name not in listed,
                mode="lines",
                line={"color": labels.colour(name), "dash": DASHES[position % len(DASHES)], "width": 2},
                hovertemplate=f"{curve.unit} %{{x:.2f}}: {name} %{{y:.1f}} %<extra></extra>",
                row=row,
                col=column,
            )
            listed.add(name)
        for decision in curve.decisions:
            figure.add_vline(decision.level, line={"color": GREY, "dash": "dot", "width": 1}, row=row, col=column)
        figure.add_vline(level, line={"color": GREY, "width": 1}, row=row, col=column)
        figure.update_xaxes(title_text=f"{curve.unit}, intensity" if row == rows else "", row=row, col=column)
    figure.update_xaxes(range=[0, 1], fixedrange=True)
    figure.update_yaxes(range=[0, 102], fixedrange=True)
    figure.update_yaxes(title_text="probability, %", col=1)
    figure.update_annotations(font_size=12)
    legend = {"orientation": "h", "x": 0, "xanchor": "left", "y": 1.12 if rows == 1 else 1.06, "yanchor": "bottom"}
    figure.update_layout(height=90 + 230 * rows, margin={"l": 10, "r": 10, "t": 60, "b": 10}, legend=legend)
    return figure


def interaction(grid: Interaction) -> go.Figure:
    """The winning class in every cell, its colour and first letters, paler where it is less probable."""
    first, second = grid.units
    used = [k for k in range(len(grid.classes)) if (grid.winner == k).any()]
    figure = go.Figure()
    share = grid.probabilities.max(2)
    for k in used:
        mine = grid.winner == k
        figure.add_heatmap(
            z=np.where(mine, 100 * share, np.nan),
            x=grid.levels,
            y=grid.levels,
            zmin=0,
            zmax=100,
            colorscale=[[0, _pale(labels.colour(grid.classes[k]))], [1, labels.colour(grid.classes[k])]],
            showscale=False,
            name=grid.classes[k],
            text=np.where(mine, grid.classes[k][:3], ""),
            texttemplate="%{text}",
            hoverongaps=False,
            hovertemplate=f"{first} %{{y:.1f}}, {second} %{{x:.1f}}: {grid.classes[k]} %{{z:.1f}} %<extra></extra>",
        )
    figure.update_xaxes(title_text=f"{second}, intensity", fixedrange=True, constrain="domain")
    figure.update_yaxes(title_text=f"{first}, intensity", fixedrange=True)
    figure.update_layout(height=420, margin={"l": 10, "r": 10, "t": 10, "b": 10})
    return figure


def _pale(colour: str) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgb({(red + 510) // 3}, {(green + 510) // 3}, {(blue + 510) // 3})"


def shifts(found: Sequence[Shift], titles: Sequence[str]) -> go.Figure:
    """A point for each person and trait, with the mean and its interval."""
    figure = go.Figure()
    random = np.random.default_rng(0)
    for row, shift in enumerate(found):
        figure.add_scatter(
            x=100 * shift.moves,
            y=row + random.uniform(-0.28, 0.28, len(shift.moves)),
            mode="markers",
            marker={"size": 5, "color": SERIES[0], "opacity": 0.45},
            hovertemplate="%{x:+.1f} points<extra></extra>",
            showlegend=False,
        )
        mean = shift.mean
        figure.add_scatter(
            x=[100 * mean.value],
            y=[row],
            mode="markers",
            marker={"size": 11, "symbol": "diamond", "color": SERIES[1], "line": {"color": "white", "width": 1}},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [100 * (mean.high - mean.value)],
                "arrayminus": [100 * (mean.value - mean.low)],
                "color": SERIES[1],
                "thickness": 3,
            },
            hovertemplate=f"mean %{{x:+.1f}} points [{100 * mean.low:+.1f}, {100 * mean.high:+.1f}]<extra></extra>",
            showlegend=False,
        )
    figure.add_vline(0, line={"color": GREY, "width": 1})
    figure.update_yaxes(tickvals=list(range(len(found))), ticktext=list(titles), autorange="reversed", fixedrange=True)
    figure.update_xaxes(title_text=f"change of the probability of {found[0].target}, points", fixedrange=True)
    figure.update_layout(height=110 + 80 * len(found), margin={"l": 10, "r": 10, "t": 10, "b": 10})
    return figure
