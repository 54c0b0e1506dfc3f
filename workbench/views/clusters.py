"""Clusters: which faces a network finds alike, on a map that is linked to the pictures."""

from __future__ import annotations

import streamlit as st

from workbench import cache, state
from workbench.components import clusters_faces, clusters_map, clusters_trust, evidence_bar, heading
from workbench.components.clusters_map import Mapped
from workbench.components.errors import guard
from workbench.components.evidence_bar import Evidence
from workbench.services import clusters


def render() -> None:
    heading.show("clusters")
    with guard("the predictions"):
        evidence = evidence_bar.show()
        if evidence is not None:
            with guard("the map"):
                _answer(evidence)
    heading.show_reading(
        "Each point is a face, and points side by side were alike for the network; a cross is an error, a red ring a "
        "face far from all others. t-SNE and UMAP keep neighbours and nothing else: the size of a clump, the distance "
        "of two clumps and the direction of an axis mean nothing. Try perplexity 5, 30 and 100: what stays may be "
        "believed, what comes and goes is the drawing's. Try raw pixels: clumps that stand there too come from light "
        "and pose, not from expressions.",
        "van der Maaten and Hinton 2008 (t-SNE); McInnes et al. 2018 (UMAP); Wattenberg et al. 2016 (reading t-SNE); "
        "Venna and Kaski 2001 (trustworthiness, continuity); Breunig et al. 2000 (outliers)",
    )


def _answer(evidence: Evidence) -> None:
    left, right = st.columns([7, 4], gap="large")
    with left:
        settings = clusters_map.choose(evidence.checkpoint)
        first, second = st.columns(2)
        with first:
            choices = clusters.colourings(evidence.dataset)
            colour_by = str(
                st.selectbox(
                    "Colour by", list(choices), format_func=choices.__getitem__, **state.bound("colour", list(choices))
                )
            )
        with second:
            most = st.selectbox(
                "Faces on the map",
                list(clusters.POINTS),
                format_func=clusters.POINTS.__getitem__,
                help="Drawn at random from the split, always the same ones. More take longer.",
                **state.bound("points", list(clusters.POINTS), clusters.USUAL_POINTS),
            )
        faces = cache.of_predictions(clusters.part, evidence.evaluation, int(most or 0), key=(most,))
        if faces.n < evidence.evaluation.n:
            st.caption(f"{faces.n:,} of the {evidence.evaluation.n:,} faces of {faces.split}, drawn at random.")
        mapped = clusters_map.made(evidence.checkpoint, evidence.name, evidence.dataset, faces, settings)
        if mapped is not None:
            clusters_map.draw(mapped, colour_by, "cluster map")
    if mapped is not None:
        with right:
            _beside(mapped)
        with guard("the pictures of the selection"):
            clusters_faces.selection(mapped)
        st.subheader("How well do the classes separate?", anchor=False)
        clusters_trust.separation(mapped)


def _beside(mapped: Mapped) -> None:
    clusters_trust.sentence(mapped)
    with guard("the neighbours"):
        clusters_faces.neighbours(mapped, clusters_map.chosen(mapped))
