"""One face on a map of many."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from fer_models.colours import MARK
from fer_models.labels import colour


def face_on_map(
    coordinates: np.ndarray, labels: Sequence[str], classes: Sequence[str], point: tuple[float, ...]
) -> go.Figure:
    """Small points coloured by class, the name of each class at its median, and a star for the face.

    Args:
        coordinates: float (N, 2).
        labels: Class of each of the N points.
        classes: Class names, in the order of drawing.
        point: Coordinates of the face.
    """
    figure = go.Figure()
    names = np.asarray(labels)
    for name in classes:
        of_class = names == name
        if not of_class.any():
            continue
        figure.add_scattergl(
            x=coordinates[of_class, 0],
            y=coordinates[of_class, 1],
            mode="markers",
            marker={"size": 4, "color": colour(name), "opacity": 0.55},
            name=name,
            hoverinfo="name",
        )
        x, y = np.median(coordinates[of_class], axis=0)
        figure.add_annotation(
            x=float(x),
            y=float(y),
            text=name,
            name="point",
            showarrow=False,
            font={"size": 12},
            bgcolor="rgba(128,128,128,0.25)",
        )
    figure.add_scatter(
        x=[point[0]],
        y=[point[1]],
        mode="markers",
        marker={"size": 20, "symbol": "star", "color": MARK, "line": {"width": 2, "color": "#FFFFFF"}},
        name="this face",
        hoverinfo="name",
    )
    axis = {"showticklabels": False, "showgrid": False, "zeroline": False, "title_text": "", "fixedrange": True}
    figure.update_xaxes(**axis)
    figure.update_yaxes(**axis, scaleanchor="x")
    figure.update_layout(
        height=300, margin={"l": 0, "r": 0, "t": 0, "b": 0}, showlegend=False, dragmode=False, hovermode="closest"
    )
    return figure
