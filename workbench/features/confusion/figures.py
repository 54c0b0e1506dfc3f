"""The reliability diagram, the risk-coverage curve, ROC and precision-recall curves, and the acceptance curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import plotly.graph_objects as go

from fer_models.colours import DASHES, GREY, SERIES
from fer_models.evaluation.calibration.reliability import ReliabilityBin, RiskCoverage
from fer_models.evaluation.metrics.curves import Curve
from fer_models.evaluation.verification import VerificationCurve
from fer_models.labels import colour

_SYMBOLS = ("circle", "square-open")
_MARGIN = {"l": 10, "r": 10, "t": 34, "b": 10}


def reliability_diagram(series: Mapping[str, Sequence[ReliabilityBin]]) -> go.Figure:
    """Accuracy with 95 % intervals over mean confidence, a line per series; the diagonal is perfect calibration.

    The size of a mark grows with its number of images.
    """
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 100],
        y=[0, 100],
        mode="lines",
        name="exactly right",
        hoverinfo="skip",
        line={"color": GREY, "dash": "dot", "width": 1.5},
    )
    for number, (name, bins) in enumerate(series.items()):
        filled = [b for b in bins if b.n and b.accuracy is not None and b.confidence is not None]
        most = max((b.n for b in filled), default=1)
        values = [100 * b.accuracy.value for b in filled if b.accuracy]
        figure.add_scatter(
            x=[100 * (b.confidence or 0.0) for b in filled],
            y=values,
            error_y={
                "type": "data",
                "symmetric": False,
                "array": [100 * b.accuracy.high - v for b, v in zip(filled, values, strict=True) if b.accuracy],
                "arrayminus": [v - 100 * b.accuracy.low for b, v in zip(filled, values, strict=True) if b.accuracy],
                "thickness": 1,
                "width": 2,
            },
            mode="lines+markers",
            name=name,
            line={"color": SERIES[number % 2], "width": 1.5, "dash": ("solid", "dash")[number % 2]},
            marker={"symbol": _SYMBOLS[number % 2], "size": [6 + 8 * float(np.sqrt(b.n / most)) for b in filled]},
            text=[f"{b.n:,}" for b in filled],
            hovertemplate="confidence %{x:.1f} %: accuracy %{y:.1f} %, %{text} images<extra>" + name + "</extra>",
        )
    figure.update_xaxes(title_text="confidence, %", range=[0, 101], fixedrange=True)
    figure.update_yaxes(title_text="accuracy, %", range=[0, 101], fixedrange=True)
    figure.update_layout(height=340, margin=_MARGIN, legend=_legend())
    return figure


def risk_coverage_curve(curve: RiskCoverage, threshold: float | None = None) -> go.Figure:
    """Share of errors among the answered images over the share answered, most confident first.

    Args:
        curve: The curve.
        threshold: Confidence whose point is marked.
    """
    # No screen shows more than a few hundred points of a curve.
    keep = np.unique(np.linspace(0, len(curve.coverage) - 1, 400).round().astype(int))
    figure = go.Figure()
    figure.add_scatter(
        x=100 * curve.coverage[keep],
        y=100 * curve.risk[keep],
        customdata=(100 * curve.threshold[keep]).tolist(),
        mode="lines",
        name="this network",
        line={"color": SERIES[0], "width": 2},
        hovertemplate="%{x:.0f} % answered: %{y:.1f} % wrong<br>confidence at least %{customdata:.0f} %<extra></extra>",
    )
    if threshold is not None:
        marked = int(np.flatnonzero(curve.threshold >= threshold)[-1])
        figure.add_scatter(
            x=[100 * curve.coverage[marked]],
            y=[100 * curve.risk[marked]],
            mode="markers",
            name="“not sure” below this",
            marker={"symbol": "diamond", "size": 12, "color": SERIES[1]},
            hoverinfo="skip",
        )
    figure.update_xaxes(title_text="answered images, %", range=[0, 101], fixedrange=True)
    figure.update_yaxes(title_text="wrong among the answered, %", rangemode="tozero", fixedrange=True)
    figure.update_layout(height=340, margin=_MARGIN, legend=_legend(), showlegend=True)
    return figure


def _legend() -> dict[str, object]:
    return {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"}


_MOST = 300


def class_curves(curves: Mapping[str, tuple[Curve, float]], kind: Literal["roc", "pr"]) -> go.Figure:
    """One curve per class against the rest, with its area in the legend; classes differ in colour and dash.

    Args:
        curves: By class, the points and the area under them.
        kind: ROC or precision-recall.
    """
    figure = go.Figure()
    if kind == "roc":
        figure.add_scatter(
            x=[0, 100],
            y=[0, 100],
            mode="lines",
            name="chance",
            hoverinfo="skip",
            line={"color": GREY, "dash": "dot", "width": 1.2},
        )
    for number, (name, (curve, area)) in enumerate(curves.items()):
        keep = _thin(len(curve.x))
        figure.add_scatter(
            x=100 * curve.x[keep],
            y=100 * curve.y[keep],
            customdata=(100 * np.minimum(curve.threshold[keep], 1)).tolist(),
            mode="lines",
            name=f"{name} {area:.3f}",
            line={"color": colour(name), "dash": DASHES[number % len(DASHES)], "width": 2},
            hovertemplate="%{x:.1f} %, %{y:.1f} % at a threshold of %{customdata:.0f} %<extra>" + name + "</extra>",
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
    thresholds = 100 * np.minimum(curve.threshold[keep], 1)
    for values, name, ink, dash in (
        (curve.far, "false acceptance", SERIES[0], "solid"),
        (curve.frr, "false rejection", SERIES[1], "dash"),
    ):
        figure.add_scatter(
            x=thresholds,
            y=100 * values[keep],
            mode="lines",
            name=name,
            line={"color": ink, "dash": dash, "width": 2},
            hovertemplate="threshold %{x:.1f} %: %{y:.1f} %<extra>" + name + "</extra>",
        )
    figure.add_scatter(
        x=[100 * curve.eer_threshold],
        y=[100 * curve.eer],
        mode="markers",
        name=f"equal, {100 * curve.eer:.1f} %",
        marker={"symbol": "diamond", "size": 11, "color": GREY},
        hoverinfo="name",
    )
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
