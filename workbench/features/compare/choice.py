"""The selection of trained networks: the same in every section of Compare, kept in the address."""

from __future__ import annotations

import streamlit as st

from workbench import shared, state
from workbench.app import inventory
from workbench.app.inventory import TrainedNetwork
from workbench.widgets import empty

MOST = 6
NETWORKS = state.Several("compare.networks")


def usable(*, least: int, what: str, key: str) -> dict[str, TrainedNetwork] | None:
    """Trained networks by name; ``None`` after saying that there are fewer than ``least`` and what to do.

    Args:
        what: what needs them, to begin the sentence.
    """
    found = inventory.usable(inventory.trained_networks())
    if len(found) >= least:
        return found
    have = f"here is one, {next(iter(found))}" if found else "there is none yet"
    needs, one = ("two trained networks", "another one") if least > 1 else ("a trained network", "one")
    empty.show(
        f"{what} needs {needs}; {have}. Train {one}, and it stands here.",
        page="train",
        label="Train a network",
        key=f"{key} nothing",
    )
    return None


def networks(usable: dict[str, TrainedNetwork], usual: list[str]) -> list[str]:
    """Draw the choice; ``usual`` is chosen where nobody chose yet."""
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
    """The first ``count`` names, those trained on that data set before the others."""
    known = {name: network.checkpoint for name, network in usable.items() if network.checkpoint is not None}
    own = [name for name, checkpoint in known.items() if checkpoint.provenance.get("data") == data]
    return [*own, *(name for name in usable if name not in own)][:count]


def begin_with_its_own_data(usable: dict[str, TrainedNetwork]) -> None:
    """Where nobody chose a data set yet, that on which the first network was trained, if it is at hand."""
    first = next(iter(usable.values())).checkpoint
    own = None if first is None else first.provenance.get("data")
    if shared.DATA.get() is None and own in {item.name for item in inventory.data_sets()}:
        shared.DATA.set(str(own))
