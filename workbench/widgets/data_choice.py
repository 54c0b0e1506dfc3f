"""The choice of a data set: the same on every page, with one default for all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from fer_models.training.recipe import Recipe
from workbench import shared
from workbench.app import datasets, inventory, runs


def show(
    more: Mapping[str, str] | None = None, *, format_func: Callable[[str], str] | None = None, label: str = "Data set"
) -> str:
    """Draw the list and return the chosen name.

    The first time, the choice is what the recipe or the network in the address was made for, else
    :func:`workbench.app.datasets.default_name`. It is then kept, so that another network does not change the data.

    Args:
        more: Names and titles besides the known sets.
        format_func: From a name to its title in the list.
        label: Of the widget.
    """
    titles = {item.name: item.title for item in inventory.data_sets()} | dict(more or {})
    if shared.DATA.get() is None:
        shared.DATA.set(current())
    return str(
        st.selectbox(
            label,
            list(titles),
            format_func=format_func or titles.__getitem__,
            **shared.DATA.widget(list(titles), datasets.default_name()),
        )
    )


def current() -> str:
    """The chosen data set, or the one that the first page to ask would choose."""
    if shared.DATA.get() is None and shared.RECIPE.get() is not None:
        follow_recipe()
    if (chosen := shared.DATA.get()) is not None:
        return str(chosen)
    network = inventory.usable(inventory.trained_networks()).get(shared.CHECKPOINT.get() or "")
    trained_on = network.trained_on if network is not None else ""
    keys = {inventory.data_key(item.name): item.name for item in reversed(inventory.data_sets())}
    return keys.get(trained_on) or datasets.default_name()


def follow_recipe() -> None:
    """Choose the data set that the chosen recipe names, if it names one that is on this computer."""
    data = runs.recipe(str(shared.RECIPE.get()), {}).data if shared.RECIPE.get() in runs.presets() else ""
    if data != Recipe().data and data in {item.name for item in inventory.data_sets()}:
        shared.DATA.set(data)
