"""The face of the lesson and its network, kept over all steps."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from fer_models.faces.whole import whole_face
from workbench.app import inventory
from workbench.face import cached, image_input
from workbench.face.model import samples
from workbench.features.learn import presenter
from workbench.features.learn.model import networks
from workbench.features.learn.step import Scene
from workbench.widgets import empty


def current(controls: DeltaGenerator) -> Scene | None:
    """The scene; ``None`` without a trained network, after saying what to do.

    Raises:
        UserError: If the picture is too small to hold a face.
    """
    usable = inventory.usable(inventory.trained_networks()).values()
    chosen = networks.choose(network.checkpoint for network in usable if network.checkpoint is not None)
    if chosen is None:
        empty.show(
            "A lesson needs a trained network. The quick recipe trains one in a few minutes.",
            page="train",
            label="Train a network",
            key="nothing trained",
        )
        return None
    picture = image_input.current()
    checkpoint = chosen[1] if picture.sample is not None and samples.drawn(picture.sample) else chosen[0]
    faces = [] if picture.is_face else cached.faces(picture.digest, picture.pixels)
    face = faces[0] if faces else whole_face(picture.pixels)
    crop = cached.crop(picture.digest, picture.pixels, face, checkpoint.preprocess)
    return Scene(picture, crop, checkpoint, chosen[1], controls, presenter.scale(), st.context.theme.type == "dark")
