"""Clusters: which faces are similar for a network, on a map that is linked to the images."""

from __future__ import annotations

import streamlit as st

from workbench import shared
from workbench.evidence import as_python, bar
from workbench.evidence.bar import Evidence
from workbench.features.clusters import (
    choice,
    epochs,
    faces,
    find,
    first_map,
    joint,
    maps,
    networks_table,
    second_map,
    trust,
)
from workbench.widgets import heading
from workbench.widgets.errors import guard


def _answer(evidence: Evidence) -> None:
    beside = second_map.SECOND_MAP.get()
    rail, left, right = st.columns([11, 20, 20] if beside else [11, 24, 16], gap="small")
    with rail, st.container(key="rail"):
        controls = choice.choose(evidence.checkpoint, evidence.dataset)
        choice.view()
        choice.mouse()
        drawn = choice.layers()
        shown_faces = None
        with guard("the faces of another part"):
            shown_faces = joint.choose(evidence, controls.most)
        second_map.switched_on()
    if shown_faces is None:
        return
    with left:
        mapped = maps.compute(
            evidence.checkpoint,
            shown_faces.name,
            shown_faces.dataset,
            shown_faces.evaluation,
            controls.settings,
            row=shared.ROW if shown_faces.name == evidence.name else joint.ROW,
        )
        first_container = st.container()
    if mapped is None:
        return
    other = None
    with right, guard("the second map"):
        other = second_map.compute(evidence, mapped, controls) if beside else None
        second_container = st.container()
    below = st.container()
    added = None
    with below:
        first, second = st.columns(2, gap="large") if beside else (right, right)
        with guard("the search by image"):
            added = find.show(mapped)
        with guard("the images of the selection"):
            faces.selection(mapped, other, drawn.apart)
        st.header("How well do the classes separate?", anchor=False)
        trust.separation(mapped)
        with guard("the figures of all networks"):
            networks_table.show(evidence, mapped)
        with guard("the epochs"):
            epochs.show(controls.settings)
    with first_container:
        first_map.show(mapped, controls.colour_by, drawn, added, second_map.highlighted(mapped, other))
    with second_container, guard("the second map"):
        if other is not None:
            second_map.draw(mapped, other, controls.colour_by, drawn)
    with first_container if beside else right:
        trust.sentence(mapped, evidence.evaluation.n)
        as_python.show(as_python.mapping(evidence, controls.most, controls.settings), key="clusters")
    with first, guard("the neighbours"):
        faces.neighbours(mapped, maps.current_face(mapped), key="first")
    if other is not None:
        with second, guard("the neighbours on the second map"):
            faces.neighbours(other, maps.current_face(other), key="second")


heading.show("clusters")
with guard("the predictions"):
    evidence = bar.show(figure=True)
    if evidence is not None:
        with guard("the map"):
            _answer(evidence)
heading.show_reading(
    "Each point is a face, and points side by side are faces that the network finds similar; a cross is an error, a "
    "red ring a face far from all others, a dashed ellipse holds 90 % of a class. t-SNE and UMAP keep neighbours and "
    "nothing else: the size of a clump, the distance of two clumps and the direction of an axis mean nothing. Try "
    "perplexity 5, 30 and 100: what stays may be believed, what changes is an artefact of the projection. Try raw "
    "pixels: clumps that are there too come from light and pose, not from expressions.",
    "van der Maaten and Hinton 2008 (t-SNE); McInnes et al. 2018 (UMAP); Wattenberg et al. 2016 (reading t-SNE); "
    "Venna and Kaski 2001 (trustworthiness, continuity); Breunig et al. 2000 (outliers)",
)
