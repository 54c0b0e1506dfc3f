"""The selection of trained networks, shared by all sections of Compare and kept in the address."""

from __future__ import annotations

import streamlit as st

from workbench import shared, state
from workbench.app import inventory
from workbench.app.inventory import TrainedNetwork
from workbench.widgets import empty

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
        f"{what} needs {needs}; {have}. Train {what_to_train}, and it stands here.",
        page="train",
        label="Train a network",
        key=f"{key} nothing",
    )
    return None


def networks(usable: dict[str, TrainedNetwork], usual: list[str]) -> list[str]:
    """Draw the choice; ``usual`` is the default."""
    return list(
        st.multiselect(
            "Trained networks",
            list(usable),
            format_func=lambda name: usable[name].title,
            max_selections=MOST,
            **NETWORKS.widget(list(usable), usual, most=MOST),
        )
    )


def by_data(usable: dict[str, TrainedNetwork], data: str, count: int) -> list[str]:
    """The first ``count`` names, networks trained on that data set first."""
    checkpoints = {name: network.checkpoint for name, network in usable.items() if network.checkpoint is not None}
    trained_on_data = [name for name, checkpoint in checkpoints.items() if checkpoint.provenance.get("data") == data]
    return [*trained_on_data, *(name for name in usable if name not in trained_on_data)][:count]


def choose_training_data(usable: dict[str, TrainedNetwork]) -> None:
    """Preselect the data set the first network was trained on, if it is available and no data set was chosen yet."""
    first = next(iter(usable.values())).checkpoint
    trained_on = None if first is None else first.provenance.get("data")
    if shared.DATA.get() is None and trained_on in {item.name for item in inventory.data_sets()}:
        shared.DATA.set(str(trained_on))
