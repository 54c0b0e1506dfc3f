"""The first answer: a face, its classes, its heatmap and what the heatmap is worth."""

from __future__ import annotations

import streamlit as st

from fer_models.crop import Crop
from fer_models.explain import EXPLAINERS
from workbench import navigation
from workbench.app import fit, inventory
from workbench.app.wording import data_title, percent
from workbench.face import bars, choice, doubts, image_input
from workbench.face.model.picture import Picture
from workbench.heatmap import cached, verdict
from workbench.heatmap.model import drawing
from workbench.heatmap.model.drawing import Display
from workbench.heatmap.model.look import Look, Question
from workbench.widgets import empty
from workbench.widgets.errors import guard
from workbench.widgets.files import file_names

_SIDE = 240


def show(picture: Picture, *, key: str) -> None:
    """Draw the answer of the best network that is quick enough.

    Args:
        picture: Of :func:`workbench.face.image_input.show_tiles`.
        key: Prefix of the widgets' keys.

    Raises:
        UserError: If the network cannot be loaded.
    """
    images = image_input.data_of_image(None)
    network = fit.answering(inventory.usable(inventory.trained_networks()), images)
    if network is None:
        empty.show("No trained network yet.", page="train", label="Train a network", key="nothing trained")
        return
    checkpoint = network.checkpoint
    assert checkpoint is not None
    file_names.about(network=checkpoint.name, weights=checkpoint.sha256)
    left, middle, right = st.columns([4, 4, 5], gap="small")
    with left:
        chosen = choice.choose(picture, checkpoint.preprocess, key=key)
    if chosen is None:
        return
    face, crop = chosen
    look = cached.look(checkpoint, crop.pixels, Question())
    with middle:
        _heatmap(look, crop)
    with right:
        ranked = look.prediction.ranked()
        st.markdown(f"**The class is “{look.winner}”**, {percent(ranked[0][1])} sure")
        doubts.show(picture, face, crop)
        bars.show_probabilities(ranked)
        judged = st.container()
    trained = f"trained on {data_title(network.trained_on)}" if network.trained_on else "training data not recorded"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"Read by {network.name}, {trained}. {fit.misfit(network, images)}", width="content")
        st.page_link(
            navigation.page("explain"),
            label="Open in Explain",
            icon=":material/visibility:",
            query_params={"checkpoint": network.name},
        )
    with judged, guard("the verdict"), st.spinner("Testing the heatmap."):  # last: it takes longest
        verdict.judge(checkpoint, crop.pixels, Question())


def _heatmap(look: Look, crop: Crop) -> None:
    drawn = drawing.over_face(crop.pixels, look.attribution, Display(), _SIDE)
    method = EXPLAINERS[look.attribution.method].title
    words = f"Where it looks for “{look.target}”" if look.attribution.has_positive[0] else "No evidence for the class"
    with st.container(key="pixels home"):
        st.image(
            drawn,
            f"{words}: bright places hold evidence ({method}).",
            width="stretch",
            output_format="PNG",
            alt=f"{method} heatmap for {look.target} over the face",
        )
