"""Plotly figures: the only user of ``st.plotly_chart``. Each has buttons for PNG and SVG, and goes into the report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal

import streamlit as st

from workbench.widgets.files import file_names, report

if TYPE_CHECKING:
    import plotly.graph_objects as go

Tools = Literal["save", "zoom", "map", "wide"]
#: Times the size on the screen: 600 pixels become 1,800, 15 cm at 300 dots per inch.
_PRINT = 3
_ZOOM = [
    "zoom2d",
    "pan2d",
    "select2d",
    "lasso2d",
    "zoomIn2d",
    "zoomOut2d",
    "autoScale2d",
    "resetScale2d",
    "zoom3d",
    "pan3d",
    "orbitRotation",
    "tableRotation",
    "resetCameraDefault3d",
    "resetCameraLastSave3d",
    "hoverClosestCartesian",
    "hoverCompareCartesian",
]


def show(
    figure: go.Figure,
    *,
    key: str,
    alt: str,
    name: str = "",
    tools: Tools = "save",
    on_select: Callable[[], None] | None = None,
    selection_mode: Sequence[str] = ("points",),
) -> None:
    """Draw a Plotly figure over the width of its container.

    Args:
        figure: The figure.
        key: Of the widget.
        alt: What the figure shows, for screen readers.
        name: What it is, for its file name; by default the key. Method and class belong into it.
        tools: The buttons over the figure. ``"save"``: PNG and SVG; ``"zoom"``: those that zoom too; ``"map"``: the
            same, always in view, the wheel zooms, and the figure is nearly as high as the window. ``"wide"``: PNG and
            SVG, and on a phone the figure keeps a width at which its cells can be read, and scrolls in its own box.
        on_select: Called when points are selected; without it nothing can be.
        selection_mode: How they can be selected.
    """
    file = file_names.file_name(f"{name or key}.png", key=key, also=".svg").removesuffix(".png")
    config = {
        "displayModeBar": True if tools == "map" else "hover",
        "displaylogo": False,
        "scrollZoom": tools == "map",
        "modeBarButtonsToRemove": _ZOOM if tools in ("save", "wide") else [],
        "toImageButtonOptions": {"format": "png", "filename": file, "scale": _PRINT},
    }
    selected: dict[str, Any] = {}
    if on_select is not None:
        selected = {"on_select": on_select, "selection_mode": tuple(selection_mode)}
    if tools in ("save", "wide") and figure.layout.dragmode is None:  # a finger scrolls, it draws no zoom box
        figure.layout.dragmode = False
    if tools in ("map", "wide"):  # the style gives a map most of the window's height, and holds the width of a wide one
        with st.container(key=f"{tools} of {key}"):
            height: Literal["stretch", "content"] = "stretch" if tools == "map" else "content"
            st.plotly_chart(figure, key=key, alt=alt, config=config, height=height, **selected)
    else:
        st.plotly_chart(figure, key=key, alt=alt, config=config, **selected)
    report.figure(file, alt, figure)
