"""Each class's figure of several networks side by side.

The confusion matrix: a heatmap that can be clicked, readable without colour.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from fer_models.colours import CONTRASTING, DIVERGING, GREY, ON_DARK, ON_LIGHT
from fer_models.evaluation.intervals import Estimate

#: Colours that stay apart in colour vision deficiencies (Okabe and Ito); hatching, dashes and marks say the same.
HATCHES = ("", "/", "x", ".", "-", "+")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
MARKS = ("circle", "square", "diamond", "triangle-up", "x", "star")


def class_bars(classes: Sequence[str], series: Mapping[str, Sequence[Estimate | None]], what: str) -> go.Figure:
    """Bars with 95 % intervals, a group a class, a colour and hatching a network; values in per cent.

    Args:
        series: of each network one estimate (shares in [0, 1]) a class, ``None`` where there is nothing to divide by.
        what: the figure, for the axis.
    """
    figure = go.Figure()
    for number, (name, estimates) in enumerate(series.items()):
        known = [(c, e) for c, e in zip(classes, estimates, strict=True) if e is not None]
        values = [100 * e.value for _, e in known]
        figure.add_bar(
            x=[c for c, _ in known],
            y=values,
            name=name,
            marker={
                "color": CONTRASTING[number % len(CONTRASTING)],
                "pattern": {
                    "shape": HATCHES[number % len(HATCHES)],
                    "bgcolor": CONTRASTING[
                        number % len(CONTRASTING)
                    ],  # without it Plotly leaves the ground between lines bare
                    "fgcolor": "#FFFFFF",
                    "size": 7,
                    "solidity": 0.25,
                },
            },
            error_y={
                "type": "data",
                "symmetric": False,
                "array": [100 * e.high - v for (_, e), v in zip(known, values, strict=True)],
                "arrayminus": [v - 100 * e.low for (_, e), v in zip(known, values, strict=True)],
                "thickness": 1.2,
                "width": 3,
                "color": GREY,
            },
            customdata=[[100 * e.low, 100 * e.high] for _, e in known],
            hovertemplate="%{x}: %{y:.1f} % [%{customdata[0]:.1f}, %{customdata[1]:.1f}]<extra>" + name + "</extra>",
        )
    figure.update_xaxes(categoryorder="array", categoryarray=list(classes), fixedrange=True)
    figure.update_yaxes(title_text=f"{what}, %", range=[0, 101], fixedrange=True)
    figure.update_layout(
        height=340,
        barmode="group",
        margin={"l": 10, "r": 10, "t": 34, "b": 10},
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        hovermode="closest",
    )
    return figure


_BLACK, _WHITE = "#000000", "#FFFFFF"


def confusion_heatmap(
    shown: np.ndarray,
    texts: Sequence[Sequence[str]],
    classes: Sequence[str],
    *,
    unit: str,
    signed: bool = False,
    chosen: tuple[str, str] | None = None,
    about: Sequence[Sequence[str]] | None = None,
    dark: bool = False,
) -> go.Figure:
    """Rows are true classes, columns predicted ones.

    A heatmap reports no click, so transparent markers lie over the cells: each carries its two class names.

    Args:
        shown: float (K, K), NaN where there is nothing. texts: what is written into each cell.
        unit: of the values, for the axis of colours.
        signed: symmetric about zero. chosen: true and predicted class of the framed cell.
        about: what the mouse is told of each cell.
    """
    size, names = len(classes), list(classes)
    finite = np.abs(shown[np.isfinite(shown)])
    top = float(finite.max()) if finite.size and finite.max() > 0 else 1.0
    told = about or texts
    scale = DIVERGING if signed else ON_DARK if dark else ON_LIGHT
    figure = go.Figure()
    level = np.nan_to_num(shown) / top
    inks = np.array([[readable_ink((v + 1) / 2 if signed else v, scale) for v in row] for row in level])
    for number, ink in enumerate((_BLACK, _WHITE)):
        # One ink a trace: what is written must be read on dark cells as on light ones.
        figure.add_heatmap(
            z=np.where(inks == ink, shown, np.nan),
            zmin=-top if signed else 0,
            zmax=top,
            colorscale=[[i / (len(scale) - 1), colour] for i, colour in enumerate(scale)],
            xgap=1,
            ygap=1,
            text=np.where((inks == ink) & np.isfinite(shown), np.array(texts, object), "").tolist(),
            texttemplate="%{text}",
            textfont={"size": 13, "color": ink},
            hoverinfo="skip",
            hoverongaps=False,
            showscale=number == 0,
            colorbar={"title": {"text": unit, "side": "right"}, "thickness": 10, "outlinewidth": 0, "len": 1.0},
        )
    cells = [(k, j) for k in range(size) for j in range(size)]
    figure.add_scatter(
        x=[j for _, j in cells],
        y=[k for k, _ in cells],
        mode="markers",
        marker={"symbol": "square", "size": 28, "opacity": 0},
        selected={"marker": {"opacity": 0}},
        unselected={"marker": {"opacity": 0}},
        customdata=[[names[k], names[j]] for k, j in cells],
        text=[told[k][j] for k, j in cells],
        hovertemplate="true %{customdata[0]}, predicted %{customdata[1]}: %{text}<extra></extra>",
        showlegend=False,
    )
    if chosen is not None and chosen[0] in names and chosen[1] in names:
        k, j = names.index(chosen[0]), names.index(chosen[1])
        edge = {"x0": j - 0.5, "x1": j + 0.5, "y0": k - 0.5, "y1": k + 0.5, "type": "rect"}
        figure.add_shape(**edge, line={"color": "#FFFFFF", "width": 5})
        figure.add_shape(**edge, line={"color": "#C4480A", "width": 2.5})
    axis = {"tickvals": list(range(size)), "ticktext": names, "fixedrange": True, "showgrid": False, "zeroline": False}
    figure.update_xaxes(**axis, title_text="predicted class", side="bottom", range=[-0.5, size - 0.5])
    figure.update_yaxes(**axis, title_text="true class", range=[size - 0.5, -0.5], ticks="", automargin=True)
    figure.update_layout(
        height=130 + 44 * size,
        margin={"l": 10, "r": 10, "t": 30, "b": 10},
        clickmode="event+select",
        dragmode=False,
        hovermode="closest",
        hoverdistance=-1,
        plot_bgcolor="rgba(0,0,0,0)",
    )
    return figure


def readable_ink(level: float, scale: Sequence[str]) -> str:
    """Black or white, whichever is read more easily on the scale's colour at ``level`` in [0, 1]; at least 4.5 to 1."""
    stops = np.array([[int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)] for colour in scale])
    place = np.linspace(0, 1, len(scale))
    ground = np.array([np.interp(level, place, stops[:, i]) for i in range(3)])
    linear = np.where(ground <= 0.04045, ground / 12.92, ((ground + 0.055) / 1.055) ** 2.4)
    luminance = float(linear @ (0.2126, 0.7152, 0.0722))
    return _BLACK if luminance > 0.179 else _WHITE
