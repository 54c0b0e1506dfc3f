"""Figures of the classes of several networks side by side, and the confusion matrix as a clickable heatmap."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from fer_models.colours import CONTRASTING, DIVERGING, GREY, ON_DARK, ON_LIGHT
from fer_models.evaluation.intervals import Estimate
from fer_models.evaluation.sentence import interval_text

#: Hatching and marks that tell networks apart without colour.
HATCHES = ("", "/", "x", ".", "-", "+")
MARKS = ("circle", "square", "diamond", "triangle-up", "x", "star")


def class_bars(classes: Sequence[str], series: Mapping[str, Sequence[Estimate | None]], what: str) -> go.Figure:
    """Bars with 95 % intervals in per cent: one group per class, one colour and hatching per network.

    Args:
        classes: Class names, in the order of the axis.
        series: By network, one estimate per class (shares in [0, 1]), ``None`` where it is undefined.
        what: Name of the figure, for the axis.
    """
    figure = go.Figure()
    for number, (name, estimates) in enumerate(series.items()):
        colour = CONTRASTING[number % len(CONTRASTING)]
        defined = [(c, e) for c, e in zip(classes, estimates, strict=True) if e is not None]
        values = [100 * e.value for _, e in defined]
        figure.add_bar(
            x=[c for c, _ in defined],
            y=values,
            name=name,
            marker={
                "color": colour,
                "pattern": {
                    "shape": HATCHES[number % len(HATCHES)],
                    "bgcolor": colour,  # without it Plotly leaves the ground between the lines bare
                    "fgcolor": "#FFFFFF",
                    "size": 7,
                    "solidity": 0.25,
                },
            },
            error_y={
                "type": "data",
                "symmetric": False,
                "array": [100 * e.high - v for (_, e), v in zip(defined, values, strict=True)],
                "arrayminus": [v - 100 * e.low for (_, e), v in zip(defined, values, strict=True)],
                "thickness": 1.2,
                "width": 3,
                "color": GREY,
            },
            customdata=[interval_text(*e) for _, e in defined],
            hovertemplate="%{x}: %{customdata}<extra>" + name + "</extra>",
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


@dataclass(frozen=True, eq=False)
class Cells:
    """What a confusion matrix shows.

    Args:
        values: float (K, K), rows are true classes; NaN where a value is undefined.
        texts: Text of each cell.
        classes: The K class names.
        unit: Of the values, for the colour bar.
        signed: Whether the colours are symmetric about zero.
        about: Hover text of each cell; ``texts`` by default.
    """

    values: np.ndarray
    texts: Sequence[Sequence[str]]
    classes: Sequence[str]
    unit: str
    signed: bool = False
    about: Sequence[Sequence[str]] | None = None


def confusion_heatmap(cells: Cells, *, framed: tuple[str, str] | None = None, dark: bool = False) -> go.Figure:
    """Rows are true classes, columns predicted ones.

    A heatmap reports no click, so transparent markers lie over the cells: each carries its two class names.

    Args:
        cells: Values, texts and classes.
        framed: True and predicted class of the framed cell.
        dark: Whether the page has a dark theme.
    """
    size, names = len(cells.classes), list(cells.classes)
    edges: list[dict[str, Any]] = []
    if framed is not None and framed[0] in names and framed[1] in names:
        k, j = names.index(framed[0]), names.index(framed[1])
        edge = {"x0": j - 0.5, "x1": j + 0.5, "y0": k - 0.5, "y1": k + 0.5, "type": "rect"}
        edges = [edge | {"line": {"color": "#FFFFFF", "width": 5}}, edge | {"line": {"color": "#C4480A", "width": 2.5}}]
    axis = {"tickvals": list(range(size)), "ticktext": names, "fixedrange": True, "showgrid": False, "zeroline": False}
    names_fit = {"autotickangles": [0, -45], "automargin": True}  # turned to the left, the last one stays inside
    across = {"title": {"text": "predicted class"}, "side": "bottom", "range": [-0.5, size - 0.5]}
    down = {"title": {"text": "true class"}, "range": [size - 0.5, -0.5], "ticks": "", "automargin": True}
    layout = {
        "shapes": edges,
        "xaxis": axis | names_fit | across,
        "yaxis": axis | down,
        "height": 130 + 44 * size,
        "margin": {"l": 10, "r": 10, "t": 30, "b": 10},
        "clickmode": "event+select",
        "dragmode": False,
        "hovermode": "closest",
        "hoverdistance": -1,
        "plot_bgcolor": "rgba(0,0,0,0)",
    }
    return go.Figure([*_inked(cells, dark=dark), _click_targets(names, cells.about or cells.texts)], layout)


def _inked(cells: Cells, *, dark: bool) -> Iterator[dict[str, Any]]:
    """One heatmap per ink: texts must be readable on dark cells as well as on light ones."""
    values, signed = cells.values, cells.signed
    finite = np.abs(values[np.isfinite(values)])
    top = float(finite.max()) if finite.size and finite.max() > 0 else 1.0
    scale = DIVERGING if signed else ON_DARK if dark else ON_LIGHT
    level = np.nan_to_num(values) / top
    inks = np.array([[readable_ink((v + 1) / 2 if signed else v, scale) for v in row] for row in level])
    bar = {"title": {"text": cells.unit, "side": "right"}, "thickness": 10, "outlinewidth": 0, "len": 1.0}
    for number, ink in enumerate((_BLACK, _WHITE)):
        yield {
            "type": "heatmap",
            "z": np.where(inks == ink, values, np.nan),
            "zmin": -top if signed else 0,
            "zmax": top,
            "colorscale": [[i / (len(scale) - 1), colour] for i, colour in enumerate(scale)],
            "xgap": 1,
            "ygap": 1,
            "text": np.where((inks == ink) & np.isfinite(values), np.array(cells.texts, object), "").tolist(),
            "texttemplate": "%{text}",
            "textfont": {"size": 13, "color": ink},
            "hoverinfo": "skip",
            "hoverongaps": False,
            "showscale": number == 0,
            "colorbar": bar,
        }


def _click_targets(names: list[str], about: Sequence[Sequence[str]]) -> dict[str, Any]:
    cells = [(k, j) for k in range(len(names)) for j in range(len(names))]
    return {
        "type": "scatter",
        "x": [j for _, j in cells],
        "y": [k for k, _ in cells],
        "mode": "markers",
        "marker": {"symbol": "square", "size": 28, "opacity": 0},
        "selected": {"marker": {"opacity": 0}},
        "unselected": {"marker": {"opacity": 0}},
        "customdata": [[names[k], names[j]] for k, j in cells],
        "text": [about[k][j] for k, j in cells],
        "hovertemplate": "true %{customdata[0]}, predicted %{customdata[1]}: %{text}<extra></extra>",
        "showlegend": False,
    }


def readable_ink(level: float, scale: Sequence[str]) -> str:
    """Black or white, whichever is read more easily on the scale's colour at ``level`` in [0, 1]; at least 4.5 to 1."""
    stops = np.array([[int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)] for colour in scale])
    levels = np.linspace(0, 1, len(scale))
    ground = np.array([np.interp(level, levels, stops[:, i]) for i in range(3)])
    linear = np.where(ground <= 0.04045, ground / 12.92, ((ground + 0.055) / 1.055) ** 2.4)
    luminance = float(linear @ (0.2126, 0.7152, 0.0722))
    return _BLACK if luminance > 0.179 else _WHITE
