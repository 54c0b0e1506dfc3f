"""Explain: one face, its predictions, their heatmaps, and tests of the heatmaps."""

from __future__ import annotations

import streamlit as st

from fer_models.checkpoint import Checkpoint
from workbench.evidence import as_python
from workbench.evidence.model import code
from workbench.face import choice, crop_view, image_input
from workbench.features.explain import subject as explain_subject
from workbench.features.explain import tabs
from workbench.features.explain.subject import Subject
from workbench.widgets import data_choice, heading, selection_bar
from workbench.widgets.errors import guard


def _show_tabs(checkpoint: Checkpoint, data: str | None) -> None:
    left, right = st.columns([3, 8], gap="medium")
    with right:
        tab = tabs.choose()
        tab_area = st.container()
    with left:
        subject = _face(checkpoint, data)
    if subject is None:
        return
    with tab_area, guard("this view"):
        tabs.TABS[tab][1](subject, key=f"explain {tab}")


def _face(checkpoint: Checkpoint, data: str | None) -> Subject | None:
    with st.container(key="image source"):  # on a phone the answer stands between the two
        picture = image_input.show(data, key="explain")
    with st.container(key="image faces"):
        selection = choice.choose(picture, checkpoint.preprocess, key="explain")
        if selection is None:
            return None
        subject = explain_subject.subject(checkpoint, picture, selection[0], data)
        crop_view.show(subject.framed.crop, side=96)
        as_python.show(code.explaining(checkpoint), key="explain")
    return subject


heading.show("explain")
# The data set matters only while one of its rows is the image.
chosen = selection_bar.show(checkpoint=True, data=image_input.reads_rows(), images=image_input.data_of_image)
if chosen is None or chosen.checkpoint is None:
    st.stop()
with guard("the explanation"):
    _show_tabs(chosen.checkpoint, data_choice.current())
heading.show_reading(
    "Bright places of the heatmap are where the chosen layer holds evidence for the class: they say where the "
    "network looked, not that it was right. A map of few cells is coarse, so a bright patch may cover a whole eye "
    "or mouth. The network's own attention is another thing: gates that it applies to every class alike, on the "
    "way to its answer.",
    "Selvaraju et al. 2017, Grad-CAM; Long 2024, FCSDNet; Woo et al. 2018, CBAM",
)
