"""A heatmap over its face, with a colour scale."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import plotly.graph_objects as go

from fer_models.colours import GREY, SERIES, USUAL_MAP, scale
from fer_models.training.watch.focus import Focus
from workbench.app.ink import ink
from workbench.heatmap.model.drawing import SIGNED, UNSIGNED


def heatmap_overlay(
    face_png: bytes, heat: np.ndarray | None, *, opacity: float, signed: bool = False, colours: str = USUAL_MAP
) -> go.Figure:
    """A heatmap over the enlarged face.

    Args:
        face_png: PNG of the face at the network's size (W x H pixels of the map).
        heat: (H, W) in [0, 1], or in [-1, 1] when ``signed``; ``None`` draws the face alone.
        opacity: of the map, 0 to 1. colours: key of a colour map; signed maps have a fixed one.
    """
    traces: list[dict[str, Any]] = [{"type": "image", "source": _uri(face_png), "hoverinfo": "skip"}]
    if heat is not None:
        overlay = {
            "type": "heatmap",
            "z": heat,
            "zmin": -1 if signed else 0,
            "zmax": 1,
            "colorscale": scale("diverging" if signed else colours),
            "opacity": opacity,
            "zsmooth": False,
            "colorbar": {
                "orientation": "h",
                "y": 0,
                "yanchor": "top",
                "ypad": 4,
                "title": {"text": SIGNED if signed else UNSIGNED, "side": "bottom", "font": {"size": 12}},
                "tickvals": [-1, 0, 1] if signed else [0, 0.5, 1],
                "ticktext": ["-1", "0", "1"] if signed else ["0", "0.5", "1"],
                "thickness": 10,
                "len": 1.0,
                "outlinewidth": 0,
            },
            "hovertemplate": "x %{x}, y %{y}: %{z:.2f}<extra></extra>",
        }
        traces.append(overlay)
    axis = {"visible": False, "fixedrange": True, "constrain": "domain"}
    layout = {
        "xaxis": axis,
        "yaxis": axis | {"constraintoward": "bottom"},
        "height": 380,
        "margin": {"l": 0, "r": 0, "t": 0, "b": 56},
        "dragmode": False,
    }
    return go.Figure(traces, layout)


def focus_curves(measured: Focus, accuracy: np.ndarray, epoch: int, *, dark: bool) -> go.Figure:
    """How focused the maps are, beside the validation accuracy, by epoch, in per cent.

    Args:
        measured: By kept epoch.
        accuracy: (E,) in [0, 1], ``nan`` where it is not known.
        epoch: The one that is shown, which is marked.
    """
    lines = (
        ("validation accuracy", accuracy, GREY, "solid", "circle", None),
        ("heat on the face", measured.face, SERIES[0], "solid", "square", measured.face_area),
        ("heat on the true action units", measured.units, SERIES[1], "solid", "diamond", measured.units_area),
        ("entropy (100: spread evenly)", measured.entropy, SERIES[3], "dot", "x", None),
    )
    figure = go.Figure()
    for name, values, colour, dash, symbol, even in lines:
        if not np.isfinite(values).any():
            continue
        figure.add_scatter(
            x=measured.epochs,
            y=100 * values,
            name=name,
            mode="lines+markers",
            line={"color": colour, "dash": dash, "width": 2},
            marker={"size": 6, "symbol": symbol},
            hovertemplate=f"epoch %{{x}}: %{{y:.1f}} %<extra>{name}</extra>",
        )
        if even is not None:
            figure.add_hline(y=100 * even, line={"color": colour, "dash": "dash", "width": 1})
    figure.add_vline(x=epoch, line={"color": GREY, "width": 1})
    figure.update_layout(
        height=300,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        legend={"orientation": "h", "y": -0.25, "yanchor": "top", "x": 0},
        hovermode="x unified",
    )
    figure.update_xaxes(title_text="epoch", tickformat="d")
    figure.update_yaxes(title_text="%", range=[0, 102])
    return ink(figure, dark=dark)


def _uri(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode()
