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
    "Severities run from a change that people hardly notice to one that hides much of the face; they are this "
    "project's own, the same for every network, and grow with the image's side, not with its pixels. A network "
    "that keeps its class under a mask may be firm, or may not have looked at the mouth at all: the heatmaps tell. "
    "Heatmap likeness is the rank correlation of the map that Explain opens with, with that of the clean "
    "face, moved along where the face moved. Drawn masks and glasses are not photographed ones. The class is a "
    "reading, not a feeling.",
    "Hendrycks and Dietterich 2019, Benchmarking neural network robustness to common corruptions and "
    "perturbations; Li et al. 2025, SLDCNN, Table 7: normal, low light, covered",
)
