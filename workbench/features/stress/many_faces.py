"""Stress, second section: many faces of a split and several networks, tested in the background."""

from __future__ import annotations

import streamlit as st

from fer_models.checkpoint import Checkpoint
from workbench import cache, state
from workbench.app import inventory
from workbench.features.stress import results
from workbench.features.stress.model import many_faces, one_face
from workbench.features.stress.model.many_faces import COUNTS, Plan
from workbench.widgets import job as job_view
from workbench.widgets.errors import guard

_PRESETS = {"all": "all corruptions", "conditions": "the paper's three conditions", "chosen": "chosen ones"}
_MOST = 6
FACES = state.Choice("stress.faces", COUNTS, "60")
PRESET = state.Choice("stress.preset", _PRESETS)
OTHERS = state.Several("stress.others", address=False)


def show(checkpoint: Checkpoint, data: str, split: str, *, key: str) -> None:
    """Draw the choices, then the figures, the progress, or the button that begins.

    Raises:
        UserError: If the data set cannot be opened or has no such picture.
    """
    dataset = cache.dataset(data)
    networks = _networks(checkpoint)
    first, second = st.columns(2)
    with first:
        count = st.selectbox("Faces", list(COUNTS), format_func=lambda c: c if c == "all" else f"{int(c):,}",
                             **FACES.widget())  # fmt: skip
    with second:
        preset = st.selectbox("Corruptions", list(_PRESETS), format_func=_PRESETS.__getitem__, **PRESET.widget())
    asked = many_faces.plan(networks, dataset, data, split, COUNTS[str(count)], _kinds(str(preset), key))
    result = many_faces.known(asked)
    if result is not None:
        results.show(result, asked, key=key)
        return
    _begin(asked, key)


def _networks(checkpoint: Checkpoint) -> dict[str, Checkpoint]:
    usable = inventory.usable(inventory.trained_networks())
    own = next((name for name, net in usable.items() if net.checkpoint == checkpoint), next(iter(usable)))
    others = [name for name in usable if name != own]
    chosen = st.multiselect(
        "Compare with",
        others,
        max_selections=_MOST - 1,
        help="All are asked about the same corrupted faces; the network above is the reference.",
        **OTHERS.widget(others, most=_MOST - 1),
    )
    found = {name: usable[name].checkpoint for name in (own, *chosen)}
    return {name: one for name, one in found.items() if one is not None}


def _kinds(preset: str, key: str) -> list[str]:
    names = one_face.titles()
    if preset == "all":
        return list(names)
    if preset == "conditions":
        return ["low_light", "mask", "glasses"]
    return st.multiselect(
        "Chosen corruptions", list(names), default=["blur", "mask"], format_func=names.__getitem__, key=f"{key} kinds"
    ) or ["blur"]


def _begin(asked: Plan, key: str) -> None:
    job = many_faces.find(asked)
    if job is not None:
        job_view.finished(job, key=f"{key} many faces")
        return
    st.info(
        f"{len(asked.index):,} faces of {asked.where}, {len(asked.kinds)} corruptions at five severities, "
        f"{len(asked.networks)} {'network' if len(asked.networks) == 1 else 'networks'}: {asked.questions:,} "
        "predictions, mirrored faces included. It runs in the background and is kept; you can go on meanwhile.",
        icon=":material/info:",
    )
    label = f"Test {len(asked.index):,} faces"
    if st.button(label, type="primary", key=f"{key} begin", icon=":material/play_arrow:"):
        with guard("the stress test"):
            many_faces.start(asked, {name: cache.classifier(one) for name, one in asked.networks.items()})
            st.rerun()
