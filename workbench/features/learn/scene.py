"""The face of the lesson and its network, kept over all steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from fer_models.checkpoint import Checkpoint
from fer_models.crop import Crop
from fer_models.data.builtin import NAME as BUILT_IN
from fer_models.faces.face import Face
from fer_models.faces.whole import whole_face
from workbench import shared
from workbench.app import fit, inventory
from workbench.app.inventory import TrainedNetwork
from workbench.face import cached, image_input
from workbench.face.model import samples
from workbench.face.model.picture import Picture
from workbench.features.learn import presenter
from workbench.features.learn.step import Scene
from workbench.heatmap import cached as heatmaps
from workbench.widgets import empty, selection_bar

#: Networks that are asked for attention, the best first.
_TRIED = 4


def current(controls: DeltaGenerator) -> Scene | None:
    """The scene; ``None`` without a trained network, after saying what to do.

    The network is that of the address, else the best that suits the picture and has attention over places.

    Raises:
        UserError: If the picture is too small to hold a face.
    """
    networks = inventory.trained_networks()
    usable = inventory.usable(networks)
    if not usable:
        empty.show(
            "A lesson needs a trained network. The quick recipe trains one in a few minutes.",
            page="train",
            label="Train a network",
            key="nothing trained",
        )
        return None
    picture = image_input.current()
    drawn = picture.sample is not None and samples.drawn(picture.sample)
    faces = [] if picture.is_face else cached.faces(picture.digest, picture.pixels)
    face = faces[0] if faces else whole_face(picture.pixels)
    data = BUILT_IN if drawn else None
    requested = shared.CHECKPOINT.in_address()
    chosen = usable.get(requested or "")
    checkpoint, crop = _reader([chosen] if chosen else fit.ordered(usable, data)[:_TRIED], picture, face)
    if chosen is None and requested is not None:
        selection_bar.say_missing(checkpoint.name, networks, [requested])
    if chosen is not None and (other_images := fit.misfit(chosen, data)):
        st.caption(other_images)
    built_in = chosen is not None and not fit.misfit(chosen, BUILT_IN)
    return Scene(
        picture,
        crop,
        checkpoint,
        checkpoint if built_in else _best(usable, BUILT_IN),
        controls,
        presenter.scale(),
        st.context.theme.type == "dark",
    )


def _reader(networks: Sequence[TrainedNetwork], picture: Picture, face: Face) -> tuple[Checkpoint, Crop]:
    """The first of the networks that has attention over places, which a step shows; else the first one."""
    read = []
    for network in networks:
        assert network.checkpoint is not None, "a usable network has one"
        crop = cached.crop(picture.digest, picture.pixels, face, network.checkpoint.preprocess)
        read.append((network.checkpoint, crop))
        if heatmaps.own_attention(network.checkpoint, crop.pixels).overlays:
            return read[-1]
    return read[0]


def _best(usable: Mapping[str, TrainedNetwork], data: str | None) -> Checkpoint:
    checkpoint = fit.ordered(usable, data)[0].checkpoint
    assert checkpoint is not None, "a usable network has one"
    return checkpoint
