"""A small matrix with texts in its cells: how often networks agree, and how they do on each data set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from fer_models.colours import ON_DARK, ON_LIGHT
from workbench.evidence.figures import readable_ink

_BLACK, _WHITE = "#000000", "#FFFFFF"


@dataclass(frozen=True, eq=False)
class Grid:
    """What a matrix shows.

    Args:
        values: float (R, C), NaN where there is no value.
        texts: Text of each cell; a line break is ``<br>``.
        rows: Names of the R rows.
        columns: Names of the C columns.
        about: Hover text of each cell.
        row_title: Title of the vertical axis.
        column_title: Title of the horizontal axis.
    """

    values: np.ndarray
    texts: Sequence[Sequence[str]]
    rows: Sequence[str]
    columns: Sequence[str]
    about: Sequence[Sequence[str]]
    row_title: str = ""
    column_title: str = ""


def matrix(grid: Grid, *, dark: bool = False) -> go.Figure:
    """Cells coloured from the lowest to the highest value, each with its text."""
    figure = go.Figure()
    _add_cells(figure, grid, ON_DARK if dark else ON_LIGHT)
    for i, line in enumerate(grid.texts):
        for j, text in enumerate(line):
            if not np.isfinite(grid.values[i, j]) and text:
                figure.add_annotation(x=j, y=i, text=text, showarrow=False, font={"size": 11})
    axis = {"fixedrange": True, "showgrid": False, "zeroline": False}
    rows, columns = [_broken(name) for name in grid.rows], [_broken(name) for name in grid.columns]
    figure.update_xaxes(
        **axis,
        tickvals=list(range(len(columns))),
        ticktext=columns,
        range=[-0.5, len(columns) - 0.5],
        title_text=grid.column_title,
        side="bottom",
        automargin=True,
    )
    figure.update_yaxes(
        **axis,
        tickvals=list(range(len(rows))),
        ticktext=rows,
        range=[len(rows) - 0.5, -0.5],
        title_text=grid.row_title,
        automargin=True,
    )
    figure.update_layout(
        height=110 + 58 * len(rows),
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        dragmode=False,
        plot_bgcolor="rgba(0,0,0,0)",
    )
    return figure


def _add_cells(figure: go.Figure, grid: Grid, scale: Sequence[str]) -> None:
    """One heatmap per ink, so that the text of every cell is readable."""
    values = grid.values
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    low -= max(1.0, 0.15 * (high - low))  # the lowest cell, too, must differ from the background
    level = (np.nan_to_num(values, nan=low) - low) / max(high - low, 1e-9)
    inks = np.array([[readable_ink(v, scale) for v in row] for row in level])
    for ink in (_BLACK, _WHITE):
        figure.add_heatmap(
            z=np.where(inks == ink, values, np.nan),
            zmin=low,
            zmax=high,
            colorscale=[[i / (len(scale) - 1), colour] for i, colour in enumerate(scale)],
            xgap=2,
            ygap=2,
            text=np.where((inks == ink) & np.isfinite(values), np.array(grid.texts, object), "").tolist(),
            texttemplate="%{text}",
            textfont={"size": 12, "color": ink},
            customdata=[list(line) for line in grid.about],
            hovertemplate="%{customdata}<extra></extra>",
            hoverongaps=False,
            showscale=False,
        )


def _broken(name: str) -> str:
    """A long name on several lines, so that it leaves room for the cells."""
    lines, line = [], ""
    for piece in name.replace("-", "- ").replace("_", "_ ").split(" "):
        if line and len(line) + len(piece) > 16:
            lines.append(line)
            line = ""
        joint = "" if not line or line.endswith(("-", "_")) else " "
        line += joint + piece
    return "<br>".join([*lines, line]).replace("& ", "&amp; ")
