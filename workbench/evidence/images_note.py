"""What a page says where the images of a data set are not on this computer."""

from __future__ import annotations

import streamlit as st

from fer_models.data import READERS, FaceDataset
from workbench import navigation


def show(dataset: FaceDataset) -> None:
    """Say in one line what is drawn instead of the images and how to add them; nothing where they are there."""
    if dataset.has_images:
        return
    title = READERS[dataset.name].info.title if dataset.name in READERS else dataset.name
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            f":material/hide_image: {title} is not on this computer. Its predictions come with the networks; a face is "
            "drawn as the mean face of its class."
        )
        st.page_link(
            navigation.page("datasets"),
            label="Add the images",
            icon=":material/add_photo_alternate:",
            query_params={"section": "All sets"},
        )
