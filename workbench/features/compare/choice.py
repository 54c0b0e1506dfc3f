"""The selection of trained networks, shared by all sections of Compare and kept in the address."""

from __future__ import annotations

import streamlit as st

from workbench import state
from workbench.app import fit, inventory
from workbench.app.inventory import TrainedNetwork
from workbench.widgets import data_choice, empty

MOST = 6
NETWORKS = state.Several("compare.networks")


def usable(*, least: int, what: str, key: str) -> dict[str, TrainedNetwork] | None:
    """Trained networks by name; ``None`` if there are fewer than ``least`` (the page then says what to do).

    Args:
        least: How many are needed.
        what: What needs them, to begin the sentence.
        key: Prefix of the widgets' keys.
    """
    networks_by_name = inventory.usable(inventory.trained_networks())
    if len(networks_by_name) >= least:
        return networks_by_name
    have = f"here is one, {next(iter(networks_by_name))}" if networks_by_name else "there is none yet"
    needs, what_to_train = ("two trained networks", "another one") if least > 1 else ("a trained network", "one")
    empty.show(
        f"{what} needs {needs}; {have}. Train {what_to_train}, and it appears here.",
        page="train",
        label="Train a network",
        key=f"{key} nothing",
    )
    return None


def networks(usable: dict[str, TrainedNetwork], usual: list[str]) -> list[str]:
    """Draw the choice; ``usual`` is the default."""
    listed = [network.name for network in inventory.without_folds(usable.values(), NETWORKS.get(list(usable), usual))]
    return list(
        st.multiselect(
            "Trained networks",
            listed,
            format_func=lambda name: usable[name].listed,
            max_selections=MOST,
            **NETWORKS.widget(listed, usual, most=MOST),
        )
    )


def by_data(usable: dict[str, TrainedNetwork], data: str | None = None) -> list[str]:
    """Names, the networks that fit the data set best first.

    Args:
        usable: Networks by name.
        data: Name of the data set; by default the one of the session.
    """
    return [network.name for network in fit.ordered(usable, data or data_choice.current())]
