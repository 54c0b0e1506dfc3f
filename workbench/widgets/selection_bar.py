"""The bar of network, data set and split: the same on every page, kept from page to page and in the address."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from fer_models.checkpoint import Checkpoint
from workbench import cache, shared
from workbench.app import inventory
from workbench.app.inventory import TrainedNetwork
from workbench.widgets import empty


@dataclass(frozen=True)
class Selection:
    """The choices; ``None`` for those that the page does not show."""

    checkpoint: Checkpoint | None = None
    data: str | None = None
    split: str | None = None


def show(*, checkpoint: bool = True, data: bool = False, split: bool = False) -> Selection | None:
    """Draw the bar and return the choice, or ``None`` if no network is trained yet; the page then says what to do.

    Raises:
        UserError: If the chosen data set cannot be opened to list its splits.
    """
    kinds = [kind for kind, shown in (("checkpoint", checkpoint), ("data", data), ("split", split)) if shown]
    network = None
    if checkpoint:
        networks = inventory.trained_networks()
        if not inventory.usable(networks):
            _nothing_trained(networks)
            return None
    columns = dict(zip(kinds, st.columns([3 if kind == "checkpoint" else 2 for kind in kinds]), strict=True))
    if checkpoint:
        with columns["checkpoint"]:
            network = _checkpoint(networks)
    name = chosen_split = None
    if data or split:
        titles = {item.name: item.title for item in inventory.data_sets()}
        with columns["data"]:
            name = st.selectbox(
                "Data set", list(titles), format_func=titles.__getitem__, **shared.DATA.widget(list(titles))
            )
    if split and name is not None:
        names = cache.dataset(name).split_names
        with columns["split"]:
            chosen_split = st.selectbox("Split", names, **shared.SPLIT.widget(names, names[-1]))
    return Selection(network, name, chosen_split)


def _checkpoint(networks: list[TrainedNetwork]) -> Checkpoint:
    usable = inventory.usable(networks)
    requested = shared.CHECKPOINT.get()
    names = list(usable)
    network = usable[
        st.selectbox("Network", names, format_func=lambda n: usable[n].title, **shared.CHECKPOINT.widget(names))
    ]
    problem = next((n.problem for n in networks if n.name == requested and n.problem), None)
    if problem:
        st.warning(f"{problem} Shown instead: {network.name}.", icon=":material/warning:")
    elif requested is not None and requested not in usable:
        st.info(f"There is no checkpoint {requested!r} here; shown instead: {network.name}.", icon=":material/info:")
    st.caption(network.figure)
    assert network.checkpoint is not None
    return network.checkpoint


def _nothing_trained(networks: list[TrainedNetwork]) -> None:
    empty.show(
        "No trained network yet: train one first, with the recipe “quick” in a few minutes, and it appears here.",
        page="train",
        label="Train a network",
        key="nothing trained",
    )
    for network in networks:
        if network.problem:
            st.warning(network.problem, icon=":material/warning:")
