"""Class probabilities over time: stacked, and below the leading class with its band."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from fer_models.colours import MARK
from fer_models.labels import colour

#: Longer series are thinned evenly to about this many points.
_POINTS = 1500
#: Columns of invisible points that report clicks.
_COLUMNS = 300
_LINE = "#5B6B75"
#: Names of two peaks need so much of the duration between them, which keeps them apart on a phone.
_APART = 1 / 7


@dataclass(frozen=True)
class Series:
    """Readings of one face over time.

    Args:
        seconds: (T,). smoothed: probabilities (T, K) in [0, 1]. classes: K names.
        low, high: band of the leading class, (T,) in [0, 1].
    """

    seconds: np.ndarray
    smoothed: np.ndarray
    low: np.ndarray
    high: np.ndarray
    classes: Sequence[str]


def timeline(
    series: Series,
    peaks: Sequence[tuple[float, float, str]] = (),
    *,
    now: float | None = None,
    gap: float = 1.0,
    clickable: bool = True,
    height: int = 400,
) -> go.Figure:
    """Stacked probabilities over time, and below the smoothed probability of the leading class with its band.

    Args:
        peaks: seconds, probability and class of each.
        now: a moment to mark, in seconds. gap: seconds without a reading after which lines break.
        clickable: whether clicks on the stack report the position of the reading, as ``customdata``.
    """
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[0.62, 0.38], vertical_spacing=0.06)
    _add_readings(figure, series, gap)
    if peaks:
        _add_peaks(figure, peaks, float(np.ptp(series.seconds)))
    if clickable and len(series.seconds):
        _add_click_targets(figure, series)
    if now is not None:
        figure.add_vline(x=now, line={"width": 2, "color": MARK, "dash": "dot"})
    figure.update_xaxes(showgrid=False, fixedrange=True, zeroline=False)
    figure.update_xaxes(title_text="time, s", row=2, col=1)
    figure.update_yaxes(range=[0, 100.5], fixedrange=True, tickvals=[0, 50, 100], zeroline=False)
    figure.update_yaxes(title_text="probability, %", row=1, col=1)
    figure.update_yaxes(title_text="largest, %", range=[0, 108], row=2, col=1)
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        dragmode=False,
        clickmode="event+select",
        hovermode="closest",
        hoverdistance=-1,
        plot_bgcolor="rgba(0,0,0,0)",
        uirevision="timeline",
        legend={
            "orientation": "h",
            "y": 1.02,
            "yanchor": "bottom",
            "x": 0,
            "title_text": "",
            "itemclick": False,
            "itemdoubleclick": False,
            "traceorder": "normal",
        },
    )
    return figure


def _add_readings(figure: go.Figure, series: Series, gap: float) -> None:
    """Draw the stack of all classes, and below the leading class with its band; both are 0 in a gap."""
    step = max(1, -(-len(series.seconds) // _POINTS))
    thinned = np.arange(0, len(series.seconds), step)
    edges = 100 * np.stack([series.low, series.high], 1)[thinned]
    times, values, edges = _with_gaps(series.seconds[thinned], 100 * series.smoothed[thinned], edges, gap)
    for k, name in enumerate(series.classes):
        figure.add_scatter(
            x=times,
            y=values[:, k],
            name=name,
            stackgroup="one",
            mode="lines",
            line={"width": 0.5, "color": colour(name)},
            fillcolor=colour(name),
            hoverinfo="skip",
            row=1,
            col=1,
        )
    figure.add_scatter(
        x=times, y=edges[:, 0], mode="lines", line={"width": 0}, showlegend=False, hoverinfo="skip", row=2, col=1
    )
    figure.add_scatter(
        x=times,
        y=edges[:, 1],
        mode="lines",
        line={"width": 0},
        fill="tonexty",
        name="band",
        fillcolor="rgba(91,107,117,0.3)",
        showlegend=False,
        hoverinfo="skip",
        row=2,
        col=1,
    )
    figure.add_scatter(
        x=times,
        y=values.max(1),
        mode="lines",
        line={"width": 1.8, "color": _LINE},
        showlegend=False,
        hoverinfo="skip",
        row=2,
        col=1,
    )


def _add_peaks(figure: go.Figure, peaks: Sequence[tuple[float, float, str]], duration: float) -> None:
    """Mark the peaks; a name that would touch the one before it is left to the pointer."""
    names, last = [], -duration
    for second, _, name in peaks:
        fits = second - last >= _APART * duration
        names.append(name if fits else "")
        last = second if fits else last
    figure.add_scatter(
        x=[p[0] for p in peaks],
        y=[100 * p[1] for p in peaks],
        mode="markers+text",
        text=names,
        textposition="bottom center",
        textfont={"color": "#6F7C85"},
        cliponaxis=False,
        showlegend=False,
        name="peak",
        marker={
            "size": 10,
            "symbol": "triangle-down",
            "color": [colour(p[2]) for p in peaks],
            "line": {"width": 1, "color": "#14181B"},
        },
        hovertext=[p[2] for p in peaks],
        hovertemplate="peak of %{hovertext}: %{y:.0f} % at %{x:.2f} s<extra></extra>",
        row=2,
        col=1,
    )


def _add_click_targets(figure: go.Figure, series: Series) -> None:
    """Cover the stack with invisible points, since Plotly reports clicks on points only."""
    seconds, smoothed, classes = series.seconds, series.smoothed, series.classes
    columns = np.unique(np.linspace(0, len(seconds) - 1, min(len(seconds), _COLUMNS)).round().astype(int))
    readings = np.repeat(columns, 5)
    best = smoothed.argmax(1)
    figure.add_scatter(
        x=seconds[readings].tolist(),
        y=np.tile([10, 30, 50, 70, 90], len(columns)).tolist(),
        mode="markers",
        marker={"size": 18, "opacity": 0, "symbol": "square", "color": _LINE},
        showlegend=False,
        name="moment",
        customdata=[[int(t)] for t in readings],
        text=[f"{seconds[t]:.2f} s: {classes[best[t]]} {100 * smoothed[t, best[t]]:.0f} %" for t in readings],
        hovertemplate="%{text}<extra></extra>",
        selected={"marker": {"opacity": 0}},
        unselected={"marker": {"opacity": 0}},
        row=1,
        col=1,
    )


def _with_gaps(
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
