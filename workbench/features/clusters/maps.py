"""The map: computed in the background, coloured as asked, told what is circled or clicked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from fer_models.checkpoint import Checkpoint
from fer_models.data import FaceDataset
from fer_models.embedding import METHODS, FaceMap, MapSettings
from fer_models.evaluation.evaluate import Evaluation
from workbench import cache, shared, state
from workbench.evidence.model import face_maps
from workbench.features.clusters.choice import MOUSE, Drawn
from workbench.features.clusters.figures import cluster_map
from workbench.features.clusters.model import colours, maps
from workbench.widgets import job as job_view

CLEARED = state.Kept("clusters.cleared", 0)


@dataclass(frozen=True)
class Mapped:
    """A map and what it was made of; ``faces`` are the predictions of the faces on it, in the map's order.

    Args:
        row: choice under which the clicked face is kept.
    """

    checkpoint: Checkpoint
    name: str
    dataset: FaceDataset
    faces: Evaluation
    settings: MapSettings
    map: FaceMap
    row: state.Choice = shared.ROW


@dataclass(frozen=True)
class Selected:
    """Positions, in the data set ``name``, of the faces circled last, and the chart and mouse that did it."""

    name: str = ""
    positions: tuple[int, ...] = ()
    source: str = ""


SELECTED = state.Kept("clusters.selected", Selected())


def made(
    checkpoint: Checkpoint,
    name: str,
    dataset: FaceDataset,
    faces: Evaluation,
    settings: MapSettings,
    row: state.Choice = shared.ROW,
) -> Mapped | None:
    """The map, or ``None`` while it is made, after drawing how far it is.

    Raises:
        UserError: If there are too few faces.
    """
    found = face_maps.read(checkpoint, faces, settings)
    if found is None:
        job = face_maps.start(cache.classifier(checkpoint), dataset, faces, settings)
        if job.active:
            st.caption("You can go on meanwhile; the result is kept, and the next visit finds it at once.")
        if not job_view.finished(job, key=f"map {row} {settings}"):
            return None
        found = job.result  # The cache could not be written.
    return Mapped(checkpoint, name, dataset, faces, settings, found, row)


def draw(
    mapped: Mapped,
    colour_by: str,
    key: str,
    drawn: Drawn,
    *,
    added: tuple[float, ...] | None = None,
    lit: np.ndarray | None = None,
    coordinates: np.ndarray | None = None,
) -> None:
    """Draw the map; what is circled or clicked on it is kept for :func:`selection` and in the address.

    Args:
        lit: places of faces that the other map's circle lights here.
        coordinates: drawn instead of the map's own, for instance turned onto another map.
    """
    faces, dataset = mapped.faces, mapped.dataset
    points = mapped.map.coordinates if coordinates is None else coordinates
    solid = points.shape[1] == 3
    told = cache.of_predictions(colours.colouring, faces, dataset, colour_by, key=(colour_by, faces.n))
    # A map dims by itself what was not circled on it; its figure stays as it is, and with it the zoom.
    drag = str(MOUSE.get())
    marked = None
    if selection().source not in ("", f"{key} {drag}") and lit is not None and not solid:
        marked = np.isin(np.arange(faces.n), lit)
    outliers = mapped.map.outliers(apart=drawn.apart)
    figure = cluster_map(
        points,
        faces.positions,
        faces.predictions != faces.targets,
        names=told.names,
        values=told.values,
        title=told.title,
        order=(*faces.classes, colours.RIGHT, colours.WRONG),
        centres=maps.centres(points, faces) if "centres" in drawn.shown else None,
        spread=maps.spread(points, faces) if "spread" in drawn.shown else None,
        outliers=outliers if "outliers" in drawn.shown else None,
        selected=marked,
        added=added,
        dark=st.context.theme.type == "dark",
    )
    # A drawn line stays in the browser until the chart is a new one.
    figure.update_layout(meta=CLEARED.get(), dragmode="turntable" if solid else drag)
    config = {"displaylogo": False, "displayModeBar": True, "scrollZoom": True}
    alt = (
        f"{METHODS[mapped.settings.method]} map of {faces.n:,} faces coloured by {told.title}; the tables and "
        "galleries below say what lies together."
    )
    if solid:
        st.plotly_chart(figure, key=key, alt=alt, config=config)
        st.caption("Drag to turn, click a face to see it; a square is an error. Faces are circled on the flat map.")
        return
    st.plotly_chart(
        figure, key=key, alt=alt, config=config, selection_mode=("points", "box", "lasso"),
        on_select=lambda: _picked(mapped, key, drag),
    )  # fmt: skip


def _picked(mapped: Mapped, key: str, drag: str) -> None:
    found = maps.picked(state.value_of(key))
    if found.kind == "point" and drag == "pan":
        mapped.row.set(str(found.positions[0]))
        return
    if found.kind == "nothing" and drag == "pan":
        return  # A second click on a face lets it go in the browser; here it stays.
    kept = Selected(mapped.name, found.positions, f"{key} {drag}") if found.kind == "area" else Selected()
    SELECTED.set(kept)


def clear() -> None:
    """Let the selection go, and the line that was drawn around it."""
    SELECTED.set(None)
    CLEARED.set(CLEARED.get() + 1)


def selection() -> Selected:
    """What was circled last."""
    found: Selected = SELECTED.get()
    return found


def selected(mapped: Mapped) -> np.ndarray:
    """int64: places, among the faces on a map, of those that were circled last."""
    kept = selection()
    return maps.places_of(mapped.faces, kept.positions if kept.name == mapped.name else ())


def chosen(mapped: Mapped) -> int:
    """Place of the face that was clicked last, on any page; at first the one that stands apart the most."""
    asked = mapped.row.get()
    known = maps.places_of(mapped.faces, [int(asked)] if asked is not None and asked.isdecimal() else [])
    return int(known[0]) if len(known) else int(mapped.map.outlier.argmax())
