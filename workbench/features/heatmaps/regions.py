"""Relevance by part of the face, the background alarm, and agreement with action units."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from fer_models.explain.sets.batch import ExplainedSet
from fer_models.explain.sets.table import background, region_shares
from workbench import state
from workbench.features.heatmaps.figures import region_bars
from workbench.features.heatmaps.model import split
from workbench.widgets import plot, table

_ALL = "all classes"
REGIONS_OF = state.Choice("heatmaps.regions-of")


def show(explained_sets: Mapping[str, ExplainedSet]) -> None:
    """Draw the alarm of each network, bars of regions with intervals, and the table of action units."""
    for name, explained in explained_sets.items():
        rings, words = background(explained)
        (st.warning if rings else st.info)(
            f"{name}: {words}", icon=":material/warning:" if rings else ":material/check_circle:"
        )
    names = list(dict.fromkeys(name for explained_set in explained_sets.values() for name in explained_set.classes))
    group = st.selectbox("Regions of", [_ALL, *names], **REGIONS_OF.widget([_ALL, *names]))
    shares = {
        name: region_shares(explained_set, None if group == _ALL else str(group))
        for name, explained_set in explained_sets.items()
        if group == _ALL or group in explained_set.classes
    }
    shares = {name: regions for name, regions in shares.items() if regions}
    if shares:
        alt = "; ".join(
            f"{name}: " + ", ".join(f"{region.name} {100 * region.share.value:.0f} %" for region in regions)
            for name, regions in shares.items()
        )
        plot.show(region_bars(shares), key="regions", alt=f"Share of the relevance by region. {alt}")
        pictures = "explained as this class" if group != _ALL else "of all classes"
        st.caption(
            f"Bars: mean over the images {pictures}, with 95 % bootstrap intervals; people are resampled "
            "where they are known. Grey marks: the share of the image that a region covers, which is what an even map "
            f"would give it. "
            f"{next(iter(explained_sets.values())).where()}"
        )
    else:
        st.info(f"No image was explained as {group}; choose another class.", icon=":material/info:")
    rows = split.agreement_rows(explained_sets)
    if rows:
        st.markdown("**Agreement with the action units of the expression**")
        table.show(
            ("Explained", "Network", "Relevance inside", "Area", "Times its area", "Cosine"),
            rows,
            right=(2, 3, 4, 5),
            label="Share of the relevance inside the places that the expression's action units move",
        )
        st.caption(
            "Inside the places that the action units of an expression move. An even map would hold as "
            "much as they cover: 1.0 times their area. Neutral has no units."
        )
