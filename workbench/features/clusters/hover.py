"""The face under the mouse, shown beside it: Plotly's hover labels hold no images."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit import runtime

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
    """Show the face under the mouse on a chart; returns the position that was clicked in this run.

    Args:
        mapped: The map on the chart.
        chart: Key of the chart.
        clicks: Whether clicks are reported, for a chart that reports no selection itself.
    """
    faces = mapped.faces
    data = cache.of_predictions(colours.hover, faces, mapped.dataset, key=("hover", faces.n))
    result = _HOVER(
        key=f"{chart} hover",
        data={
            **data,
            "sprite": _address(data["sprite"], chart),
            "chart": "st-key-" + chart.replace(" ", "-"),
            "clicks": clicks,
        },
        on_clicked_change=_on_click,
    )
    clicked = result.get("clicked")
    return None if clicked is None else int(clicked)


def _address(faces: bytes, chart: str) -> str:
    """Where the browser fetches the faces when the mouse first lies on one; empty where no server runs."""
    if not runtime.exists():
        return ""
    path = runtime.get_instance().media_file_mgr.add(faces, "image/jpeg", f"{chart} faces")
    base = str(st.get_option("server.baseUrlPath")).strip("/")
    return f"/{base}{path}" if base else path


def _on_click() -> None:
    """A trigger value exists only with a callback; the value itself is read from the result."""
