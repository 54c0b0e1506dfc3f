"""The map of faces: a point each, errors by shape, centres and ellipses of the classes, outliers as red circles.

A map of faces after one epoch of a training, on axes that do not move, and the figures by epoch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from fer_models.colours import GREY, MANY, MARK, ON_DARK, SERIES
from fer_models.embedding.epochs import EpochMap, Training
from fer_models.labels import colour
from workbench.app.ink import ink

_FIXED = {"right": SERIES[0], "wrong": SERIES[1], "no copy here": GREY}
_SCALE = "Cividis"
#: More categories than this share one trace and have no legend.
_LEGEND = 12


def cluster_map(
    coordinates: np.ndarray,
    positions: np.ndarray,
    wrong: np.ndarray,
    *,
    names: Sequence[str] | None = None,
    values: np.ndarray | None = None,
    title: str = "",
    order: Sequence[str] = (),
    centres: Mapping[str, tuple[float, ...]] | None = None,
    spread: Mapping[str, np.ndarray] | None = None,
    outliers: np.ndarray | None = None,
    selected: np.ndarray | None = None,
    added: tuple[float, ...] | None = None,
    dark: bool = False,
) -> go.Figure:
    """Points that report their position in the data set when they are pointed at, clicked or circled.

    Args:
        coordinates: (N, 2 or 3). positions: (N,), what a point carries. wrong: bool (N,): drawn as a cross, in
            space as a square.
        names: category of each point, or values: float (N,), what colours it. title: of the colours.
        order: of the categories; others follow by name. centres: point of each class.
        spread: outline (M, 2 or 3) of each class. outliers: bool (N,), ringed.
        selected: bool (N,), the others are dimmed. added: a point of its own, for a picture that is not on the map.
    """
    figure = go.Figure()
    dimensions = coordinates.shape[1]
    size = 4 if len(coordinates) > 8000 else 6 if len(coordinates) > 2500 else 7
    error = "x" if dimensions == 2 else "square"  # In space, symbols are letters of a font that may lack the cross.
    scale: dict[str, Any] = {}
    if values is not None:
        bar = {"title": {"text": title, "side": "right"}, "thickness": 10, "outlinewidth": 0}
        limits = {"cmin": float(values.min()), "cmax": float(values.max())} if len(values) else {}
        scale = {"colorscale": _SCALE, "colorbar": bar, **limits}
    for name, where, shade, first in _groups(names, values, wrong, order):
        marker = {
            "size": size,
            "symbol": error if wrong[where[0]] else "circle",
            "color": shade,
            "opacity": 0.85,
            **scale,
        }
        more: dict[str, Any] = {"selected": {"marker": {"opacity": 1}}, "unselected": {"marker": {"opacity": 0.15}}}
        if selected is not None:
            more["selectedpoints"] = np.flatnonzero(selected[where]).tolist()
        figure.add_trace(
            _points(
                coordinates[where],
                name=name,
                legendgroup=name,
                marker=marker,
                customdata=[[int(p)] for p in positions[where]],
                hoverinfo="none",  # The face is shown beside the mouse; plotly only tells which one.
                showlegend=bool(name) and first,
                **(more if dimensions == 2 else {}),
            )
        )
        scale.pop("colorbar", None)
    if outliers is not None and outliers.any():
        ring = {"size": size + 8, "symbol": "circle-open", "color": MARK, "line": {"width": 2, "color": MARK}}
        figure.add_trace(_points(coordinates[outliers], name="outlier", marker=ring, hoverinfo="skip"))
    for name, line in (spread or {}).items():
        figure.add_trace(_outline(name, line))
    if centres:
        _add_centres(figure, centres, dark)
    if added is not None:
        star = {"size": 18, "symbol": "star" if len(added) == 2 else "diamond", "color": MARK,
                "line": {"width": 2, "color": "#FFFFFF"}}  # fmt: skip
        figure.add_trace(_points(np.array([added]), name="your picture", marker=star, hoverinfo="name"))
    hidden = {"showticklabels": False, "zeroline": False, "title_text": "", "ticks": ""}
    figure.update_xaxes(**hidden, showgrid=False)
    figure.update_yaxes(**hidden, showgrid=False, scaleanchor="x")
    if dimensions == 3:
        axis = {"showticklabels": False, "title": {"text": ""}, "showbackground": False, "showspikes": False}
        axis["gridcolor"] = "#3A4348" if dark else "#D5DADD"
        figure.update_layout(scene={"xaxis": axis, "yaxis": axis, "zaxis": axis, "aspectmode": "data"})
    figure.update_layout(
        height=470,
        margin={"l": 4, "r": 4, "t": 8, "b": 4},
        dragmode="pan" if dimensions == 2 else "turntable",
        clickmode="event+select",
        hovermode="closest",
        legend={"orientation": "h", "y": -0.02, "yanchor": "top", "itemsizing": "constant", "title_text": ""},
        plot_bgcolor="rgba(0,0,0,0)",
        uirevision="map",
    )
    return figure


def _groups(
    names: Sequence[str] | None, values: np.ndarray | None, wrong: np.ndarray, order: Sequence[str]
) -> Iterator[tuple[str, np.ndarray, Any, bool]]:
    """Name, places, colour, and whether it is the first of that name; right and wrong answers are traces of their own.

    One symbol a trace keeps tens of thousands of points fluid.
    """
    kinds = [np.flatnonzero(~wrong), np.flatnonzero(wrong)]
    if names is None:
        assert values is not None, "points are coloured by names or by values"
        yield from (("", where, values[where], False) for where in kinds if len(where))
        return
    labels, present = np.asarray(names), set(names)
    known = [name for name in order if name in present] + sorted(present - set(order))
    own = [name for name in known if name not in order and name not in _FIXED]
    inks = {name: _FIXED.get(name) or (MANY[own.index(name) % len(MANY)] if name in own else colour(name))
            for name in known}  # fmt: skip
    if len(known) > _LEGEND:
        yield from (("", where, [inks[str(labels[i])] for i in where], False) for where in kinds if len(where))
        return
    for name in known:
        first = True
        for kind in kinds:
            where = kind[labels[kind] == name]
            if len(where):
                yield name, where, inks[name], first
                first = False


def _points(coordinates: np.ndarray, **more: Any) -> Any:
    axes = dict(zip("xyz", np.ascontiguousarray(coordinates.T, np.float32), strict=False))
    if coordinates.shape[1] == 3:
        more["marker"] = {**more["marker"], "size": max(2, more["marker"]["size"] // 2)}
        return go.Scatter3d(**axes, mode="markers", **more)
    return go.Scattergl(**axes, mode="markers", **more)


def _outline(name: str, line: np.ndarray) -> Any:
    axes = dict(zip("xyz", np.round(line, 4).T.tolist(), strict=False))
    kind = go.Scatter3d if line.shape[1] == 3 else go.Scatter
    return kind(
        **axes,
        mode="lines",
        name=f"{name}, 90 %",
        legendgroup=name,
        line={"color": colour(name), "width": 2, "dash": "dash"},
        hoverinfo="skip",
        showlegend=False,
    )


def _add_centres(figure: go.Figure, centres: Mapping[str, tuple[float, ...]], dark: bool) -> None:
    text = "#DDE3E6" if dark else ON_DARK[0]
    for name, point in centres.items():
        mark = {"symbol": "diamond", "size": 12, "color": colour(name), "line": {"width": 2, "color": text}}
        words = {"mode": "markers+text", "text": [name], "textfont": {"color": text}} if len(point) == 3 else {}
        figure.add_trace(
            _points(np.array([point]), name=f"centre of {name}", legendgroup=name, marker=mark, hoverinfo="skip")
            .update(showlegend=False, **words)
        )  # fmt: skip
        if len(point) == 3:
            continue
        figure.add_annotation(
            x=point[0],
            y=point[1],
            text=name,
            showarrow=False,
            yshift=24,  # above its faces, not on them
            bgcolor="rgba(20,24,27,0.82)" if dark else "rgba(255,255,255,0.86)",
            bordercolor=colour(name),
            borderwidth=2,
            borderpad=3,
            font={"color": text, "size": 12},
        )


_LINES = ((SERIES[0], "solid", "circle"), (SERIES[1], "dot", "square"), (SERIES[2], "dash", "diamond"),
          (SERIES[3], "dashdot", "cross"))  # fmt: skip


def epoch_map(training: Training, shown: EpochMap, classes: Sequence[str], *, dark: bool) -> go.Figure:
    """The faces after one epoch; a cross is a wrong answer of that epoch."""
    names = [classes[int(k)] for k in training.targets]
    wrong = shown.predictions != training.targets
    figure = cluster_map(shown.coordinates, training.ids, wrong, names=names, order=classes, dark=dark)
    across, up = training.limits()
    margin = 0.03 * max(across[1] - across[0], up[1] - up[0])
    figure.update_xaxes(range=[across[0] - margin, across[1] + margin])
    figure.update_yaxes(range=[up[0] - margin, up[1] + margin])
    figure.update_layout(dragmode=False, height=430, uirevision="epochs", clickmode="none")
    return figure


def epoch_curves(
    epochs: Sequence[int], curves: Mapping[str, Sequence[float | None]], titles: Mapping[str, str], shown: int, *,
    dark: bool,
) -> go.Figure:  # fmt: skip
    """The figures by epoch, each on its own scale of 0 to 1 or above, with the shown epoch as a line."""
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
