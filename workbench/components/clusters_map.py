"""The map with its controls: computed in the background, coloured as asked, told what is circled or clicked."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import streamlit as st

from fer_models.checkpoint import Checkpoint
from fer_models.data import FaceDataset
from fer_models.embedding import METHODS, FaceMap, MapSettings, feature_kinds
from fer_models.evaluation.evaluate import Evaluation
from workbench import cache, state
from workbench.components import dataclass_form, job_progress
from workbench.figures.clusters import cluster_map
from workbench.services import clusters

_SELECTED, _SOURCE, _CLEARED = "clusters selected", "clusters selected on", "clusters cleared"

#: What a drag does, by Plotly's name for it.
_MOUSE = {"pan": "Click a face", "lasso": "Circle faces"}


@dataclass(frozen=True)
class Mapped:
    """A map and what it was made of; ``faces`` are the predictions of the faces on it, in the map's order."""

    checkpoint: Checkpoint
    name: str
    dataset: FaceDataset
    faces: Evaluation
    settings: MapSettings
    map: FaceMap


@dataclass(frozen=True)
class Asked:
    """What the row of controls says; ``most`` faces at most, 0 for all."""

    settings: MapSettings
    colour_by: str
    most: int


def choose(checkpoint: Checkpoint, dataset: FaceDataset) -> Asked:
    """Draw the row of controls."""
    first, second, third, fourth, fifth = st.columns([3, 4, 3, 2, 2], vertical_alignment="bottom")
    with first:
        method = projection("", "tsne")
    with second:
        features = features_choice(checkpoint, "", "embedding")
    with third:
        choices = clusters.colourings(dataset)
        colour_by = st.selectbox(
            "Colour by", list(choices), format_func=choices.__getitem__, **state.bound("colour", list(choices))
        )
    with fourth:
        most = st.selectbox(
            "Faces",
            list(clusters.POINTS),
            format_func=clusters.POINTS.__getitem__,
            help="How many are on the map, drawn at random from the split, always the same ones. More take longer.",
            **state.bound("points", list(clusters.POINTS), clusters.USUAL_POINTS),
        )
    kept = state.recall("map settings") or dataclasses.asdict(MapSettings())
    with fifth, st.popover("Settings", icon=":material/tune:", width="stretch"), st.form("map settings"):
        given = dataclass_form.show(
            MapSettings, kept, key=f"map {method}", fields=MapSettings.fields_of(method), columns=2
        )
        if st.form_submit_button("Draw the map", type="primary"):
            kept = {**kept, **given}
            state.remember("map settings", kept)
    settings = MapSettings(**{**kept, "method": method, "features": features})
    return Asked(settings, str(colour_by), int(most or 0))


def mouse() -> None:
    """Draw the choice of what the mouse does: a chart that waits for circles reports no clicks."""
    st.segmented_control(
        "The mouse",
        list(_MOUSE),
        format_func=_MOUSE.__getitem__,
        required=True,
        label_visibility="collapsed",
        **state.bound("mouse", list(_MOUSE), "pan", in_url=False),
    )


def projection(suffix: str, usual: str) -> str:
    """Draw the choice of the projection."""
    methods = list(METHODS)
    return str(
        st.selectbox(
            "Projection",
            methods,
            format_func=METHODS.__getitem__,
            help="How many dimensions become two. t-SNE and UMAP keep neighbours, PCA keeps large distances.",
            **state.bound(f"projection{suffix}", methods, usual),
        )
    )


def features_choice(checkpoint: Checkpoint, suffix: str, usual: str) -> str:
    """Draw the choice of the features that a network offers."""
    kinds = feature_kinds(list(cache.classifier(checkpoint).model.cam_layers))
    return str(
        st.selectbox(
            "Features",
            list(kinds),
            format_func=kinds.__getitem__,
            help="What two faces are compared by.",
            **state.bound(f"features{suffix}", list(kinds), usual),
        )
    )


