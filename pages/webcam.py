"""Webcam: live predictions with a heatmap; nothing is stored."""

from __future__ import annotations

import streamlit as st

from fer_models.video.live import SMOOTHING_SECONDS
from workbench import cache, state
from workbench.face import detector_button
from workbench.features.webcam import live
from workbench.features.webcam.model import camera
from workbench.widgets import heading, selection_bar
from workbench.widgets.errors import guard

_MODES = ("Live", "A single image")
CAMERA = state.Choice("webcam.camera", _MODES)
LAYER_LIVE = state.Choice("webcam.layer live")


heading.show("webcam")
chosen = selection_bar.show(checkpoint=True)
if chosen is None or chosen.checkpoint is None:
    st.stop()
with guard("the camera"):
    classifier = cache.classifier(chosen.checkpoint)
    with st.container(horizontal=True, gap="large"):
        mode = st.segmented_control("Camera", _MODES, **CAMERA.widget()) or _MODES[0]
        layers = camera.layers(classifier)
        layer = st.segmented_control(
            "Over the largest face",
            list(layers),
            format_func=layers.__getitem__,
            **LAYER_LIVE.widget(list(layers)),
        )
    # In its own container: an element that moves on the page is drawn again, which would stop the stream.
    note = st.container()
    if layer == "attention" and not camera.has_attention(classifier):
        note.info("This network has no attention over places; only the box is drawn.", icon=":material/info:")
    if mode == "Live":
        live.stream(classifier, layer or "none")
    else:
        live.still(classifier, layer or "none")
    st.caption(
        ":material/lock: Nothing is stored and nothing leaves this computer: each frame is read in memory and dropped. "
        "Only the numbers of the last minute are kept, in the memory of this session."
    )
    detector_button.offer(key="webcam")  # below the stream, which must not move when this disappears
heading.show_reading(
    "The latest frame wins: while one is read, frames that arrive meanwhile are skipped, so that the image "
    "never falls behind. Faces are detected a few times a second on a reduced copy and tracked in between. "
    f"Probabilities are smoothed over {SMOOTHING_SECONDS:g} s. A network's reading of a face is not a feeling: it says "
    "which training images the face resembles.",
    "Heatmap: the method that Explain opens with. Own attention: the last gate over places, from its smallest to its "
    "largest value",
)
