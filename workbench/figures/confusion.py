"""The confusion matrix: a heatmap that can be clicked, readable without colour."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

#: One hue from paper to ink, and for differences two hues about a neutral middle: both keep apart in grey and in
#: colour vision deficiencies, and every cell says its value in words.
_LIGHT = ((0.0, "#F7FAFB"), (0.25, "#C5DCE8"), (0.5, "#7FB2CC"), (0.75, "#3E89B0"), (1.0, "#123F58"))
_DARK = ((0.0, "#1B2226"), (0.25, "#1F4156"), (0.5, "#2B6A8C"), (0.75, "#5FA3C4"), (1.0, "#CBE6F3"))
_DIVERGING = "PuOr_r"


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
    figure = go.Figure(
        go.Heatmap(
            z=shown,
            zmin=-top if signed else 0,
            zmax=top,
            colorscale=_DIVERGING if signed else (_DARK if dark else _LIGHT),
            xgap=1,
            ygap=1,
            text=[list(row) for row in texts],
            texttemplate="%{text}",  # its ink follows the cell's ground by itself
            textfont={"size": 13},
            hoverinfo="skip",
            colorbar={"title": {"text": unit, "side": "right"}, "thickness": 10, "outlinewidth": 0, "len": 1.0},
        )
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
        height=110 + 46 * size,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        clickmode="event+select",
        dragmode=False,
        hovermode="closest",
        hoverdistance=-1,
        plot_bgcolor="rgba(0,0,0,0)",
    )
    return figure
