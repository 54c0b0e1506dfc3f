"""What moves with a threshold: ROC and precision-recall curves, and false acceptance against false rejection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
import plotly.graph_objects as go

from fer_models.evaluation.curves import Curve
from fer_models.evaluation.verification import VerificationCurve
from fer_models.labels import colour
from workbench.figures.compare_classes import DASHES

_MOST = 300
_INKS = ("#2B6A8C", "#C46A2D")


def class_curves(curves: Mapping[str, tuple[Curve, float]], kind: Literal["roc", "pr"]) -> go.Figure:
    """A curve a class against the rest, with its area in the legend; colours are the classes', dashes differ too.

    Args:
        curves: of each class its points and the area under them.
    """
    figure = go.Figure()
    if kind == "roc":
        figure.add_scatter(
            x=[0, 100], y=[0, 100], mode="lines", name="chance", hoverinfo="skip",
            line={"color": "#8A8F98", "dash": "dot", "width": 1.2},
        )  # fmt: skip
    for number, (name, (curve, area)) in enumerate(curves.items()):
        keep = _thin(len(curve.x))
        figure.add_scatter(
            x=100 * curve.x[keep],
            y=100 * curve.y[keep],
            customdata=(100 * np.minimum(curve.threshold[keep], 1)).tolist(),
            mode="lines",
            name=f"{name} {area:.3f}",
            line={"color": colour(name), "dash": DASHES[number % len(DASHES)], "width": 2},
            hovertemplate="%{x:.1f} %, %{y:.1f} % from %{customdata:.0f} % on<extra>" + name + "</extra>",
        )
    across, up = ("false positives, %", "found, %") if kind == "roc" else ("found (recall), %", "right (precision), %")
    figure.update_xaxes(title_text=across, range=[-1, 101], fixedrange=True)
    figure.update_yaxes(title_text=up, range=[-1, 102], fixedrange=True)
    figure.update_layout(height=380, margin={"l": 10, "r": 10, "t": 10, "b": 10}, legend={"font": {"size": 12}})
    return figure


def acceptance(curve: VerificationCurve) -> go.Figure:
    """False acceptance and false rejection over the threshold, crossing at the equal error rate."""
    figure = go.Figure()
    keep = _thin(len(curve.threshold))
    shown = 100 * np.minimum(curve.threshold[keep], 1)
    for values, name, ink, dash in (
        (curve.far, "false acceptance", _INKS[0], "solid"),
        (curve.frr, "false rejection", _INKS[1], "dash"),
    ):
        figure.add_scatter(
            x=shown, y=100 * values[keep], mode="lines", name=name, line={"color": ink, "dash": dash, "width": 2},
            hovertemplate="from %{x:.1f} % on: %{y:.1f} %<extra>" + name + "</extra>",
        )  # fmt: skip
    figure.add_scatter(
        x=[100 * curve.eer_threshold], y=[100 * curve.eer], mode="markers", name=f"equal, {100 * curve.eer:.1f} %",
        marker={"symbol": "diamond", "size": 11, "color": "#8A8F98"}, hoverinfo="name",
    )  # fmt: skip
    figure.update_xaxes(title_text="threshold of the score, %", range=[-1, 101], fixedrange=True)
    figure.update_yaxes(title_text="share of attempts, %", range=[-1, 102], fixedrange=True)
    figure.update_layout(
        height=380,
        margin={"l": 10, "r": 10, "t": 34, "b": 10},
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
    )
    return figure


def _thin(count: int) -> np.ndarray:
    return np.unique(np.linspace(0, count - 1, _MOST).round().astype(int))
