"""The network's own attention for one face: every module's maps over the face, and its channel gates."""

from __future__ import annotations

import numpy as np
import streamlit as st

from workbench.components import plot
from workbench.figures.gates import sorted_gates
from workbench.services import explain
from workbench.services.explain import OwnAttention
from workbench.services.predict import Crop

_SIDE = 192


def show(attention: OwnAttention, crop: Crop, opacity: float, *, key: str) -> None:
    """Draw what there is; a network without attention says so."""
    if attention.empty:
        st.info("This network has no attention module.", icon=":material/info:")
        return
    if attention.overlays:
        st.markdown("**Where it attends**: the gate or the attention received at each place, over the face")
        _overlays(attention.overlays, crop, opacity, f"pixels {key} places")
    if attention.channels:
        st.markdown(
            "**What its channel attention lets through**: the mean of its feature maps, weighted by their gates"
        )
        _overlays(attention.channels, crop, opacity, f"pixels {key} channels")
    if attention.overlays or attention.channels:
        st.caption("Each picture has its own scale, from its smallest value (dark) to its largest (bright).")
    if attention.gates:
        st.markdown("**How open the channels are**: every channel gate, sorted")
        plot.show(sorted_gates(attention.gates), key=f"{key} gates", alt="Channel gates of each module, sorted")


def _overlays(maps: list[tuple[str, np.ndarray]], crop: Crop, opacity: float, key: str) -> None:
    with st.container(horizontal=True, gap="medium", key=key):
        for title, values in maps:
            low, high = float(values.min()), float(values.max())
            heat = (values - low) / (high - low) if high > low else np.zeros_like(values)
            st.image(
                explain.overlay_png(crop.pixels, heat, opacity, signed=False, side=_SIDE),
                f"{title}: {low:.3g} to {high:.3g}",
                width=_SIDE + 24,
                alt=f"{title} over the face",
            )
