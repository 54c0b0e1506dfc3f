"""Training curves of several runs over one another.

A small matrix with words in its cells: how often networks agree, and how they do on each data set.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import plotly.graph_objects as go

from fer_models.colours import CONTRASTING, ON_DARK, ON_LIGHT
from workbench.evidence.figures import DASHES, MARKS, readable_ink

_MOST_MARKS = 12


def curves_together(
    runs: Mapping[str, Sequence[Mapping[str, Any]]],
    quantity: Literal["accuracy", "loss"],
    *,
    training: bool,
    by: Literal["epoch", "minutes"] = "epoch",
) -> go.Figure:
    """Validation curves, each with a colour, dash and mark of its own; training curves thin behind them.

    Args:
        runs: of each run its epochs, with ``epoch``, ``seconds`` and ``train_`` and ``val_`` values (accuracies in
            [0, 1]).
        training: whether the training pictures' curves are drawn too.
        by: the axis below: epochs, or minutes of training.
    """
    factor, unit, digits = (100.0, " %", ".1f") if quantity == "accuracy" else (1.0, "", ".3f")
    figure = go.Figure()
    for number, (name, rows) in enumerate(runs.items()):
        style = number % len(CONTRASTING)
        x = _places(rows, by)
        for key, what in ((f"train_{quantity}", "training"), (f"val_{quantity}", "validation")):
            own = what == "validation"
            if not own and not training:
                continue
            figure.add_scatter(
                x=x,
                y=[None if row.get(key) is None else factor * row[key] for row in rows],
                name=name if own else f"{name}, training",
                legendgroup=name,
                showlegend=own,
                mode="lines+markers" if own else "lines",
                opacity=1.0 if own else 0.45,
                line={"color": CONTRASTING[style], "dash": DASHES[style], "width": 2 if own else 1.2},
                marker={"symbol": MARKS[style], "size": 7, "maxdisplayed": _MOST_MARKS},
                hovertemplate=f"{by} %{{x:.4g}}: %{{y:{digits}}}{unit}<extra>{name}, {what}</extra>",
            )
    figure.update_xaxes(title_text=by, rangemode="tozero", fixedrange=True)
    figure.update_yaxes(title_text=f"{quantity}{', %' if unit else ''}", fixedrange=True)
    figure.update_layout(
        height=400,
        margin={"l": 10, "r": 10, "t": 34, "b": 10},
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        hovermode="closest",
    )
    return figure


def _places(rows: Sequence[Mapping[str, Any]], by: str) -> list[float]:
    if by == "epoch":
        return [float(row["epoch"]) for row in rows]
    total, places = 0.0, []
    for row in rows:
        total += float(row.get("seconds") or 0.0)
        places.append(total / 60)
    return places


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
    scale = ON_DARK if dark else ON_LIGHT
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
