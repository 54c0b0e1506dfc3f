"""Stress: a face, or the faces of a split, made worse in known ways, and what the networks then say."""

from __future__ import annotations

import streamlit as st

from workbench import state
from workbench.face import image_input
from workbench.features.stress import many_faces, one_face
from workbench.widgets import heading, selection_bar
from workbench.widgets.errors import guard

_SECTIONS = ("One face", "Many faces")
TEST = state.Choice("stress.test", _SECTIONS)


heading.show("stress")
section = st.segmented_control("Section", _SECTIONS, required=True, label_visibility="collapsed", **TEST.widget())
many = section == "Many faces"
with guard("the stress test"):
    images = None if many else image_input.data_of_image
    chosen = selection_bar.show(checkpoint=True, data=True, split=many, images=images)
    if chosen is None or chosen.checkpoint is None:
        st.stop()
    if many and chosen.data is not None and chosen.split is not None:
        many_faces.show(chosen.checkpoint, chosen.data, chosen.split, key="stress")
    elif not many:
        one_face.show(chosen.checkpoint, chosen.data, key="stress")
heading.show_reading(
    "Strength 1 is a change that people hardly notice, strength 5 hides much of the face. The five strengths are this "
    "project's own, the same for every network, and scale with the side of the image. A network that keeps its "
    "class under a mask may be robust, or may never have looked at the mouth: the heatmaps tell. Heatmap likeness "
    "is the rank correlation between Explain's default heatmap of the corrupted face and that of the clean one, "
    "shifted and turned with the face. Masks and glasses are drawn, not photographed. The class is a reading, not "
    "a feeling.",
    "Hendrycks and Dietterich 2019, Benchmarking neural network robustness to common corruptions and "
    "perturbations; Li et al. 2025, SLDCNN, Table 7: normal, low light, covered",
)
