"""Probabilities in time: stacked, with the confidence of the leading class and its band below."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from fer_models.colours import MARK
from fer_models.labels import colour

#: More points than pixels are not seen: longer series are thinned evenly.
_POINTS = 1500
_COLUMNS = 300
_LINE = "#5B6B75"


def timeline(
    seconds: np.ndarray,
    smoothed: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    classes: Sequence[str],
    peaks: Sequence[tuple[float, float, str]] = (),
    *,
    now: float | None = None,
    gap: float = 1.0,
    clickable: bool = True,
    height: int = 400,
) -> go.Figure:
    """Stacked probabilities over time, and below the smoothed probability of the leading class with its band.

    Args:
        seconds: (T,). smoothed: (T, K) in [0, 1]. low, high: (T,) in [0, 1]. classes: K names.
        peaks: seconds, probability and class of each.
        now: a moment to mark. gap: seconds without a reading after which lines break.
        clickable: lay points over the stack that tell the position of their reading when they are clicked.
    """
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[0.62, 0.38], vertical_spacing=0.06)
    step = max(1, -(-len(seconds) // _POINTS))
    shown = np.arange(0, len(seconds), step)
    times, values, edges = _broken(seconds[shown], 100 * smoothed[shown], np.stack([low, high], 1)[shown] * 100, gap)
    for k, name in enumerate(classes):
        figure.add_scatter(
            x=times, y=values[:, k], name=name, stackgroup="one", mode="lines",
            line={"width": 0.5, "color": colour(name)}, fillcolor=colour(name), hoverinfo="skip", row=1, col=1,
        )  # fmt: skip
    # A gap is a hole in the stack and in the band alike.
    figure.add_scatter(x=times, y=edges[:, 0], mode="lines", line={"width": 0}, showlegend=False, hoverinfo="skip",
                       row=2, col=1)  # fmt: skip
    figure.add_scatter(x=times, y=edges[:, 1], mode="lines", line={"width": 0}, fill="tonexty", name="band",
                       fillcolor="rgba(91,107,117,0.3)", showlegend=False, hoverinfo="skip", row=2, col=1)  # fmt: skip
    lead = values.max(1)
    figure.add_scatter(x=times, y=lead, mode="lines", line={"width": 1.8, "color": _LINE}, showlegend=False,
                       hoverinfo="skip", row=2, col=1)  # fmt: skip
    if peaks:
        figure.add_scatter(
            x=[p[0] for p in peaks], y=[100 * p[1] for p in peaks],
            mode="markers+text" if len(peaks) <= 14 else "markers",
            text=[p[2] for p in peaks], textposition="bottom center",
            textfont={"color": "#6F7C85"}, cliponaxis=False, showlegend=False, name="peak",
            marker={"size": 10, "symbol": "triangle-down", "color": [colour(p[2]) for p in peaks],
                    "line": {"width": 1, "color": "#14181B"}},
            hovertemplate="peak of %{text}: %{y:.0f} % at %{x:.2f} s<extra></extra>", row=2, col=1,
        )  # fmt: skip
    if clickable and len(seconds):
        columns = np.unique(np.linspace(0, len(seconds) - 1, min(len(seconds), _COLUMNS)).round().astype(int))
        places = np.repeat(columns, 5)
        best = smoothed.argmax(1)
        figure.add_scatter(
            x=seconds[places].tolist(), y=np.tile([10, 30, 50, 70, 90], len(columns)).tolist(), mode="markers",
            marker={"size": 18, "opacity": 0, "symbol": "square", "color": _LINE}, showlegend=False, name="moment",
            customdata=[[int(t)] for t in places],
            text=[f"{seconds[t]:.2f} s: {classes[best[t]]} {100 * smoothed[t, best[t]]:.0f} %" for t in places],
            hovertemplate="%{text}<extra></extra>", selected={"marker": {"opacity": 0}},
            unselected={"marker": {"opacity": 0}}, row=1, col=1,
        )  # fmt: skip
    if now is not None:
        figure.add_vline(x=now, line={"width": 2, "color": MARK, "dash": "dot"})
    figure.update_xaxes(showgrid=False, fixedrange=True, zeroline=False)
    figure.update_xaxes(title_text="time, s", row=2, col=1)
    figure.update_yaxes(range=[0, 100.5], fixedrange=True, tickvals=[0, 50, 100], zeroline=False)
    figure.update_yaxes(title_text="probability, %", row=1, col=1)
    figure.update_yaxes(title_text="largest, %", range=[0, 108], row=2, col=1)
    figure.update_layout(
        height=height, margin={"l": 8, "r": 8, "t": 8, "b": 8}, dragmode=False, clickmode="event+select",
        hovermode="closest", hoverdistance=-1, plot_bgcolor="rgba(0,0,0,0)", uirevision="timeline",
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "title_text": "", "itemclick": False,
                "itemdoubleclick": False, "traceorder": "normal"},
    )  # fmt: skip
    return figure


def _broken(
    seconds: np.ndarray, values: np.ndarray, edges: np.ndarray, gap: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The series with zeros at both ends of each gap, where nobody was seen."""
    cuts = np.flatnonzero(np.diff(seconds) > gap) + 1
    times, stack, band = seconds, values, edges
    for cut in cuts[::-1]:
        ends = [times[cut - 1] + 1e-3, times[cut] - 1e-3]
        times = np.insert(times, cut, ends)
        stack = np.insert(stack, [cut, cut], 0.0, axis=0)
        band = np.insert(band, [cut, cut], 0.0, axis=0)
    return times.round(3), stack.round(2), band.round(2)
