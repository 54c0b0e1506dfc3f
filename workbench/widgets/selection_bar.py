"""The bar of network, data set and split: the same on every page, kept from page to page and in the address."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import streamlit as st

from fer_models.checkpoint import Checkpoint
from fer_models.evaluation.part import Part
from workbench import cache, navigation, shared
from workbench.app import fit, inventory
from workbench.app.inventory import TrainedNetwork
from workbench.app.wording import FIGURE_HELP
from workbench.widgets import data_choice, empty, heading
from workbench.widgets.errors import plain
from workbench.widgets.files import file_names

#: Pixels of each choice beside the title.
_WIDTHS = {"checkpoint": 330, "data": 190, "split": 130}


@dataclass(frozen=True)
class Selection:
    """The choices; ``None`` for those that the page does not show."""

    checkpoint: Checkpoint | None = None
    data: str | None = None
    split: str | None = None


def show(
    *,
    checkpoint: bool = True,
    data: bool = False,
    split: bool = False,
    images: Callable[[str | None], str | None] | None = None,
    figure: bool = True,
    shipped_predictions: bool = False,
) -> Selection | None:
    """Draw the bar and return the choice, or ``None`` if no network is trained yet; the page then says what to do.

    The network is the one that fits the images best until the user chooses another.

    Args:
        checkpoint: Whether the network is chosen.
        data: Whether the data set is chosen.
        split: Whether its split is chosen.
        images: From the chosen data set to the one whose images the network reads, ``None`` for photographs of no
            data set; by default the chosen one.
        figure: Whether the network's accuracy is drawn; ``False`` on pages that measure it.
        shipped_predictions: Whether data sets are offered too whose images are missing, but for which networks bring
            predictions.

    Raises:
        UserError: If the chosen data set cannot be opened to list its splits.
    """
    kinds = [kind for kind, shown in (("checkpoint", checkpoint), ("data", data), ("split", split)) if shown]
    networks = inventory.trained_networks() if checkpoint else []
    if checkpoint and not inventory.usable(networks):
        _nothing_trained(networks)
        return None
    head = heading.head()
    places = {kind: head.choices.container(width=_WIDTHS[kind], key=f"choice {kind}") for kind in kinds}
    name = chosen_split = network = None
    if data or split:
        with places["data"]:
            name = data_choice.show(shipped_predictions=shipped_predictions, labelled=False)
    if checkpoint:
        read = name if images is None else images(name)
        with places["checkpoint"]:
            network = _network(networks, read, runs=not shipped_predictions)
        with head.choices:
            st.page_link(navigation.page("add"), label="", icon=":material/add:", help="Add a network")
        say_missing(network.name, networks)
    if name is not None and (passed_over := data_choice.passed_over()):
        st.warning(plain(passed_over), icon=":material/warning:")
    if split and name is not None:
        splits = cache.dataset(name).split_names  # below the bar: its spinner has no room beside the choices
        with places["split"]:
            chosen_split = _split(splits)
    if network is not None:
        with head.line:
            _notes(network, networks, read, _figure(network, read, chosen_split) if figure else "")
    shown = None if network is None else network.checkpoint
    file_names.about(
        network=None if shown is None else shown.name,
        weights=None if shown is None else shown.sha256,
        data=name if images is None else images(name),
        split=chosen_split,
    )
    return Selection(shown, name, chosen_split)


def say_missing(shown: str, networks: list[TrainedNetwork], requested: Iterable[str] | None = None) -> None:
    """Say why networks that were asked for are not shown.

    Args:
        shown: Name of the network that is shown instead, or several.
        networks: All networks, damaged ones too.
        requested: Names of those that were asked for; by default the one of the address.
    """
    names = [str(shared.CHECKPOINT.get(default=shown))] if requested is None else requested
    usable = inventory.usable(networks)
    for name in names:
        problem = next((network.problem for network in networks if network.name == name), None)
        if problem:
            st.warning(f"{problem} Shown instead: {shown}.", icon=":material/warning:")
        elif name not in usable:
            st.info(f"There is no checkpoint {name!r} here; shown instead: {shown}.", icon=":material/info:")


def _network(networks: list[TrainedNetwork], images: str | None, *, runs: bool) -> TrainedNetwork:
    usable = inventory.usable(networks)
    requested = {str(shared.CHECKPOINT.get())}
    names = [network.name for network in fit.ordered(usable, images, requested, runs=runs)]
    chosen = st.selectbox(
        "Network",
        names,
        format_func=lambda n: usable[n].listed,
        label_visibility="collapsed",
        **shared.CHECKPOINT.widget(names, names[0]),
    )
    return usable[str(chosen)]


def _split(names: Sequence[str]) -> str:
    return str(st.selectbox("Split", names, label_visibility="collapsed", **shared.SPLIT.widget(names, names[-1])))


def _figure(network: TrainedNetwork, images: str | None, split: str | None) -> str:
    if images is None:
        return network.figure
    count = None if split is None else len(Part.of_split(cache.dataset(images), split).index)
    return fit.figure(network, images, split, count)


def _notes(network: TrainedNetwork, networks: list[TrainedNetwork], images: str | None, figure: str) -> None:
    """Draw the figure, and where the network was trained on other images."""
    other_images = fit.misfit(network, images)
    if words := " · ".join(filter(None, (figure, other_images))):
        st.caption(words, width="content", help=FIGURE_HELP if figure else None)
    if other_images:
        best = fit.ordered(inventory.usable(networks), images)[0]
        if not fit.misfit(best, images):
            st.button(
                f"Use {best.name}",
                key="fitting network",
                type="tertiary",
                icon=":material/swap_horiz:",
                on_click=shared.CHECKPOINT.set,
                args=(None,),
                help="The best network that was trained on these images",
            )


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
