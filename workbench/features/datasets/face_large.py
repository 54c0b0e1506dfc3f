"""One face of a data set, enlarged, with its facts."""

from __future__ import annotations

import numpy as np
import streamlit as st

from fer_models.data import FaceDataset
from fer_models.data.leaks.duplicates import Duplicates
from workbench import navigation, shared, state
from workbench.app import dataset_facts, pictures
from workbench.features.datasets import sections
from workbench.widgets import downloads, table

_SIDE = 288
LANDMARKS_SHOWN = state.Toggle("datasets.landmarks shown")


def show(name: str, dataset: FaceDataset, position: int, copies: Duplicates | None) -> None:
    """Draw the picture, its facts, a download, and links to other pages."""
    picture = pictures.as_rgb(np.asarray(dataset.images[position]))
    shown = pictures.enlarged(picture, _SIDE)
    points = dataset.columns.get("landmarks")
    if points is not None and LANDMARKS_SHOWN.get():
        shown = pictures.with_points(shown, np.asarray(points[position]) * (shown.shape[0] / picture.shape[0]))
    about = dataset_facts.caption(dataset, position)
    with st.container(key="pixels large"):
        st.image(shown, width=_SIDE, output_format="PNG", alt=about)
    if points is not None:
        st.toggle("Landmarks", **LANDMARKS_SHOWN.widget())
    table.show(("", ""), dataset_facts.facts(dataset, position, copies), label=f"What is known of {about}")
    with st.container(horizontal=True):
        downloads.button(
            "PNG",
            pictures.png(np.asarray(dataset.images[position])),
            f"row-{int(dataset.rows[position])}.png",
            key="face png",
        )
        if st.button("As the network sees it", key="to preparation", icon=":material/transform:"):
            shared.ROW.set(str(position))
            sections.SECTION.set("Preparation")
            st.rerun()
    st.page_link(
        navigation.page("explain"),
        label="Explain this face",
        icon=":material/visibility:",
        query_params={"data": name, "sample": "row", "row": str(position)},
    )
