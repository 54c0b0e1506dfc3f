"""Loss and accuracy by epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import plotly.graph_objects as go

TRAIN, VALIDATION = "#C46A2D", "#3E89B0"


def learning_curve(
    rows: Sequence[Mapping[str, Any]], quantity: Literal["loss", "accuracy"], epochs: int, best_epoch: int | None = None
) -> go.Figure:
    """One quantity; training dotted, validation solid, the best epoch marked; accuracy in per cent.

    Args:
        rows: one an epoch with ``epoch`` and ``train_`` and ``val_`` values (accuracies in [0, 1]).
        epochs: how many were asked for: the axis has its full length from the start, so that nothing jumps.
    """
    factor, unit, digits = (100.0, " %", ".1f") if quantity == "accuracy" else (1.0, "", ".3f")
    x = [row["epoch"] for row in rows]
    step = max(1, round(epochs / 8))
    mark = {"type": "line", "x0": best_epoch, "x1": best_epoch, "y0": 0, "y1": 1, "yref": "paper", "line": _MARK}
    # One constructor call: a figure that is redrawn every second must cost next to nothing.
    return go.Figure(
        [
            {
                "type": "scatter",
                "x": x,
                "y": [None if row.get(key) is None else factor * row[key] for row in rows],
                "name": name,
                "mode": "lines+markers",
                "line": {"color": colour, "dash": dash, "width": 2},
                "marker": {"size": 4},
                "hovertemplate": f"epoch %{{x}}: %{{y:{digits}}}{unit}<extra>{name}</extra>",
            }
            for key, name, colour, dash in (
                (f"train_{quantity}", "training, augmented", TRAIN, "dot"),
                (f"val_{quantity}", "validation", VALIDATION, "solid"),
            )
        ],
        {
            "height": 260,
            "margin": {"l": 10, "r": 10, "t": 30, "b": 10},
            "uirevision": "curves",
            "hovermode": "x",
            "legend": {"orientation": "h", "x": 1, "xanchor": "right", "y": 1.02, "yanchor": "bottom"},
            "shapes": [] if best_epoch is None else [mark],
            "xaxis": {"title": {"text": "epoch"}, "range": [0.7, max(epochs, 2) + 0.3], "dtick": step, "tick0": step},
            "yaxis": {"title": {"text": f"{quantity}{', %' if unit else ''}"}, "rangemode": "tozero"},
        },
    )


_MARK = {"dash": "dash", "width": 1, "color": "#8A8F98"}
