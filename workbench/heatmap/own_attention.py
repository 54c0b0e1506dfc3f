"""The network's own attention for one face in short: every module's map over the face."""

from __future__ import annotations

import numpy as np
import streamlit as st

from fer_models.crop import Crop
from workbench.heatmap.model import drawing
from workbench.heatmap.model.drawing import Display
from workbench.heatmap.model.look import OwnAttention
from workbench.widgets import picture_grid
from workbench.widgets.picture_grid import Cell, Row

_SIDE = 144


def show(attention: OwnAttention, crop: Crop, display: Display) -> None:
    """Draw all maps, or a note that the network has no attention module."""
    if attention.empty:
        st.info("This network has no attention module.", icon=":material/info:")
        return
    if attention.overlays:
        st.markdown("**Where it attends**: the gate or the attention received at each place, over the face")
        _overlays(attention.overlays, crop, display)
    if attention.channels:
        st.markdown(
            "**What its channel attention lets through**: the mean of its feature maps, weighted by their gates"
        )
        _overlays(attention.channels, crop, display)
    st.caption("Each image has its own scale, from its smallest value (dark) to its largest (bright).")


def _overlays(maps: list[tuple[str, np.ndarray]], crop: Crop, display: Display) -> None:
    cells = [
        Cell(
            drawing.spread_over_face(crop.pixels, values, display, _SIDE),
            f"{title}: {values.min():.3g} to {values.max():.3g}",
            f"{title} over the face",
        )
        for title, values in maps
    ]
    picture_grid.show([Row("", "", cells)], side=_SIDE, label="Own attention")
