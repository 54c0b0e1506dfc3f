"""The trained networks, grouped by their training data, each a link to what it sees."""

from __future__ import annotations

import contextlib

import streamlit as st

from workbench import navigation
from workbench.app import inventory
from workbench.app.inventory import Group, TrainedNetwork
from workbench.widgets import run_menu

#: Networks of a group that are shown before it is unfolded.
_FIRST = 4


def show() -> None:
    """Draw a section for each group, and the networks that cannot be used with the reason."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header("Trained networks", anchor=False, width="content")
        st.page_link(navigation.page("add"), label="Add a network", icon=":material/add:")
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
    other = ", those of another split last" if len(set(map(inventory.of_official_split, group.networks))) > 1 else ""
    st.markdown(f"**{title}**, best first{other}")
    entries: dict[str, list[TrainedNetwork]] = {}
    for network in group.networks:
        entries.setdefault(network.part.key if network.part else network.name, []).append(network)
    shown = list(entries.values())
    for entry in shown[:_FIRST]:
        _entry(entry)
    if rest := shown[_FIRST:]:
        fold = st.expander(
            f"{len(rest)} more trained on {group.title}", key=f"home rest {group.title}", on_change="rerun"
        )
        if fold.open:
            with fold:
                for entry in rest:
                    _entry(entry, folded=True)


def _entry(entry: list[TrainedNetwork], *, folded: bool = False) -> None:
    """A network, or the folds and seeds of a study, to unfold."""
    part = entry[0].part
    if part is None or len(entry) == 1:
        _line(entry[0])
        return
    ordered = sorted(entry, key=lambda network: network.part.label if network.part else "")
    title = f"{part.title}: {len(entry)} networks"
    if folded:  # an expander holds no other
        st.markdown(f"**{title}**")
    with contextlib.nullcontext() if folded else st.expander(title, icon=":material/science:"):
        run_menu.show([n.run for n in ordered if n.run], key=f"home {part.key}")
        for network in ordered:
            _line(network)


def _line(network: TrainedNetwork) -> None:
    widths = [7, 9, 1] if network.run is None else [6, 9, 2]
    name, figure, menu = st.columns(widths, vertical_alignment="center", gap="small")
    with name:
        st.page_link(
            navigation.page("explain"),
            label=network.title,
            icon=":material/visibility:",
            query_params={"checkpoint": network.name},
        )
    with figure:
        st.caption(network.figure)
    if network.run is not None:
        with menu:
            run_menu.show([network.run], key=f"home {network.name}")
