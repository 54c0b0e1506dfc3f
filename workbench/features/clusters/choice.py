"""The controls above a map."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import streamlit as st

from fer_models.checkpoint import Checkpoint
from fer_models.data import FaceDataset
from fer_models.embedding import METHODS, MapSettings, feature_kinds
from fer_models.embedding.extract import EMBEDDING
from fer_models.embedding.maps import Apart
from fer_models.evaluation.shipped import COMPONENTS, read_shipped
from workbench import cache, shared, state
from workbench.app.wording import percent
from workbench.features.clusters.model import colours, maps
from workbench.widgets import dataclass_form

#: Title of each drag mode of Plotly.
_MOUSE = {"pan": "Click a face", "lasso": "Lasso"}
_VIEW = {2: "2D", 3: "3D"}
SHOWN = {"centres": "centres", "spread": "90 % ellipses", "outliers": "outliers"}
_APART = {"neighbours": "their nearest faces (local outlier factor)", "class": "the centre of their class"}
COLOUR = state.Choice("clusters.colour")
MOUSE = state.Choice("clusters.mouse", _MOUSE, "pan", address=False)
VIEW = state.Choice("clusters.view", _VIEW, 2)
LAID_OVER = state.Toggle("clusters.shown")
OUTLIERS = state.Choice("clusters.outliers", _APART, address=False)
FEATURES = state.Choice("clusters.features")


@dataclass(frozen=True)
class Controls:
    """Values of the controls; at most ``most`` faces, 0 for all."""

    settings: MapSettings
    colour_by: str
    most: int


@dataclass(frozen=True)
class Drawn:
    """What is drawn besides the points: keys of :data:`SHOWN`, and what outliers are far from."""

    shown: tuple[str, ...] = ("centres", "outliers")
    apart: Apart = "neighbours"


def choose(checkpoint: Checkpoint, dataset: FaceDataset) -> Controls:
    """Draw the controls of the map."""
    method = projection("", "tsne")
    features = features_choice(checkpoint, dataset, "", "embedding")
    choices = colours.colourings(dataset)
    colour_by = st.selectbox(
        "Colour by", list(choices), format_func=choices.__getitem__, **COLOUR.widget(list(choices))
    )
    most = st.selectbox(
        "Faces",
        list(maps.POINTS),
        format_func=maps.POINTS.__getitem__,
        help="How many are on the map, drawn at random from the split, always the same ones. More take longer.",
        **shared.POINTS.widget(list(maps.POINTS), maps.USUAL_POINTS),
    )
    stored = shared.MAP_SETTINGS.get() or dataclasses.asdict(MapSettings())
    with st.popover("Settings", icon=":material/tune:", width="stretch"), st.form("map settings"):
        submitted = dataclass_form.show(
            MapSettings, stored, key=f"map {method}", fields=MapSettings.fields_of(method), columns=2
        )
        if st.form_submit_button("Draw the map", type="primary"):
            stored = {**stored, **submitted}
            shared.MAP_SETTINGS.set(stored)
    dimensions = int(VIEW.get() or 2)
    settings = MapSettings(
        **{**stored, "method": method, "features": features, "dimensions": 3 if dimensions == 3 else 2}
    )
    return Controls(settings, str(colour_by), int(most or 0))


def view() -> None:
    """Draw the choice between two and three dimensions, which the next run reads."""
    st.segmented_control(
        "View",
        list(_VIEW),
        format_func=_VIEW.__getitem__,
        required=True,
        label_visibility="collapsed",
        **VIEW.widget(),
    )


def mouse() -> None:
    """Draw the choice of what the mouse does: a chart in lasso mode reports no clicks. In 3D it only clicks."""
    solid = int(VIEW.get() or 2) == 3
    st.segmented_control(
        "Mouse",
        list(_MOUSE),
        format_func=_MOUSE.__getitem__,
        required=True,
        label_visibility="collapsed",
        disabled=solid,
        **(MOUSE.of("3D") if solid else MOUSE).widget(),
    )


def layers() -> Drawn:
    """Draw the choice of the layers."""
    usual = Drawn()
    with st.popover("Shown", icon=":material/layers:", width="stretch"):
        shown = tuple(
            key
            for key, words in SHOWN.items()
            if st.checkbox(words.capitalize(), **LAID_OVER.of(key).widget(key in usual.shown))
        )
        st.caption(
            "An ellipse has the direction of its class and holds 90 % of the class's faces; a diamond is their median."
        )
        apart = st.radio(
            "Outliers are far from",
            list(_APART),
            format_func=_APART.__getitem__,
            **OUTLIERS.widget(default=usual.apart),
        )
    return Drawn(shown, "class" if apart == "class" else "neighbours")


def projection(suffix: str, usual: str) -> str:
    """Draw the choice of the projection."""
    methods = list(METHODS)
    return str(
        st.selectbox(
            "Projection",
            methods,
            format_func=METHODS.__getitem__,
            help="How many dimensions are reduced to two. t-SNE and UMAP keep neighbours, PCA keeps large distances.",
            **shared.PROJECTION.of(suffix).widget(methods, usual),
        )
    )


def features_choice(checkpoint: Checkpoint, dataset: FaceDataset, suffix: str, usual: str) -> str:
    """Draw the choice of the features that a network offers for these images; without images, of the shipped one."""
    words = "What the distance between two faces is measured in."
    if dataset.has_images:
        kinds = feature_kinds(list(cache.classifier(checkpoint).model.cam_layers))
    else:
        kinds = {EMBEDDING: f"Embedding, {COMPONENTS} components"}
        if (shipped := read_shipped(checkpoint)) is not None:
            words += f" The components hold {percent(shipped.kept)} of the squared length of the embeddings."
    return str(
        st.selectbox(
            "Features",
            list(kinds),
            format_func=kinds.__getitem__,
            help=words,
            **FEATURES.of(suffix).widget(list(kinds), usual),
        )
    )
