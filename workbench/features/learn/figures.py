"""Figures of the lessons: a map of faces, and accuracies under two ways to split."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from fer_models.colours import GREY, SERIES
from fer_models.embedding import FaceMap
from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.intervals import Estimate
from fer_models.labels import colour

_SYMBOLS = ("circle", "square", "diamond", "cross", "triangle-up", "star", "hexagon", "pentagon")


def face_map(mapped: FaceMap, faces: Evaluation, *, legend: bool, height: int, font: int) -> go.Figure:
    """Points in colour and shape of their class; axes have no meaning and no ticks.

    Args:
        mapped: The map.
        faces: The faces on it.
        legend: Whether to name the classes.
        height: Of the figure, in pixels.
        font: Size of the type, in pixels.
    """
    figure = go.Figure()
    for k, name in enumerate(faces.classes):
        chosen = faces.targets == k
        if not chosen.any():
            continue
        points = mapped.coordinates[chosen]
        figure.add_scatter(
            x=points[:, 0],
            y=points[:, 1],
            mode="markers",
            name=name,
            marker={"color": colour(name), "symbol": _SYMBOLS[k % len(_SYMBOLS)], "size": 7, "opacity": 0.85},
            hovertemplate=name + "<extra></extra>",
        )
    figure.update_xaxes(visible=False, fixedrange=True)
    figure.update_yaxes(visible=False, fixedrange=True, scaleanchor="x")
    figure.update_layout(
        height=height,
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        showlegend=legend,
        legend={"orientation": "h", "x": 0, "y": 0, "yanchor": "top", "itemsizing": "constant"},
        font_size=font,
        dragmode=False,
        plot_bgcolor="rgba(0,0,0,0)",
    )
    return figure


def accuracies(names: Sequence[str], values: Sequence[Estimate], chance: float, *, font: int) -> go.Figure:
    """Bars in per cent with 95 % intervals, and the share that guessing gets as a dashed line.

    Args:
        names: Of the bars, from the top.
        values: Shares in [0, 1].
        chance: A share in [0, 1].
        font: Size of the type, in pixels.
    """
    shares = [100 * value.value for value in values]
    figure = go.Figure(
        go.Bar(
            x=shares,
            y=list(names),
            orientation="h",
            marker={"color": list(SERIES[: len(names)])},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [100 * value.high - share for value, share in zip(values, shares, strict=True)],
                "arrayminus": [share - 100 * value.low for value, share in zip(values, shares, strict=True)],
                "color": GREY,
            },
            text=[f"{share:.0f} %" for share in shares],
            textposition="inside",
            insidetextanchor="start",
            hovertemplate="%{y}: %{x:.1f} %<extra></extra>",
        )
    )
    figure.add_vline(x=100 * chance, line={"color": GREY, "dash": "dash", "width": 2})
    figure.update_xaxes(range=[0, 100], title_text="faces read as labelled, % (dashed: guessing)", fixedrange=True)
    figure.update_yaxes(autorange="reversed", ticks="", automargin=True, fixedrange=True)
    figure.update_layout(
        height=70 + 3 * font * len(names), margin={"l": 0, "r": 10, "t": 6, "b": 0}, font_size=font, bargap=0.25
    )
    return figure
