"""The map of faces: a point each, errors by shape, centres of the classes, outliers as red circles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from fer_models.labels import colour

#: Red on light and on dark ground; as a ring it is told from points by its shape as well.
_RING = "#E02B20"
_FIXED = {"right": "#2C6FBB", "wrong": "#E8743B"}
_SCALE = "Cividis"


def cluster_map(
    coordinates: np.ndarray,
    positions: np.ndarray,
    texts: Sequence[str],
    wrong: np.ndarray,
    *,
    names: Sequence[str] | None = None,
    values: np.ndarray | None = None,
    title: str = "",
    order: Sequence[str] = (),
    centres: Mapping[str, tuple[float, ...]] | None = None,
    outliers: np.ndarray | None = None,
    selected: np.ndarray | None = None,
    added: tuple[float, ...] | None = None,
    dark: bool = False,
) -> go.Figure:
    """Points that report their position in the data set when they are clicked or circled.

    Args:
        coordinates: (N, 2 or 3). positions: (N,), what a point carries. texts: what the mouse is told.
        wrong: bool (N,): drawn as a cross. names: category of each point, or values: float (N,), what colours it.
        title: of the colours. order: of the categories; others follow by name.
        centres: point of each class. outliers: bool (N,), ringed. selected: bool (N,), the others are dimmed.
        added: a point of its own, for a picture that is not on the map.
    """
    figure = go.Figure()
    size = 4 if len(coordinates) > 8000 else 6 if len(coordinates) > 2500 else 7
    groups: list[tuple[str, np.ndarray, Any]] = []
    if names is not None:
        labels = np.asarray(names)
        present = set(names)
        known = [name for name in order if name in present] + sorted(present - set(order))
        groups = [(name, np.flatnonzero(labels == name), _FIXED.get(name) or colour(name)) for name in known]
    else:
        groups = [("", np.arange(len(coordinates)), values)]
    for name, where, ink in groups:
        marker: dict[str, Any] = {
            "size": size,
            "symbol": ["x" if w else "circle" for w in wrong[where]],
            "color": ink,
            "opacity": 0.85,
        }
        if names is None:
            marker |= {
                "colorscale": _SCALE,
                "colorbar": {"title": {"text": title, "side": "right"}, "thickness": 10, "outlinewidth": 0},
            }
        more: dict[str, Any] = {"selected": {"marker": {"opacity": 1}}, "unselected": {"marker": {"opacity": 0.15}}}
        if selected is not None:
            more["selectedpoints"] = np.flatnonzero(selected[where]).tolist()
        figure.add_trace(
            _points(
                coordinates[where],
                name=name,
                marker=marker,
                customdata=[[int(p)] for p in positions[where]],
                text=[texts[i] for i in where],
                hovertemplate="%{text}<extra></extra>",
                showlegend=names is not None and len(groups) <= 12,
                **(more if coordinates.shape[1] == 2 else {}),
            )
        )
    if outliers is not None and outliers.any():
        ring = {"size": size + 8, "symbol": "circle-open", "color": _RING, "line": {"width": 2, "color": _RING}}
        figure.add_trace(_points(coordinates[outliers], name="outlier", marker=ring, hoverinfo="skip"))
    if centres:
        _add_centres(figure, centres, coordinates.shape[1], dark)
    if added is not None:
        star = {"size": 18, "symbol": "star" if len(added) == 2 else "diamond", "color": _RING,
                "line": {"width": 2, "color": "#FFFFFF"}}  # fmt: skip
        figure.add_trace(_points(np.array([added]), name="your picture", marker=star, hoverinfo="name"))
    hidden = {"showticklabels": False, "zeroline": False, "title_text": "", "ticks": ""}
    figure.update_xaxes(**hidden, showgrid=False)
    figure.update_yaxes(**hidden, showgrid=False, scaleanchor="x")
    figure.update_layout(
        height=470,
        margin={"l": 4, "r": 4, "t": 8, "b": 4},
        dragmode="pan",
        clickmode="event+select",
        hovermode="closest",
        legend={"orientation": "h", "y": -0.02, "yanchor": "top", "itemsizing": "constant", "title_text": ""},
        plot_bgcolor="rgba(0,0,0,0)",
        uirevision="map",
    )
    return figure


def _points(coordinates: np.ndarray, **more: Any) -> Any:
    axes = dict(zip("xyz", np.round(coordinates.astype(float), 4).T.tolist(), strict=False))
    if coordinates.shape[1] == 3:
        more["marker"] = {**more["marker"], "size": max(2, more["marker"]["size"] // 2)}
        return go.Scatter3d(**axes, mode="markers", **more)
    return go.Scattergl(**axes, mode="markers", **more)


def _add_centres(figure: go.Figure, centres: Mapping[str, tuple[float, ...]], dimensions: int, dark: bool) -> None:
    if dimensions == 3:
        return
    for name, (x, y, *_) in centres.items():
        figure.add_annotation(
            x=x,
            y=y,
            text=name,
            showarrow=False,
            yshift=24,  # above its faces, not on them
            bgcolor="rgba(20,24,27,0.82)" if dark else "rgba(255,255,255,0.86)",
            bordercolor=colour(name),
            borderwidth=2,
            borderpad=3,
            font={"color": "#DDE3E6" if dark else "#1B2226", "size": 12},
        )
