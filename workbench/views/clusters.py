"""Clusters: which faces a network finds alike, on a map that is linked to the pictures."""

from __future__ import annotations

import streamlit as st

from workbench.components import (
    clusters_choice,
    clusters_epochs,
    clusters_faces,
    clusters_find,
    clusters_first,
    clusters_joint,
    clusters_lesson,
    clusters_map,
    clusters_second,
    clusters_table,
    clusters_trust,
    evidence_bar,
    heading,
)
from workbench.components.errors import guard
from workbench.components.evidence_bar import Evidence


def render() -> None:
    heading.show("clusters")
    with guard("the predictions"):
        evidence = evidence_bar.show()
        if evidence is not None:
            with guard("the map"):
                _answer(evidence)
    heading.show_reading(
        "Each point is a face, and points side by side were alike for the network; a cross is an error, a red ring a "
        "face far from all others, a dashed ellipse holds 90 % of "
        "a class. t-SNE and UMAP keep neighbours and nothing else: the size of a clump, the distance "
        "of two clumps and the direction of an axis mean nothing. Try perplexity 5, 30 and 100: what stays may be "
        "believed, what comes and goes is the drawing's. Try raw pixels: clumps that stand there too come from light "
        "and pose, not from expressions.",
        "van der Maaten and Hinton 2008 (t-SNE); McInnes et al. 2018 (UMAP); Wattenberg et al. 2016 (reading t-SNE); "
        "Venna and Kaski 2001 (trustworthiness, continuity); Breunig et al. 2000 (outliers)",
    )


def _answer(evidence: Evidence) -> None:
    asked = clusters_choice.choose(evidence.checkpoint, evidence.dataset)
    with st.container(horizontal=True, vertical_alignment="center"):
        clusters_choice.view()
        clusters_choice.mouse()
        drawn = clusters_choice.drawn()
        with guard("the faces besides"):
            chosen = clusters_joint.choose(evidence, asked.most)
        two = clusters_second.wanted()
    if chosen is None:
        return
    left, right = st.columns([1, 1] if two else [7, 4], gap="medium")
    with left:
        mapped = clusters_map.made(
            evidence.checkpoint, chosen.name, chosen.dataset, chosen.evaluation, asked.settings,
            "row" if chosen.name == evidence.name else "joint row",
        )  # fmt: skip
        place = st.container()
    if mapped is None:
        return
    other = None
    with right, guard("the second map"):
        other = clusters_second.made(evidence, mapped, asked) if two else None
        second_place = st.container()
    below = st.container()
    added = None
    with below:
        first, second = st.columns(2, gap="large") if two else (right, right)
        with guard("the search by picture"):
            added = clusters_find.show(mapped)
        with guard("the pictures of the selection"):
            clusters_faces.selection(mapped, other, drawn.apart)
        st.subheader("How well do the classes separate?", anchor=False)
        clusters_trust.separation(mapped)
        with guard("the figures of all networks"):
            clusters_table.show(evidence, mapped)
        with guard("the epochs"):
            clusters_epochs.show(asked.settings)
        with guard("the lesson"):
            clusters_lesson.show(mapped)
    with place:
        clusters_first.show(mapped, asked.colour_by, drawn, added, clusters_second.lit(mapped, other))
    with second_place, guard("the second map"):
        if other is not None:
            clusters_second.draw(mapped, other, asked.colour_by, drawn)
    with place if two else right:
        clusters_trust.sentence(mapped, evidence.evaluation.n)
    with first, guard("the neighbours"):
        clusters_faces.neighbours(mapped, clusters_map.chosen(mapped), key="first")
    if other is not None:
        with second, guard("the neighbours in the second features"):
            clusters_faces.neighbours(other, clusters_map.chosen(other), key="second")