def made(
    checkpoint: Checkpoint, name: str, dataset: FaceDataset, faces: Evaluation, settings: MapSettings
) -> Mapped | None:
    """The map, or ``None`` while it is made, after drawing how far it is.

    Raises:
        UserError: If there are too few faces.
    """
    found = clusters.read(checkpoint, faces, settings)
    if found is None:
        job = clusters.start(cache.classifier(checkpoint), dataset, faces, settings)
        if job.state == "failed":
            st.error(job.problem, icon=":material/error:")
            if st.button("Try again", icon=":material/refresh:", key=f"again {settings}"):
                clusters.forget(checkpoint, dataset, faces, settings)
                st.rerun()
        elif job.active:
            st.caption("You can go on meanwhile; the map is kept, and the next visit finds it at once.")
            job_progress.show(job, METHODS[settings.method])
        else:
            found = job.result  # The cache could not be written.
    if found is None:
        return None
    return Mapped(checkpoint, name, dataset, faces, settings, found)


def draw(mapped: Mapped, colour_by: str, key: str, added: tuple[float, ...] | None = None, *, outliers: bool = True,
         coordinates: np.ndarray | None = None) -> None:  # fmt: skip
    """Draw the map; what is circled or clicked on it is kept for :func:`selected` and in the address.

    Args:
        coordinates: drawn instead of the map's own, for instance turned onto another map.
    """
    faces = mapped.faces
    points = mapped.map.coordinates if coordinates is None else coordinates
    told = clusters.colouring(faces, mapped.dataset, colour_by)
    marked = None
    # A map dims by itself what was not circled on it; its figure stays as it is, and with it the zoom.
    drag = str(state.recall("mouse", "pan"))
    if state.recall(_SOURCE) not in (None, f"{key} {drag}"):
        marked = np.isin(faces.positions, state.recall(_SELECTED, ()))
    figure = cluster_map(
        points,
        faces.positions,
        clusters.texts(faces),
        faces.predictions != faces.targets,
        names=told.names,
        values=told.values,
        title=told.title,
        order=(*faces.classes, clusters.RIGHT, clusters.WRONG),
        centres=clusters.centres(points, faces),
        outliers=mapped.map.outliers() if outliers else None,
        selected=marked,
        added=added,
        dark=st.context.theme.type == "dark",
    )
    # A drawn line stays in the browser until the chart is a new one.
    figure.update_layout(meta=state.recall(_CLEARED, 0), dragmode=drag)
    config = {"displaylogo": False, "displayModeBar": True, "scrollZoom": True}
    alt = (
        f"{METHODS[mapped.settings.method]} map of {faces.n:,} faces coloured by {told.title}; the tables and "
        "galleries below say what lies together."
    )
    if points.shape[1] == 3:
        st.plotly_chart(figure, key=key, alt=alt, config=config)
        return
    st.plotly_chart(
        figure, key=key, alt=alt, config=config, selection_mode=("points", "box", "lasso"),
        on_select=lambda: _picked(key, drag),
    )  # fmt: skip


def _picked(key: str, drag: str) -> None:
    found = clusters.picked(state.value_of(key))
    if found.kind == "point" and drag == "pan":
        state.put("row", str(found.positions[0]))
        return
    if found.kind == "nothing" and drag == "pan":
        return  # A second click on a face lets it go in the browser; here it stays.
    _forget()
    if found.kind == "area":
        state.remember(_SELECTED, found.positions)
        state.remember(_SOURCE, f"{key} {drag}")


def clear() -> None:
    """Let the selection go, and the line that was drawn around it."""
    _forget()
    state.remember(_CLEARED, state.recall(_CLEARED, 0) + 1)


def _forget() -> None:
    state.remember(_SELECTED, ())
    state.remember(_SOURCE, None)


def selected(faces: Evaluation) -> np.ndarray:
    """int64: places, among the faces on a map, of those that were circled last."""
    return clusters.places_of(faces, state.recall(_SELECTED, ()))


def chosen(mapped: Mapped) -> int:
    """Place of the face that was clicked last, on any page; at first the one that stands apart the most."""
    asked = state.get("row")
    known = clusters.places_of(mapped.faces, [int(asked)] if asked is not None and asked.isdecimal() else [])
    return int(known[0]) if len(known) else int(mapped.map.outlier.argmax())
