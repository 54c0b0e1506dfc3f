"""A small matrix with words in its cells: how often networks agree, and how they do on each data set."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from workbench.figures.confusion import DARK, LIGHT, readable_ink

_BLACK, _WHITE = "#000000", "#FFFFFF"


def matrix(
    shown: np.ndarray,
    texts: Sequence[Sequence[str]],
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    about: Sequence[Sequence[str]],
    row_title: str = "",
    column_title: str = "",
    dark: bool = False,
) -> go.Figure:
    """Cells coloured from the lowest to the highest value, each with its words.

    Args:
        shown: float (R, C), NaN where there is nothing.
        texts: what is written into each cell; a line break is ``<br>``.
        about: what the mouse is told of each cell.
    """
    scale = DARK if dark else LIGHT
    known = shown[np.isfinite(shown)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    low -= max(1.0, 0.15 * (high - low))  # the lowest cell too must stand out from the ground
    figure = go.Figure()
    level = (np.nan_to_num(shown, nan=low) - low) / max(high - low, 1e-9)
    inks = np.array([[readable_ink(v, scale) for v in row] for row in level])
    for ink in (_BLACK, _WHITE):  # one ink a trace, so that every cell can be read
        figure.add_heatmap(
            z=np.where(inks == ink, shown, np.nan),
            zmin=low,
            zmax=high,
            colorscale=[[i / (len(scale) - 1), colour] for i, colour in enumerate(scale)],
            xgap=2,
            ygap=2,
            text=np.where((inks == ink) & np.isfinite(shown), np.array(texts, object), "").tolist(),
            texttemplate="%{text}",
            textfont={"size": 12, "color": ink},
            customdata=[list(line) for line in about],
            hovertemplate="%{customdata}<extra></extra>",
            hoverongaps=False,
            showscale=False,
        )
    for i, line in enumerate(texts):
        for j, text in enumerate(line):
            if not np.isfinite(shown[i, j]) and text:
                figure.add_annotation(x=j, y=i, text=text, showarrow=False, font={"size": 11})
    axis = {"fixedrange": True, "showgrid": False, "zeroline": False}
    figure.update_xaxes(
        **axis, tickvals=list(range(len(columns))), ticktext=[_broken(name) for name in columns],
        range=[-0.5, len(columns) - 0.5], title_text=column_title, side="bottom", automargin=True,
    )  # fmt: skip
    figure.update_yaxes(
        **axis, tickvals=list(range(len(rows))), ticktext=[_broken(name) for name in rows],
        range=[len(rows) - 0.5, -0.5], title_text=row_title, automargin=True,
    )  # fmt: skip
    figure.update_layout(
        height=110 + 58 * len(rows),
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        dragmode=False,
        plot_bgcolor="rgba(0,0,0,0)",
    )
    return figure


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
