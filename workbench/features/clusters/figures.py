"""The map of faces with its layers, the map after one epoch of a training on fixed axes, and figures by epoch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import plotly.graph_objects as go

from fer_models.colours import GREY, MANY, MARK, ON_DARK, SERIES
from fer_models.embedding.epochs import EpochMap, Training
from fer_models.labels import colour
from workbench.app.ink import ink
from workbench.features.clusters.model.colours import Colouring

_FIXED = {"right": SERIES[0], "wrong": SERIES[1], "no copy here": GREY}
_SCALE = "Cividis"
#: More categories than this share one trace without a legend.
_LEGEND = 12


@dataclass(frozen=True, eq=False)
class Points:
    """The points of a map.

    Args:
        coordinates: float (N, 2 or 3).
        positions: int (N,), position of each face in the data set, which its point carries.
        wrong: bool (N,), drawn as a cross, in three dimensions as a square.
    """

    coordinates: np.ndarray
    positions: np.ndarray
    wrong: np.ndarray


@dataclass(frozen=True, eq=False)
class Layers:
    """What lies over the points.

    Args:
        centres: Centre of each class.
        spread: Outline (M, 2 or 3) of each class.
        outliers: bool (N,), ringed.
        added: Coordinates of an image that is not on the map.
    """

    centres: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    spread: Mapping[str, np.ndarray] = field(default_factory=dict)
    outliers: np.ndarray | None = None
    added: tuple[float, ...] | None = None


_NO_LAYERS = Layers()


def cluster_map(
    points: Points,
    colouring: Colouring,
    *,
    order: Sequence[str] = (),
    layers: Layers = _NO_LAYERS,
    selected: np.ndarray | None = None,
    dark: bool = False,
) -> go.Figure:
    """Points that report their position in the data set on hover, click and lasso.

    Args:
        points: Coordinates, positions and errors.
        colouring: Category or value of each point.
        order: Of the categories; others follow by name.
        layers: What lies over the points.
        selected: bool (N,), the other points are dimmed.
        dark: Whether the page has a dark theme.
    """
    flat = points.coordinates.shape[1] == 2
    size = _size(len(points.coordinates))
    traces = list(_points(points, colouring, order, selected))
    if layers.outliers is not None and layers.outliers.any():
        ring = {"size": size + 8, "symbol": "circle-open", "color": MARK, "line": {"width": 2, "color": MARK}}
        traces.append(_trace(points.coordinates[layers.outliers], name="outlier", marker=ring, hoverinfo="skip"))
    traces += [_outline(name, line) for name, line in layers.spread.items()]
    traces += [_centre(name, point, dark) for name, point in layers.centres.items()]
    if layers.added is not None:
        star = {"size": 18, "symbol": "star" if len(layers.added) == 2 else "diamond", "color": MARK,
                "line": {"width": 2, "color": "#FFFFFF"}}  # fmt: skip
        traces.append(_trace(np.array([layers.added]), name="your image", marker=star, hoverinfo="name"))
    hidden = {"showticklabels": False, "zeroline": False, "title": {"text": ""}, "ticks": "", "showgrid": False}
    layout: dict[str, Any] = {
        "height": 520,
        "margin": {"l": 4, "r": 4, "t": 8, "b": 4},
        "dragmode": "pan" if flat else "turntable",
        "clickmode": "event+select",
        "hovermode": "closest",
        "legend": {
            "orientation": "h",
            "y": -0.02,
            "yanchor": "top",
            "itemsizing": "constant",
            "title": {"text": ""},
        },
        "plot_bgcolor": "rgba(0,0,0,0)",
        "uirevision": "map",
        "xaxis": hidden,
        "yaxis": {**hidden, "scaleanchor": "x"},
    }
    if flat:
        layout["annotations"] = [_name(name, point, dark) for name, point in layers.centres.items()]
    else:
        axis = {"showticklabels": False, "title": {"text": ""}, "showbackground": False, "showspikes": False}
        axis["gridcolor"] = "#3A4348" if dark else "#D5DADD"
        layout["scene"] = {"xaxis": axis, "yaxis": axis, "zaxis": axis, "aspectmode": "data"}
    return go.Figure(traces, layout)  # in one step: each trace or annotation added later is checked with all before


def _size(count: int) -> int:
    return 4 if count > 8000 else 6 if count > 2500 else 7


def _points(
    points: Points, colouring: Colouring, order: Sequence[str], selected: np.ndarray | None
) -> Iterator[dict[str, Any]]:
    flat = points.coordinates.shape[1] == 2
    error = "x" if flat else "square"  # In three dimensions, symbols are letters of a font that may lack the cross.
    values = colouring.values
    scale: dict[str, Any] = {}
    if values is not None:
        bar = {"title": {"text": colouring.title, "side": "right"}, "thickness": 10, "outlinewidth": 0}
        limits = {"cmin": float(values.min()), "cmax": float(values.max())} if len(values) else {}
        scale = {"colorscale": _SCALE, "colorbar": bar, **limits}
    for name, indices, shade, first in _groups(colouring, points.wrong, order):
        marker = {
            "size": _size(len(points.coordinates)),
            "symbol": error if points.wrong[indices[0]] else "circle",
            "color": shade,
            "opacity": 0.85,
            **scale,
        }
        dimming: dict[str, Any] = {"selected": {"marker": {"opacity": 1}}, "unselected": {"marker": {"opacity": 0.15}}}
        if selected is not None:
            dimming["selectedpoints"] = np.flatnonzero(selected[indices]).tolist()
        yield _trace(
            points.coordinates[indices],
            name=name,
            legendgroup=name,
            marker=marker,
            customdata=[[int(p)] for p in points.positions[indices]],
            hoverinfo="none",  # The page shows the face beside the mouse; Plotly only reports which one.
            showlegend=bool(name) and first,
            **(dimming if flat else {}),
        )
        scale.pop("colorbar", None)


def _groups(
    colouring: Colouring, wrong: np.ndarray, order: Sequence[str]
) -> Iterator[tuple[str, np.ndarray, Any, bool]]:
    """Name, indices, colour, and whether it is the first trace of that name; errors are separate traces.

    One symbol per trace keeps tens of thousands of points fluid.
    """
    names, values = colouring.names, colouring.values
    kinds = [np.flatnonzero(~wrong), np.flatnonzero(wrong)]
    if names is None:
        assert values is not None, "points are coloured by names or by values"
        yield from (("", indices, values[indices], False) for indices in kinds if len(indices))
        return
    labels, present = np.asarray(names), set(names)
    present_names = [name for name in order if name in present] + sorted(present - set(order))
    others = [name for name in present_names if name not in order and name not in _FIXED]
    inks = {
        name: _FIXED.get(name) or (MANY[others.index(name) % len(MANY)] if name in others else colour(name))
        for name in present_names
    }
    if len(present_names) > _LEGEND:
        yield from (("", indices, [inks[str(labels[i])] for i in indices], False) for indices in kinds if len(indices))
        return
    for name in present_names:
        first = True
        for kind in kinds:
            indices = kind[labels[kind] == name]
            if len(indices):
                yield name, indices, inks[name], first
                first = False


def _trace(coordinates: np.ndarray, *, few: bool = False, **more: Any) -> dict[str, Any]:
    """Points; a ``few`` of them are drawn without WebGL, which takes as long for one as for thousands."""
    axes = dict(zip("xyz", np.ascontiguousarray(coordinates.T, np.float32), strict=False))
    if coordinates.shape[1] == 3:
        more["marker"] = {**more["marker"], "size": max(2, more["marker"]["size"] // 2)}
        return {"type": "scatter3d", **axes, "mode": "markers", **more}
    return {"type": "scatter" if few else "scattergl", **axes, "mode": "markers", **more}


def _outline(name: str, line: np.ndarray) -> dict[str, Any]:
    axes = dict(zip("xyz", np.round(line, 4).T.tolist(), strict=False))
    return {
        "type": "scatter3d" if line.shape[1] == 3 else "scatter",
        **axes,
        "mode": "lines",
        "name": f"{name}, 90 %",
        "legendgroup": name,
        "line": {"color": colour(name), "width": 2, "dash": "dash"},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _ink(dark: bool) -> str:
    return "#DDE3E6" if dark else ON_DARK[0]


def _centre(name: str, point: tuple[float, ...], dark: bool) -> dict[str, Any]:
    """The centre of a class; in three dimensions with its name."""
    mark = {"symbol": "diamond", "size": 12, "color": colour(name), "line": {"width": 2, "color": _ink(dark)}}
    trace = _trace(
        np.array([point]), few=True, name=f"centre of {name}", legendgroup=name, marker=mark, hoverinfo="skip"
    )
    label = {"mode": "markers+text", "text": [name], "textfont": {"color": _ink(dark)}} if len(point) == 3 else {}
    return {**trace, "showlegend": False, **label}


def _name(name: str, point: tuple[float, ...], dark: bool) -> dict[str, Any]:
    """The name of a class above its centre."""
    return {
        "x": point[0],
        "y": point[1],
        "text": name,
        "name": "point",
        "showarrow": False,
        "yshift": 24,  # above its faces, not on them
        "bgcolor": "rgba(20,24,27,0.82)" if dark else "rgba(255,255,255,0.86)",
        "bordercolor": colour(name),
        "borderwidth": 2,
        "borderpad": 3,
        "font": {"color": _ink(dark), "size": 12},
    }


_LINES = ((SERIES[0], "solid", "circle"), (SERIES[1], "dot", "square"), (SERIES[2], "dash", "diamond"),
          (SERIES[3], "dashdot", "cross"))  # fmt: skip


def epoch_map(training: Training, epoch: EpochMap, classes: Sequence[str], *, dark: bool) -> go.Figure:
    """The faces after one epoch; a cross is an error of that epoch."""
    points = Points(epoch.coordinates, training.ids, epoch.predictions != training.targets)
    colouring = Colouring("class", names=tuple(classes[int(k)] for k in training.targets))
    figure = cluster_map(points, colouring, order=classes, dark=dark)
    across, up = training.limits()
    margin = 0.03 * max(across[1] - across[0], up[1] - up[0])
    figure.update_xaxes(range=[across[0] - margin, across[1] + margin])
    figure.update_yaxes(range=[up[0] - margin, up[1] + margin])
    figure.update_layout(dragmode=False, height=430, uirevision="epochs", clickmode="none")
    return figure


def epoch_curves(
    epochs: Sequence[int],
    curves: Mapping[str, Sequence[float | None]],
    titles: Mapping[str, str],
    shown: int,
    *,
    dark: bool,
) -> go.Figure:
    """The figures by epoch, with the shown epoch as a vertical line."""
    figure = go.Figure(
        [
            {
                "type": "scatter",
                "x": list(epochs),
                "y": list(values),
                "name": titles[key],
                "mode": "lines+markers",
                "line": {"color": colour, "dash": dash, "width": 2},
                "marker": {"symbol": symbol, "size": 6},
                "hovertemplate": f"epoch %{{x}}: %{{y:.3f}}<extra>{titles[key]}</extra>",
            }
            for (key, values), (colour, dash, symbol) in zip(curves.items(), _LINES, strict=True)
        ]
    )
    figure.add_vline(x=shown, line={"color": GREY, "width": 2, "dash": "dash"})
    figure.update_layout(
        height=430,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        hovermode="x",
        legend={"orientation": "h", "y": -0.2, "yanchor": "top"},
        xaxis={"title": {"text": "epoch"}},
        yaxis={"title": {"text": "share, or without a unit"}},
    )
    return ink(figure, dark=dark)
