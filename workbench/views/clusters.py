"""Clusters: which faces a network finds alike, on a map that is linked to the pictures."""

from __future__ import annotations

import streamlit as st

from workbench import cache
from workbench.components import (
    clusters_faces,
    clusters_find,
    clusters_map,
    clusters_second,
    clusters_trust,
    evidence_bar,
    heading,
)
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
    asked = clusters_map.choose(evidence.checkpoint, evidence.dataset)
    faces = cache.of_predictions(clusters.part, evidence.evaluation, asked.most, key=(asked.most,))
    with st.container(horizontal=True, vertical_alignment="center"):
        clusters_map.mouse()
        two = clusters_second.wanted()
    left, right = st.columns([1, 1] if two else [7, 4], gap="medium")
    with left:
        mapped = clusters_map.made(evidence.checkpoint, evidence.name, evidence.dataset, faces, asked.settings)
        place = st.container()
    if mapped is None:
        return
    below = st.container()
    added = None
    with below:
        first, second = st.columns(2, gap="large") if two else (right, right)
        with guard("the search by picture"):
            added = clusters_find.show(mapped)
        with guard("the pictures of the selection"):
            clusters_faces.selection(mapped)
        st.subheader("How well do the classes separate?", anchor=False)
        clusters_trust.separation(mapped)
    with place:
        clusters_map.draw(mapped, asked.colour_by, "cluster map", added)
        if two:
            clusters_trust.sentence(mapped, evidence.evaluation.n)
    with right, guard("the second map"):
        other = clusters_second.show(evidence, mapped, asked.colour_by) if two else None
        if not two:
            clusters_trust.sentence(mapped, evidence.evaluation.n)
    with first, guard("the neighbours"):
        clusters_faces.neighbours(mapped, clusters_map.chosen(mapped), key="first")
    if other is not None:
        with second, guard("the neighbours in the second features"):
            clusters_faces.neighbours(other, clusters_map.chosen(other), key="second")
