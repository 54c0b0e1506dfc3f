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

_SELECTED, _SOURCE = "clusters selected", "clusters selected on"


@dataclass(frozen=True)
class Mapped:
    """A map and what it was made of; ``faces`` are the predictions of the faces on it, in the map's order."""

    checkpoint: Checkpoint
    name: str
    dataset: FaceDataset
    faces: Evaluation
    settings: MapSettings
    map: FaceMap


def choose(checkpoint: Checkpoint, key: str = "", base: MapSettings | None = None) -> MapSettings:
    """Draw projection, features and the folded settings; returns what they say."""
    layers = list(cache.classifier(checkpoint).model.cam_layers)
    kinds = feature_kinds(layers)
    start = base or MapSettings()
    first, second, third = st.columns([3, 4, 2], vertical_alignment="bottom")
    with first:
        method = st.selectbox(
            "Projection", list(METHODS), format_func=METHODS.__getitem__,
            help=dataclasses.fields(MapSettings)[1].metadata["help"],
            **state.bound(f"projection{key}", list(METHODS), start.method),
        )  # fmt: skip
    with second:
        features = st.selectbox(
            "Features", list(kinds), format_func=kinds.__getitem__,
            help="What two faces are compared by.",
            **state.bound(f"features{key}", list(kinds), start.features),
        )  # fmt: skip
    kept = state.recall(f"map settings{key}") or dataclasses.asdict(start)
    with third, st.popover("Settings", icon=":material/tune:", width="stretch"), st.form(f"settings{key}"):
        given = dataclass_form.show(
            MapSettings, kept, key=f"map{key} {method}", fields=MapSettings.fields_of(str(method)), columns=2
        )
        if st.form_submit_button("Draw the map", type="primary"):
            kept = {**kept, **given}
            state.remember(f"map settings{key}", kept)
    return MapSettings(**{**kept, "method": method, "features": features})


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
    if state.recall(_SOURCE) not in (None, key):
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
        on_select=lambda: _picked(key),
    )  # fmt: skip


def _picked(key: str) -> None:
    found = clusters.picked(state.value_of(key))
    if found.kind == "point":
        state.put("row", str(found.positions[0]))
        return
    clear()
    if found.kind == "area":
        state.remember(_SELECTED, found.positions)
        state.remember(_SOURCE, key)


def clear() -> None:
    """Let the selection go."""
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
