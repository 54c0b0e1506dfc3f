"""Loss and accuracy by epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

TRAIN, VALIDATION = "#C46A2D", "#3E89B0"


def learning_curves(rows: Sequence[Mapping[str, Any]], epochs: int, best_epoch: int | None = None) -> go.Figure:
    """Loss on the left, accuracy in per cent on the right; training dotted, validation solid, the best epoch marked.

    Args:
        rows: one an epoch with ``epoch, train_loss, val_loss, train_accuracy, val_accuracy`` (accuracies in [0, 1]).
        epochs: how many were asked for: the axis has its full length from the start, so that nothing jumps.
    """
    figure = make_subplots(rows=1, cols=2, subplot_titles=("Loss", "Accuracy, %"), horizontal_spacing=0.08)
    x = [row["epoch"] for row in rows]
    for column, quantity, factor in ((1, "loss", 1.0), (2, "accuracy", 100.0)):
        for prefix, name, colour, dash in (
            ("train", "training, augmented", TRAIN, "dot"),
            ("val", "validation", VALIDATION, "solid"),
        ):
            values = [_scaled(row.get(f"{prefix}_{quantity}"), factor) for row in rows]
            figure.add_scatter(
                x=x,
                y=values,
                name=name,
                mode="lines+markers",
                line={"color": colour, "dash": dash, "width": 2},
                marker={"size": 4},
                legendgroup=prefix,
                showlegend=column == 1,
                hovertemplate=f"epoch %{{x}}: %{{y:.3f}}<extra>{name}</extra>"
                if factor == 1
                else f"epoch %{{x}}: %{{y:.1f}} %<extra>{name}</extra>",
                row=1,
                col=column,
            )
        if best_epoch is not None:
            figure.add_vline(x=best_epoch, line={"dash": "dash", "width": 1, "color": "#8A8F98"}, row=1, col=column)
    step = max(1, round(epochs / 8))
    figure.update_xaxes(title_text="epoch", range=[0.7, max(epochs, 2) + 0.3], dtick=step, tick0=step)
    figure.update_yaxes(rangemode="tozero", row=1, col=1)
    figure.update_layout(
        height=270,
        margin={"l": 10, "r": 10, "t": 50, "b": 10},
        uirevision="curves",
        legend={"orientation": "h", "x": 0.5, "xanchor": "center", "y": 1.22},
        hovermode="x",
    )
    return figure


def _scaled(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor
