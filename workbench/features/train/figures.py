"""Curves by epoch: loss and accuracy, recall by class, learning rate, and several runs compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import plotly.graph_objects as go

from fer_models.colours import GREY, MANY, SERIES
from fer_models.labels import colour
from workbench.app.ink import ink

VALIDATION, TRAIN = SERIES[:2]
_MARK = {"dash": "dash", "width": 1, "color": GREY}
#: If runs outnumber the colours, the line style changes.
_DASHES = ("solid", "dash", "dot")
_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x", "star", "triangle-down", "cross")


def learning_curve(
    rows: Sequence[Mapping[str, Any]],
    quantity: Literal["loss", "accuracy"],
    epochs: int,
    best_epoch: int | None = None,
    losses: Sequence[tuple[float, float]] = (),
) -> go.Figure:
    """One quantity; training dotted, validation solid, the best epoch marked; accuracy in per cent.

    Args:
        rows: one an epoch with ``epoch`` and ``train_`` and ``val_`` values (accuracies in [0, 1]).
        epochs: of the recipe; the axis has its full length from the start.
        losses: position in epochs and training loss within them, for ``"loss"``.
    """
    factor, unit, digits = (100.0, " %", ".1f") if quantity == "accuracy" else (1.0, "", ".3f")
    x = [row["epoch"] for row in rows]
    lines = [
        _line(x, [_times(row.get(key), factor) for row in rows], name, colour, dash, form=f"{digits}|{unit}")
        for key, name, colour, dash in (
            (f"train_{quantity}", "training, augmented", TRAIN, "dot"),
            (f"val_{quantity}", "validation", VALIDATION, "solid"),
        )
    ]
    figure = _figure(lines, f"{quantity}{', %' if unit else ''}", epochs, best_epoch)
    if quantity == "loss" and losses:
        position, loss = zip(*losses, strict=True)
        figure.add_scatter(
            x=position,
            y=loss,
            name="within epochs",
            mode="lines",
            line={"color": TRAIN, "width": 1},
            opacity=0.55,
            hovertemplate="epoch %{x:.2f}: %{y:.3f}<extra>training, within epochs</extra>",
        )
    figure.update_xaxes(range=[0, max(epochs, 2) + 0.3] if rows else [0, 1])
    if not rows and quantity == "accuracy":
        figure.update_yaxes(range=[0, 100])
    return figure


def recall_curves(
    rows: Sequence[Mapping[str, Any]],
    classes: Sequence[str],
    epochs: int,
    best_epoch: int | None = None,
    *,
    dark: bool = False,
) -> go.Figure:
    """Recall on the validation part of every class, in per cent; ``rows`` have ``epoch`` and ``val_recall``."""
    x = [row["epoch"] for row in rows]
    lines = [
        _line(x, [100 * row["val_recall"][k] for row in rows], name, colour(name), _style(k)[1], form=".1f| %")
        | {"marker": {"size": 7, "symbol": _SYMBOLS[k % len(_SYMBOLS)]}}
        for k, name in enumerate(classes)
    ]
    figure = _figure(lines, "recall, %", epochs, best_epoch, height=360)
    figure.update_yaxes(range=[0, 102])
    figure.update_layout(hovermode="x unified")
    return ink(figure, dark=dark)


def rate_curve(rows: Sequence[Mapping[str, Any]], epochs: int, *, dark: bool = False) -> go.Figure:
    """The learning rate at the end of each epoch."""
    lines = [
        _line([r["epoch"] for r in rows], [r.get("lr") for r in rows], "learning rate", TRAIN, "solid", form=".3g|")
    ]
    figure = _figure(lines, "learning rate", epochs, None, height=220)
    figure.update_yaxes(exponentformat="power")
    figure.update_layout(showlegend=False)
    return ink(figure, dark=dark)


def comparison(
    runs: Mapping[str, Sequence[Mapping[str, Any]]], key: str, title: str, factor: float, *, dark: bool = False
) -> go.Figure:
    """One quantity of several runs by epoch.

    Args:
        runs: name of each run and its rows, the main run first; it is drawn thickest.
        key: of the value in a row. title: of the axis. factor: 100 for shares in per cent.
    """
    lines = []
    for number, (name, rows) in enumerate(runs.items()):
        values = [_times(row.get(key), factor) for row in rows]
        line = _line([row["epoch"] for row in rows], values, name, *_style(number), form=".4g|")
        line["line"]["width"] = 2 if number else 3.5
        lines.append(line)
    longest = max((rows[-1]["epoch"] for rows in runs.values() if rows), default=1)
    figure = _figure(lines, title, longest, None, height=360)
    figure.update_layout(legend={"orientation": "v", "x": 0, "xanchor": "left", "y": -0.22, "yanchor": "top"})
    return ink(figure, dark=dark)


def _style(number: int) -> tuple[str, str]:
    return MANY[number % len(MANY)], _DASHES[number // len(MANY) % len(_DASHES)]


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else factor * value


def _line(x: Sequence[int], y: Sequence[Any], name: str, colour: str, dash: str, *, form: str) -> dict[str, Any]:
    digits, unit = form.split("|")
    return {
        "type": "scatter",
        "x": list(x),
        "y": list(y),
        "name": name,
        "mode": "lines+markers",
        "line": {"color": colour, "dash": dash, "width": 2},
        "marker": {"size": 4},
        "hovertemplate": f"epoch %{{x}}: %{{y:{digits}}}{unit}<extra>{name}</extra>",
    }


def _figure(
    lines: list[dict[str, Any]], title: str, epochs: int, best_epoch: int | None, height: int = 260
) -> go.Figure:
    """Build the figure in one constructor call, because it is redrawn every second."""
    step = max(1, round(epochs / 8))
    mark = {"type": "line", "x0": best_epoch, "x1": best_epoch, "y0": 0, "y1": 1, "yref": "paper", "line": _MARK}
    return go.Figure(
        lines,
        {
            "height": height,
            "margin": {"l": 10, "r": 10, "t": 30, "b": 10},
            "uirevision": "curves",
            "hovermode": "x",
            "legend": {"orientation": "h", "x": 1, "xanchor": "right", "y": 1.02, "yanchor": "bottom"},
            "shapes": [] if best_epoch is None else [mark],
            "xaxis": {"title": {"text": "epoch"}, "range": [0.7, max(epochs, 2) + 0.3], "dtick": step, "tick0": step},
            "yaxis": {"title": {"text": title}, "rangemode": "tozero"},
        },
    )
