"""Mean heatmaps of the classes over mean faces, the contact sheet, and the downloads."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from fer_models.data import FaceDataset
from fer_models.explain.sets.batch import ExplainedSet
from workbench import shared, state
from workbench.features.heatmaps.model import split
from workbench.features.heatmaps.model.split import GROUPINGS
from workbench.widgets import downloads, picture_grid

_SIDE = 116
GROUPING = state.Choice("heatmaps.grouping", GROUPINGS, "label")


def show(explained_sets: Mapping[str, ExplainedSet], dataset: FaceDataset) -> None:
    """Draw a row of mean heatmaps for each network, with its settings below."""
    answer = st.container()
    left, right = st.columns(2)
    with left:
        grouping = st.segmented_control(
            "One map for each",
            list(GROUPINGS),
            format_func=GROUPINGS.__getitem__,
            required=True,
            **GROUPING.widget(),
        )
    with right:
        opacity = st.slider("Opacity, %", step=5, **shared.OPACITY.widget()) / 100
    for name, explained in explained_sets.items():
        with answer:
            _means(name, explained, dataset, str(grouping), opacity)
    st.caption(
        "Each image is the mean face of a class under the mean of its heatmaps, scaled so that its brightest place "
        "is 1. Faces that are framed differently blur each other."
    )


def _means(name: str, explained: ExplainedSet, dataset: FaceDataset, grouping: str, opacity: float) -> None:
    drawn = split.mean_tiles(explained, dataset, grouping, opacity, 2 * _SIDE)
    if drawn:
        picture_grid.wrapped(
            [tile.picture for tile in drawn],
            [tile.words for tile in drawn],
            side=_SIDE,
            label=f"Mean heatmaps of {name} by {GROUPINGS[grouping]}",
            name=f"{split.stem(name, explained)}-by-{grouping}",
        )
    else:
        st.info(
            f"No image has a {GROUPINGS[grouping]} that {name} knows and a heatmap to show; group by the predicted "
            "class, or choose other data.",
            icon=":material/info:",
        )
    st.caption(f"**{name}** · {split.facts(explained)}")


def sheet(explained_sets: Mapping[str, ExplainedSet], dataset: FaceDataset) -> None:
    """Draw for each network its contact sheet, in an expander, and its downloads."""
    for name, explained in explained_sets.items():
        fold = st.expander(
            f"Single faces of {name}: {len(explained.sheet)} of {explained.n:,}",
            icon=":material/grid_view:",
            key=f"sheet {name}",
            on_change="rerun",
        )
        if fold.open:
            with fold:
                opacity = float(shared.OPACITY.get()) / 100
                picture = split.sheet_png(explained, dataset, opacity)
                st.image(picture, caption=f"{name}, {split.facts(explained)}", width="stretch")
                _button("Contact sheet, PNG", picture, f"sheet-{split.stem(name, explained)}.png")
        with st.container(horizontal=True):
            stem = split.stem(name, explained)
            _button(f"{name}: one row per image, CSV", split.table_csv(explained, dataset), f"{stem}.csv")
            grouping = str(GROUPING.get())
            npy = split.maps_npy(explained, grouping)
            _button("Mean heatmaps, .npy", npy, f"{stem}-by-{grouping}.npy")


def _button(label: str, content: bytes, name: str) -> None:
    downloads.button(label, content, name, key=f"get {name}")
