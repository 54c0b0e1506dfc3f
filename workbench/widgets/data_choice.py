"""The choice of a data set: the same on every page, with one default for all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from fer_models.training.recipe import Recipe
from workbench import shared
from workbench.app import datasets, inventory, runs, shipped
from workbench.app.inventory import DataSet
from workbench.widgets.files import file_names


def show(
    more: Mapping[str, str] | None = None,
    *,
    format_func: Callable[[str], str] | None = None,
    label: str = "Data set",
    labelled: bool = True,
    shipped_predictions: bool = False,
) -> str:
    """Draw the list and return the chosen name.

    The first time, the choice is what the recipe or the network in the address was made for, else
    :func:`workbench.app.datasets.default_name`. It is then kept, so that another network does not change the data.

    Args:
        more: Names and titles besides the known sets.
        format_func: From a name to its title in the list.
        label: Of the widget.
        labelled: Whether the label is drawn; a screen reader reads it either way.
        shipped_predictions: Whether sets are offered too whose images are missing, but for which networks bring
            predictions. One of them is the default where no other photographs are on this computer.
    """
    titles = {item.name: item.title for item in _sets(shipped_predictions)} | dict(more or {})
    if shared.DATA.get() is None:
        shared.DATA.set(current(shipped_predictions))
    chosen = str(
        st.selectbox(
            label,
            list(titles),
            format_func=format_func or titles.__getitem__,
            label_visibility="visible" if labelled else "collapsed",
            **shared.DATA.widget(list(titles), _default(shipped_predictions)),
        )
    )
    file_names.about(data=chosen)
    return chosen


def current(shipped_predictions: bool = False) -> str:
    """The chosen data set, or the one that the first page to ask would choose; argument as for :func:`show`."""
    if shared.DATA.get() is None and shared.RECIPE.get() is not None:
        follow_recipe()
    if (chosen := shared.DATA.get()) is not None:
        return str(chosen)
    network = inventory.usable(inventory.trained_networks()).get(shared.CHECKPOINT.get() or "")
    trained_on = network.trained_on if network is not None else ""
    keys = {inventory.data_key(item.name): item.name for item in reversed(_sets(shipped_predictions))}
    return keys.get(trained_on) or _default(shipped_predictions)


def _sets(shipped_predictions: bool) -> list[DataSet]:
    return [*inventory.data_sets(), *(shipped.data_sets() if shipped_predictions else [])]


def _default(shipped_predictions: bool) -> str:
    usual = datasets.default_name()
    if shipped_predictions and len(inventory.data_sets()) == 1:  # only the built-in faces
        return datasets.preferred([item.name for item in shipped.data_sets()]) or usual
    return usual


def follow_recipe() -> None:
    """Choose the data set that the chosen recipe names, if it names one that is on this computer."""
    data = runs.recipe(str(shared.RECIPE.get()), {}).data if shared.RECIPE.get() in runs.presets() else ""
    if data != Recipe().data and data in {item.name for item in inventory.data_sets()}:
        shared.DATA.set(data)
