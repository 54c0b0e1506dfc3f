"""Training curves of several runs over one another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import plotly.graph_objects as go

from workbench.figures.compare_classes import COLOURS, DASHES, MARKS

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
        style = number % len(COLOURS)
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
                line={"color": COLOURS[style], "dash": DASHES[style], "width": 2 if own else 1.2},
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
