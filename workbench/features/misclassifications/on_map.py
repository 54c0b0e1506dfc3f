"""The position of one face on the network's map of faces, with a link to the map."""

from __future__ import annotations

import streamlit as st

from fer_models.embedding import METHODS, FaceMap, MapSettings
from fer_models.embedding.nearest import CLOSEST
from fer_models.evaluation.evaluate import Evaluation
from workbench import cache, navigation, shared
from workbench.app import jobs
from workbench.evidence.bar import Evidence
from workbench.evidence.model import face_maps
from workbench.features.misclassifications.figures import face_on_map
from workbench.features.misclassifications.model import map_position
from workbench.widgets import job as job_view
from workbench.widgets import plot


def show(evidence: Evidence, index: int) -> None:
    """Draw the map of the Clusters page with this face, or the button that computes the map.

    Raises:
        UserError: If there are too few faces for a map.
    """
    evaluation = evidence.evaluation
    if evaluation.embeddings is None:
        st.caption("Not available: pooled folds have no common embedding.")
        return
    settings = _settings()
    most = shared.POINTS.get()
    count = int(most) if most is not None and most.isdecimal() else map_position.USUAL_FACES
    faces = cache.of_predictions(map_position.faces_of, evaluation, count, key=(count,))
    face_map = _map(evidence, faces, settings)
    if face_map is None:
        return
    position = map_position.find(evaluation, index, faces, face_map)
    figure = face_on_map(
        face_map.coordinates, [faces.classes[int(k)] for k in faces.targets], faces.classes, position.point
    )
    around = ", ".join(f"{number} {name}" for name, number in position.around)
    plot.show(
        figure,
        key="face on map",
        alt=f"{METHODS[settings.method]} map of {faces.n:,} faces with this one as a star; around it: {around}.",
    )
    star_position = (
        "one of them"
        if position.drawn
        else f"placed at the mean of the {CLOSEST} most similar, since it is not among the faces of the map"
    )
    st.caption(
        f"{METHODS[settings.method]} map of {faces.n:,} faces of {evaluation.split}, coloured by label; the star is "
        f"this face, {star_position}. Labels of the {sum(n for _, n in position.around)} most similar by embedding: "
        f"{around}."
    )
    st.page_link(
        navigation.page("clusters"),
        label="Look at the map",
        icon=":material/scatter_plot:",
        query_params={"row": str(int(evaluation.positions[index]))},
    )


def _settings() -> MapSettings:
    """The settings of the first map of the Clusters page, in two dimensions."""
    projection = shared.PROJECTION.get()
    method = projection if projection in METHODS else "tsne"
    return MapSettings(
        **{**(shared.MAP_SETTINGS.get() or {}), "method": method, "features": "embedding", "dimensions": 2}
    )


def _map(evidence: Evidence, faces: Evaluation, settings: MapSettings) -> FaceMap | None:
    checkpoint = evidence.checkpoint
    cached = face_maps.read(checkpoint, faces, settings)
    if cached is not None:
        return cached
    job = jobs.find(face_maps.key(checkpoint, faces, settings))
    if job is None:
        st.caption(f"The map of these {faces.n:,} faces was not made yet; it takes seconds to a minute, once.")
        if not st.button("Make the map", key="make map", icon=":material/scatter_plot:"):
            return None
    job = face_maps.start(cache.classifier(checkpoint), evidence.dataset, faces, settings)
    if not job_view.finished(job, key="face on map"):
        return None
    computed: FaceMap = job.result
    return computed
