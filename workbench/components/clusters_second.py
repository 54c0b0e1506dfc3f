"""A second map of the same faces beside the first: another network, other features, or another projection."""

from __future__ import annotations

import dataclasses

import streamlit as st

from fer_models.embedding import MapSettings, align
from workbench import state
from workbench.components import clusters_map, clusters_trust, evidence_bar
from workbench.components.clusters_map import Mapped
from workbench.components.evidence_bar import Evidence
from workbench.services import clusters, inventory


def wanted() -> bool:
    """Draw the switch of the second map."""
    return st.toggle(
        "A second map beside it",
        help="The same faces by another network, other features or another projection. What is circled on one map is "
        "shown on both.",
        **state.bound_number("second map", False),
    )


def show(evidence: Evidence, first: Mapped, colour_by: str) -> Mapped | None:
    """Draw the second map's controls and the map, turned onto the first; ``None`` while it is made."""
    usable = inventory.usable(inventory.trained_networks())
    names = list(usable)
    left, middle, right = st.columns(3, vertical_alignment="bottom")
    with left:
        name = st.selectbox(
            "Second network",
            names,
            format_func=lambda n: usable[n].title,
            **state.bound("checkpoint2", names, evidence.checkpoint.name),
        )
    checkpoint = usable[str(name)].checkpoint
    assert checkpoint is not None
    with middle:
        method = clusters_map.projection("2", first.settings.method)
    with right:
        # Raw pixels beside a network say what comes from the network.
        usual = "pixels" if checkpoint.sha256 == evidence.checkpoint.sha256 else "embedding"
        features = clusters_map.features_choice(checkpoint, "2", usual)
    other = evidence_bar.of(checkpoint, evidence.dataset, evidence.evaluation.split, evidence.evaluation.averaging)
    if other is None:
        return None
    faces = other.take(clusters.places_of(other, first.faces.positions.tolist()))
    if faces.n != first.faces.n:
        st.info("This network shares fewer classes with the data set, so its map lacks some of the faces.")
    settings = MapSettings(**{**dataclasses.asdict(first.settings), "method": method, "features": features})
    second = clusters_map.made(checkpoint, evidence.name, evidence.dataset, faces, settings)
    if second is None:
        return None
    points = second.map.coordinates
    if faces.n == first.faces.n and points.shape == first.map.coordinates.shape:
        points = align(points, first.map.coordinates)
    clusters_map.draw(second, colour_by, "second cluster map", coordinates=points)
    clusters_trust.sentence(second)
    return second
