"""The choice of a data set: the same on every page, with one default for all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from fer_models.data import DatasetEntry
from fer_models.data import builtin as built_in
from fer_models.training.recipe import Recipe
from workbench import once, shared, state
from workbench.app import datasets, inventory, runs, shipped
from workbench.app.inventory import DataSet
from workbench.widgets.files import file_names

#: The set that was chosen as the default, and the one before it that could not be read.
_BY_DEFAULT = state.Kept("widgets.data by default")
_PASSED_OVER = state.Kept("widgets.data passed over")


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
    titles = {item.name: item.listed for item in _sets(shipped_predictions)} | dict(more or {})
    if shared.DATA.get() is None:
        shared.DATA.set(current(shipped_predictions))
        _BY_DEFAULT.set(shared.DATA.get())
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
    entry = datasets.find(chosen)
    if entry is not None and datasets.problem(entry):
        _marked().add(chosen)
    return chosen


def current(shipped_predictions: bool = False) -> str:
    """The chosen data set, or the one that the first page to ask would choose; argument as for :func:`show`."""
    if shared.DATA.get() is None and shared.RECIPE.get() is not None:
        follow_recipe()
    if (chosen := shared.DATA.get()) is not None:
        return str(chosen)
    network = inventory.usable(inventory.trained_networks()).get(shared.CHECKPOINT.get() or "")
    trained_on = network.trained_on if network is not None else ""
    sets = [item.name for item in _sets(shipped_predictions) if inventory.data_key(item.name) == trained_on]
    copies = [entry for entry in map(datasets.find, sets) if entry is not None]
    entry = datasets.best(copies)
    absent = next(iter(sets), None) if not copies else None  # for which networks bring predictions
    return absent or (_default(shipped_predictions) if entry is None else entry.name)


def check() -> None:
    """Refuse the chosen set where it could not be read; for pages that do not open it themselves.

    Raises:
        UnreadableError: If its last reading failed.
    """
    entry = datasets.find(shared.DATA.get() or "")
    if entry is not None and (problem := datasets.problem(entry)):
        raise datasets.UnreadableError(entry, problem)


def passed_over() -> str:
    """Why another set than the usual one is shown, one sentence; ``""`` if the usual one is, or the user chose."""
    entry = datasets.find(_PASSED_OVER.get() or "")
    shown = datasets.find(shared.DATA.get() or "")
    if entry is None or shown is None or shown.name != _BY_DEFAULT.get() or not datasets.problem(entry):
        return ""
    return f"{entry.title} cannot be read: {datasets.problem(entry)} Shown instead: {shown.title}."


def unreadable(name: str) -> None:
    """After the error about a set: the next one where it was a default; where the user chose it, the ways out of it."""
    if shared.DATA.get() != name or name in _drawn():
        return
    if _BY_DEFAULT.get() == name:
        shared.DATA.set(None)
        if current() != name:
            _PASSED_OVER.set(name)
            st.rerun()
        shared.DATA.set(name)
    _drawn().add(name)
    entry, usual = datasets.find(name), datasets.find(datasets.default_name())
    if entry is None:
        return
    if datasets.problem(entry) and name not in _marked():
        st.rerun()  # with the mark in the list, which was drawn before it was read
    with st.container(horizontal=True):
        if usual is not None and usual.name != name:
            label = f"Use {usual.title}"
            st.button(label, key="usual data", icon=":material/swap_horiz:", on_click=shared.DATA.set, args=(None,))
        st.button("Try again", key="read again", icon=":material/refresh:", on_click=datasets.read_again, args=(entry,))
        removal(entry)


def removal(entry: DatasetEntry) -> None:
    """Draw the button that removes a set that the user added, or hides one of the data folder.

    Raises:
        UserError: If that cannot be written down.
    """
    if entry.reader == built_in.NAME:
        return
    label, icon = "Hide in all lists", ":material/visibility_off:"
    help_text = "Its files stay where they are. “All sets” on Datasets shows it again."
    if entry.added:
        label, icon = "Remove from the list", ":material/playlist_remove:"
        help_text = "Files of yours stay where they are; what was unpacked from a ZIP is deleted."
    if st.button(label, key="remove set", icon=icon, help=help_text):
        if entry.added:
            datasets.remove(entry.name)
        else:
            datasets.hide(entry)
        shared.DATA.set(None)
        st.rerun()


@once.once
def _marked() -> set[str]:
    """The chosen set, if it was drawn as one that could not be read."""
    return set()


@once.once
def _drawn() -> set[str]:
    """The sets whose ways out were drawn in this run."""
    return set()


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
