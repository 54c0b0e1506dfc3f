"""Find by image: where an uploaded face falls on the map, and the faces with the most similar embeddings."""

from __future__ import annotations

import numpy as np
import streamlit as st

from fer_models.embedding.nearest import CLOSEST
from workbench import cache
from workbench.app.wording import percent
from workbench.evidence.model import answers
from workbench.face import choice, image_input
from workbench.features.clusters.maps import Mapped
from workbench.features.clusters.model import maps
from workbench.widgets import gallery


def show(mapped: Mapped) -> tuple[float, ...] | None:
    """Draw the upload and the most similar faces; returns its point on the map, or ``None`` without a face.

    Raises:
        UserError: If the picture cannot be read.
    """
    fold = st.expander(
        "Find by image: where does a face of your own fall?",
        icon=":material/person_search:",
        key="find fold",
        on_change="rerun",
    )
    if not fold.open:
        return None
    with fold:
        left, right = st.columns([2, 5], gap="large")
        with left:
            choice_above = st.container()
            picture = image_input.show(None, key="clusters")
            with choice_above:
                crop = choice.show(picture, mapped.checkpoint.preprocess, key="clusters")
        if crop is None:
            return None
        match = maps.find(cache.classifier(mapped.checkpoint), mapped.faces, mapped.map, crop.pixels)
        with right:
            faces = mapped.faces
            st.markdown(f"**The class is “{match.answer}”**, {percent(match.confidence)} sure")
            st.caption(
                f"The red star is placed at the mean of its {CLOSEST} nearest faces, weighted by closeness; the "
                "map itself is unchanged. Below are the faces with the most similar embeddings, nearest first."
            )
            distances = {int(faces.positions[i]): distance for i, distance in match.near}
            index_of = {int(faces.positions[i]): i for i, _ in match.near}
            clicked = gallery.show(
                mapped.dataset.display_images,
                np.array(list(distances)),
                key="found",
                words=gallery.Words(
                    lambda p: f"{answers.title(faces, index_of[p])}, {distances[p]:.2f}",
                    title="most alike to your face in the features",
                ),
                layout=gallery.Layout(side=84),
            )
    if clicked is not None:
        mapped.row.set(str(clicked))
    return match.point
