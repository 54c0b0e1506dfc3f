"""The map: computed in the background, drawn, and its selection."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import streamlit as st

from fer_models.checkpoint import Checkpoint
from fer_models.classifier import Classifier
from fer_models.data import FaceDataset
from fer_models.embedding import METHODS, FaceMap, MapSettings, make_map
from fer_models.embedding.extract import EMBEDDING, ENOUGH
from fer_models.evaluation.evaluate import Evaluation
from workbench import cache, shared, state
from workbench.evidence.model import face_maps
from workbench.features.clusters.choice import MOUSE, Drawn
from workbench.features.clusters.figures import Layers, Points, cluster_map
from workbench.features.clusters.model import colours, maps
from workbench.widgets import job as job_view
from workbench.widgets import plot

CLEARED = state.Kept("clusters.cleared", 0)
_SLOW = ("tsne", "umap")
#: Faces of which PCA makes a map in less than a second.
_MOST_MEANWHILE = 3000


@dataclass(frozen=True)
class Mapped:
    """A map and its inputs.

    Args:
        checkpoint: The network.
        name: Name under which the data set was opened.
        dataset: The data set.
        faces: Predictions for the faces on the map, in the order of its points.
        settings: Settings of the map.
        map: The map.
        row: Choice that keeps the clicked face.
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
    """The faces circled last: data set, positions in it, and the chart and mouse mode in which they were circled."""

    name: str = ""
    positions: tuple[int, ...] = ()
    source: str = ""


SELECTED = state.Kept("clusters.selected", Selected())


def compute(
    checkpoint: Checkpoint,
    name: str,
    dataset: FaceDataset,
    faces: Evaluation,
    settings: MapSettings,
    *,
    row: state.Choice = shared.ROW,
) -> Mapped | None:
    """The map; while it is computed, its progress and that of PCA, or ``None`` where PCA would take long too.

    Raises:
        UserError: If there are too few faces.
    """
    face_map = face_maps.read(checkpoint, faces, settings)
    if face_map is None:
        quick = dataclasses.replace(settings, method="pca")
        until_then = None
        network: Checkpoint | Classifier = checkpoint
        if not _at_hand(settings, dataset, faces):
            network = cache.classifier(checkpoint)
        elif settings.method in _SLOW and faces.n <= _MOST_MEANWHILE:
            # Before the job begins, which would take the processor from it.
            until_then = make_map(checkpoint, dataset, faces, quick)
        job = face_maps.start(network, dataset, faces, settings)
        if job.active:
            st.caption("You can keep working; the result is cached for later visits.")
        if not job_view.finished(job, key=f"map {row} {settings}"):
            if not job.active or until_then is None:
                return None
            st.caption(f"Until then by {METHODS['pca']}, which is linear and takes less than a second.")
            return Mapped(checkpoint, name, dataset, faces, quick, until_then, row)
        face_map = job.result  # The cache could not be written.
    return Mapped(checkpoint, name, dataset, faces, settings, face_map, row)


def _at_hand(settings: MapSettings, dataset: FaceDataset, faces: Evaluation) -> bool:
    """Whether the features came with the predictions, so that no network is asked."""
    whole = faces.embeddings_kept >= ENOUGH or not dataset.has_images
    return settings.features == EMBEDDING and faces.embeddings is not None and whole


def draw(
    mapped: Mapped,
    colour_by: str,
    key: str,
    drawn: Drawn,
    *,
    added: tuple[float, ...] | None = None,
    highlighted: np.ndarray | None = None,
    coordinates: np.ndarray | None = None,
) -> None:
    """Draw the map; a selection on it is kept for :func:`selection`, a clicked face in the address.

    Args:
        mapped: The map.
        colour_by: Key of the colouring.
        key: Key of the chart.
        drawn: Layers to draw.
        added: Coordinates of an uploaded image.
        highlighted: Indices of faces that are highlighted because of a selection on the other map.
        coordinates: Drawn instead of the coordinates of the map, such as those aligned with another map.
    """
    faces, dataset = mapped.faces, mapped.dataset
    coordinates = mapped.map.coordinates if coordinates is None else coordinates
    solid = coordinates.shape[1] == 3
    colouring = cache.of_predictions(colours.colouring, faces, dataset, colour_by, key=(colour_by, faces.n))
    # The browser dims what was not circled on a map; leaving its figure unchanged keeps the zoom.
    drag = str(MOUSE.get())
    marked = None
    if selection().source not in ("", f"{key} {drag}") and highlighted is not None and not solid:
        marked = np.isin(np.arange(faces.n), highlighted)
    figure = cluster_map(
        Points(coordinates, faces.positions, faces.predictions != faces.targets),
        colouring,
        order=(*faces.classes, colours.RIGHT, colours.WRONG),
        layers=Layers(
            maps.centres(coordinates, faces) if "centres" in drawn.shown else {},
            maps.spread(coordinates, faces) if "spread" in drawn.shown else {},
            mapped.map.outliers(apart=drawn.apart) if "outliers" in drawn.shown else None,
            added,
        ),
        selected=marked,
        dark=st.context.theme.type == "dark",
    )
    # The browser keeps the drawn line until the chart changes.
    figure.update_layout(meta=CLEARED.get(), dragmode="turntable" if solid else drag)
    name = f"map-{mapped.settings.method}-{colour_by}"
    alt = (
        f"{METHODS[mapped.settings.method]} map of {faces.n:,} faces coloured by {colouring.title}; the tables and "
        "galleries below say what lies together."
    )
    if solid:
        plot.show(figure, key=key, alt=alt, name=name, tools="map")
        st.caption(
            "Drag to turn, click a face to see it; a square is an error. To select several faces, use the 2D map."
        )
        return
    plot.show(
        figure,
        key=key,
        alt=alt,
        name=name,
        tools="map",
        selection_mode=("points", "box", "lasso"),
        on_select=lambda: _picked(mapped, key, drag),
    )


def _picked(mapped: Mapped, key: str, drag: str) -> None:
    picked = maps.picked(state.value_of(key))
    if picked.kind == "point" and drag == "pan":
        mapped.row.set(str(picked.positions[0]))
        return
    if picked.kind == "nothing" and drag == "pan":
        return  # A second click on a face clears the selection in the browser only.
    selected_faces = Selected(mapped.name, picked.positions, f"{key} {drag}") if picked.kind == "area" else Selected()
    SELECTED.set(selected_faces)


def clear() -> None:
    """Clear the selection and the line drawn around it."""
    SELECTED.set(None)
    CLEARED.set(CLEARED.get() + 1)


def selection() -> Selected:
    """The faces circled last."""
    selected_faces: Selected = SELECTED.get()
    return selected_faces


def selected(mapped: Mapped) -> np.ndarray:
    """int64: indices, among the faces of a map, of those circled last."""
    last = selection()
    return maps.indices_of(mapped.faces, last.positions if last.name == mapped.name else ())


def current_face(mapped: Mapped) -> int:
    """Index of the face clicked last, on any page; before a click, the largest outlier."""
    row = mapped.row.get()
    indices = maps.indices_of(mapped.faces, [int(row)] if row is not None and row.isdecimal() else [])
    return int(indices[0]) if len(indices) else int(mapped.map.outlier.argmax())
