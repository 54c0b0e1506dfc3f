"""Face lab: a drawn face under the user's hands, and what networks say of it."""

from __future__ import annotations

import streamlit as st

from workbench.features.lab import bench, choice
from workbench.widgets import heading

heading.show("lab")
checkpoints = choice.networks()
if not checkpoints:
    st.stop()
bench.show(checkpoints)
heading.show_reading(
    "The faces are drawn from action units, so it is known what moved and where. A network that answers well on them "
    "need not do so on photographs: one that was trained on photographs sees them for the first time. "
    "A decision point is where the answer changes for this one face; another person, pose or light moves it.",
    "Ekman and Friesen 1978, Facial Action Coding System; the drawing and its units: fer_models/data/synthetic",
)
