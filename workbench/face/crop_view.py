"""The crop that the network gets: enlarged without blur, and at its true size."""

from __future__ import annotations

import streamlit as st

from fer_models.crop import Crop
from workbench.app import pictures


def show(crop: Crop, *, side: int = 144) -> None:
    """Draw both sizes side by side."""
    size = crop.pixels.shape[0]
    colour = "grey" if crop.pixels.shape[2] == 1 else "RGB"
    large = pictures.enlarged(pictures.as_rgb(crop.pixels), side)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="pixels"):
        st.image(
            large,
            f"What the network gets: {size} x {size}, {colour}",
            width=large.shape[1],
            output_format="PNG",
            alt=f"The face cut out, {size} by {size} pixels, enlarged",
        )
        st.image(
            pictures.as_rgb(crop.pixels),
            "True size",
            width=max(size, 48),
            output_format="PNG",
            alt="The same at its true size",
        )
