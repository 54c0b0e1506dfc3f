"""The first map: drawn, with the face under the mouse."""

from __future__ import annotations

import numpy as np
import streamlit as st

from workbench.features.clusters import hover, maps
from workbench.features.clusters.choice import Drawn
from workbench.features.clusters.maps import Mapped

KEY = "cluster map"


def show(
    mapped: Mapped, colour_by: str, drawn: Drawn, added: tuple[float, ...] | None, highlighted: np.ndarray | None
) -> None:
    """Draw the map; with the point of an uploaded image and the faces selected on the second map."""
    maps.draw(mapped, colour_by, KEY, drawn, added=added, highlighted=highlighted)
    # A chart in three dimensions reports no selection; the click comes from here.
    clicked = hover.show(mapped, KEY, clicks=mapped.map.coordinates.shape[1] == 3)
    if clicked is not None:
        mapped.row.set(str(clicked))
        st.rerun()
