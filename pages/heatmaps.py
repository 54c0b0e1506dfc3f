"""Heatmaps: mean heatmaps of a split, and a leaderboard of explanation methods."""

from __future__ import annotations

import streamlit as st

from fer_models.checkpoint import Checkpoint
from workbench import state
from workbench.features.heatmaps import choice, maps, methods, regions
from workbench.widgets import heading
from workbench.widgets.errors import guard

_WHERE, _METHODS = "Where it looks", "Which method can be believed"
PART = state.Choice("heatmaps.part", (_WHERE, _METHODS))
_READING = {
    _WHERE: (
        "A mean heatmap says where a network finds its evidence for a class on average; single faces can differ, which "
        "the contact sheet shows. Compare a bar with its grey mark, not with the other bars: a large region collects "
        "relevance by its size alone. Relevance on the background or the hair is a warning that the network reads "
        "something other than the face. A method that fails its tests in the other section tells nothing here either.",
        "Ekman and Friesen, Facial Action Coding System, 1978; Arras et al. 2022, CLEVR-XAI",
    ),
    _METHODS: (
        "Insertion and deletion ask whether the bright pixels carry the class's probability; relevance mass, rank and "
        "pointing game ask whether they lie where the expression moves the face, which is known for drawn faces. A "
        "network may rightly use other places than a person, so a low mass alone does not make a map wrong. On aligned "
        "faces a blob in the middle scores well without knowing anything: a method must beat it.",
        "Petsiuk et al. 2018 (insertion, deletion); Rong et al. 2022 (ROAD); Zhang et al. 2018 (pointing game); "
        "Chattopadhay et al. 2018 (average drop)",
    ),
}


def _where(networks: dict[str, Checkpoint], data: str, split: str) -> None:
    answer = st.container()
    plan = choice.plan(networks, data, split)
    with answer:
        results = choice.explained_sets(plan)
        if not results:
            return
        maps.show(results, plan.dataset)
    st.header("Which parts of the face", anchor=False)
    regions.show(results)
    st.header("Face by face", anchor=False)
    with guard("the contact sheet"):
        maps.sheet(results, plan.dataset)


heading.show("heatmaps")
section = str(
    st.segmented_control(
        "Section",
        [_WHERE, _METHODS],
        required=True,
        label_visibility="collapsed",
        **PART.widget(),
    )
)
with guard("the heatmaps"):
    selection = choice.network()
    if selection is not None:
        networks, data, split = selection
        if section == _WHERE:
            _where(networks, data, split)
        else:
            methods.show(choice.with_others(networks), data)
heading.show_reading(*_READING[section])
