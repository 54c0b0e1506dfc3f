"""The trained networks, grouped by their training data, each a link to what it sees."""

from __future__ import annotations

import streamlit as st

from workbench import navigation
from workbench.app import inventory
from workbench.app.inventory import Group, TrainedNetwork

#: Networks of a group that are shown before it is unfolded.
_FIRST = 4


def show() -> None:
    """Draw a section for each group, and the networks that cannot be used with the reason."""
    st.subheader("Trained networks", anchor=False)
    networks = inventory.trained_networks()
    groups = inventory.groups(networks)
    if not groups:
        st.caption("None yet.")
    for group in groups:
        _group(group)
    for network in networks:
        if network.problem:
            st.warning(network.problem, icon=":material/warning:")


def _group(group: Group) -> None:
    title = f"Trained on {group.title}" if group.data else group.title
    st.markdown(f"**{title}**, best first")
    for network in group.networks[:_FIRST]:
        _line(network)
    rest = group.networks[_FIRST:]
    if rest:
        with st.expander(f"{len(rest)} more trained on {group.title}"):
            for network in rest:
                _line(network)


def _line(network: TrainedNetwork) -> None:
    name, figure = st.columns([3, 5], vertical_alignment="center", gap="small")
    with name:
        st.page_link(
            navigation.page("explain"),
            label=network.title,
            icon=":material/visibility:",
            query_params={"checkpoint": network.name},
        )
    with figure:
        st.caption(network.figure)
