"""Training curves of several runs in one plot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import plotly.graph_objects as go

from fer_models.colours import CONTRASTING, DASHES
from workbench.evidence.figures import MARKS

_MOST_MARKS = 12


def curves_together(
    runs: Mapping[str, Sequence[Mapping[str, Any]]],
    quantity: Literal["accuracy", "loss"],
    *,
    training: bool,
    by: Literal["epoch", "minutes"] = "epoch",
) -> go.Figure:
    """Validation curves, each with its own colour, dash and mark; training curves are thin behind them.

    Args:
        runs: By name, the epochs of each run, with ``epoch``, ``seconds`` and ``train_`` and ``val_`` values
            (accuracies in [0, 1]).
        quantity: What is drawn.
        training: Whether the training curves are drawn too.
        by: The horizontal axis: epochs, or minutes of training.
    """
    factor, unit, digits = (100.0, " %", ".1f") if quantity == "accuracy" else (1.0, "", ".3f")
    figure = go.Figure()
    for number, (name, rows) in enumerate(runs.items()):
        style = number % len(CONTRASTING)
        x = _times(rows, by)
        for key, what in ((f"train_{quantity}", "training"), (f"val_{quantity}", "validation")):
            validation = what == "validation"
            if not validation and not training:
                continue
            figure.add_scatter(
                x=x,
                y=[None if row.get(key) is None else factor * row[key] for row in rows],
                name=name if validation else f"{name}, training",
                legendgroup=name,
                showlegend=validation,
                mode="lines+markers" if validation else "lines",
                opacity=1.0 if validation else 0.45,
                line={"color": CONTRASTING[style], "dash": DASHES[style], "width": 2 if validation else 1.2},
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


def _times(rows: Sequence[Mapping[str, Any]], by: str) -> list[float]:
    if by == "epoch":
        return [float(row["epoch"]) for row in rows]
    total, minutes = 0.0, []
    for row in rows:
        total += float(row.get("seconds") or 0.0)
        minutes.append(total / 60)
    return minutes
