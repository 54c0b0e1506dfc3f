"""The face, the networks and the tab that are chosen; the face is one line in the address."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import Any

import streamlit as st

from fer_models.checkpoint import Checkpoint
from fer_models.data.builtin import NAME as BUILT_IN
from fer_models.errors import UserError
from fer_models.lab import UNITS, FaceParameters, from_words, to_words
from fer_models.lab.scoring import MOST_NETWORKS
from workbench import shared, state
from workbench.app import fit, inventory
from workbench.widgets import empty, selection_bar
from workbench.widgets.files import file_names

#: A smile, so that the first screen has something to see.
FIRST = "AU06=0.9,AU12=0.9"
FACE = state.Choice("lab.face")
NETWORKS = state.Several("lab.networks")
#: One network of those chosen, for the tabs that ask one.
ONE = state.Choice("lab.network")
#: The action unit of the curves; of the interaction the first and the second one.
UNIT = state.Choice("lab.unit", UNITS)
SECOND = state.Choice("lab.second", UNITS)

_LEVEL = state.Number("lab.level")
_TRAIT = state.Choice("lab.trait", address=False)


def face() -> FaceParameters:
    """The face of the address, or the first one where that cannot be read, with a note."""
    try:
        return from_words(str(FACE.get(default=FIRST)))
    except UserError as error:
        st.warning(f"The face in the address cannot be drawn: {error}", icon=":material/warning:")
        return from_words(FIRST)


def line() -> str:
    """The face as one line."""
    return _line(face())


def set_face(chosen: FaceParameters) -> None:
    """Choose a face."""
    FACE.set(_line(chosen))


def set_units(units: dict[str, float]) -> None:
    """Choose the units of the face; all else stays."""
    set_face(dataclasses.replace(face(), units=units))


def _line(chosen: FaceParameters) -> str:
    return to_words(chosen) or f"identity={chosen.identity}"


def level(name: str, value: float, low: float, high: float) -> dict[str, Any]:
    """Keyword arguments that bind a slider to a unit or another number of the face."""
    number = _LEVEL.of(name)
    number.set(value)

    def store() -> None:
        set_face(_changed(face(), name, number.get()))

    return number.widget(low=low, high=high, then=store)


def trait(name: str, value: Any, options: list[Any]) -> dict[str, Any]:
    """Keyword arguments that bind a selectbox to a trait; ``own`` stands for the person's own."""
    chosen = _TRAIT.of(name)
    chosen.set("own" if value is None else value)

    def store() -> None:
        picked = chosen.get(options)
        unset = picked == "own" and name in ("skin", "age")
        set_face(_changed(face(), name, None if unset else picked))

    return chosen.widget(options, then=store)


def _changed(chosen: FaceParameters, name: str, value: Any) -> FaceParameters:
    if name in UNITS:
        return chosen.with_units(**{name: round(float(value), 3)})
    return dataclasses.replace(chosen, **{name: value})


def networks() -> list[Checkpoint]:
    """Draw the choice of up to six networks; none where nothing is trained or chosen yet."""
    found = inventory.trained_networks()
    usable = inventory.usable(found)
    if not usable:
        empty.show(
            "No trained network yet: train one first, with the recipe “quick” in a few minutes, and it appears here.",
            page="train",
            label="Train a network",
            key="lab nothing trained",
        )
        return []
    requested = NETWORKS.get() or list(filter(None, [shared.CHECKPOINT.get()]))
    named = str(shared.CHECKPOINT.get())
    names = [network.name for network in fit.ordered(usable, BUILT_IN, {named, *map(str, NETWORKS.get([*usable]))})]
    with st.container(key="selection bar"):
        chosen = st.multiselect(
            f"Networks, up to {MOST_NETWORKS}",
            names,
            format_func=lambda name: usable[name].listed,
            max_selections=MOST_NETWORKS,
            **NETWORKS.widget(names, [named if named in names else names[0]], most=MOST_NETWORKS),
        )
    if not chosen:
        st.info("Choose a network or more.", icon=":material/info:")
    else:
        selection_bar.say_missing(", ".join(chosen), found, requested)
    checkpoints = [checkpoint for name in chosen if (checkpoint := usable[name].checkpoint) is not None]
    file_names.about(
        image=hashlib.sha256(line().encode()).hexdigest()[:6],
        face=line(),
        network="+".join(chosen),
        weights=", ".join(checkpoint.sha256 for checkpoint in checkpoints),
    )
    return checkpoints


def one(checkpoints: list[Checkpoint], label: str = "Network") -> Checkpoint:
    """Draw the choice of one of the networks."""
    by_name = {checkpoint.name: checkpoint for checkpoint in checkpoints}
    return by_name[st.selectbox(label, list(by_name), **ONE.widget(list(by_name)))]


def usual_unit(chosen: FaceParameters, skip: str = "") -> str:
    """The strongest unit of the face, the lower in the face among equals; AU12 for a still face."""
    levels = {unit: value for unit, value in reversed(chosen.moved.items()) if unit != skip}
    spare = "AU12" if skip != "AU12" else "AU06"
    return max(levels, key=lambda unit: levels[unit]) if levels else spare
