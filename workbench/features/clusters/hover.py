"""The face under the mouse, beside the mouse: plotly's own labels hold no pictures."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from workbench import cache
from workbench.features.clusters.maps import Mapped
from workbench.features.clusters.model import colours

_BESIDE = Path(__file__).parent
_HOVER = st.components.v2.component(
    "face_under_the_mouse",
    css=(_BESIDE / "hover.css").read_text("utf-8"),
    js=(_BESIDE / "hover.js").read_text("utf-8"),
)


def show(mapped: Mapped, chart: str, *, clicks: bool = False) -> int | None:
    """Show the faces of the chart with that key; returns the position that was clicked just now, where asked.

    Args:
        clicks: for a chart that reports no selection of its own.
    """
    faces = mapped.faces
    told = cache.of_predictions(colours.hover, faces, mapped.dataset, key=("hover", faces.n))
    result = _HOVER(
        key=f"{chart} hover",
        data={**told, "chart": "st-key-" + chart.replace(" ", "-"), "clicks": clicks},
        on_clicked_change=_noticed,
    )
    clicked = result.get("clicked")
    return None if clicked is None else int(clicked)


def _noticed() -> None:
    """A trigger needs a callback to exist; the value is read from the result."""
