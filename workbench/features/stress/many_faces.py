"""Stress, second section: many faces of a split and several networks, in the background."""

from __future__ import annotations

import streamlit as st

from fer_models.checkpoint import Checkpoint
from fer_models.robustness import SEVERITIES
from workbench import cache, state
from workbench.app import fit, inventory
from workbench.features.stress import results
from workbench.features.stress.model import many_faces, one_face
from workbench.features.stress.model.many_faces import COUNTS, Plan
from workbench.widgets import job as job_view
from workbench.widgets.errors import guard

_PRESETS = {"all": "all corruptions", "conditions": "the paper's three conditions", "chosen": "a selection"}
_MOST = 6
FACES = state.Choice("stress.faces", COUNTS)
PRESET = state.Choice("stress.preset", _PRESETS)
OTHERS = state.Several("stress.others", address=False)


def show(checkpoint: Checkpoint, data: str, split: str, *, key: str) -> None:
    """Draw the choices, then the results, the progress, or the button that starts the test.

    Raises:
        UserError: If the data set cannot be opened or has no such picture.
    """
    dataset = cache.dataset(data)
    networks = _networks(checkpoint, data)
    first, second = st.columns(2)
    with first:
        count = st.selectbox(
            "Faces", list(COUNTS), format_func=lambda c: c if c == "all" else f"{int(c):,}", **FACES.widget()
        )
    with second:
        preset = st.selectbox("Corruptions", list(_PRESETS), format_func=_PRESETS.__getitem__, **PRESET.widget())
    plan = many_faces.plan(networks, dataset, data, split, count=COUNTS[str(count)], kinds=_kinds(str(preset), key))
    result = many_faces.stored_result(plan)
    if result is not None:
        results.show(result, plan, key=key)
        return
    _offer(plan, key)


def _networks(checkpoint: Checkpoint, data: str) -> dict[str, Checkpoint]:
    usable = inventory.usable(inventory.trained_networks())
    page_network = next((name for name, net in usable.items() if net.checkpoint == checkpoint), next(iter(usable)))
    others = [network.name for network in fit.ordered(usable, data) if network.name != page_network]
    others_chosen = st.multiselect(
        "Compare with",
        others,
        format_func=lambda name: usable[name].listed,
        max_selections=_MOST - 1,
        placeholder="other networks",
        help="All networks get the same corrupted faces; the network above is the reference.",
        **OTHERS.widget(others, most=_MOST - 1),
    )
    checkpoints = {name: usable[name].checkpoint for name in (page_network, *others_chosen)}
    return {name: network for name, network in checkpoints.items() if network is not None}


def _kinds(preset: str, key: str) -> list[str]:
    names = one_face.titles()
    if preset == "all":
        return list(names)
    if preset == "conditions":
        return ["low_light", "mask", "glasses"]
    return st.multiselect(
        "Selected corruptions", list(names), default=["blur", "mask"], format_func=names.__getitem__, key=f"{key} kinds"
    ) or ["blur"]


def _offer(plan: Plan, key: str) -> None:
    job = many_faces.find(plan)
    if job is not None:
        job_view.finished(job, key=f"{key} many faces")
        return
    st.info(
        f"{len(plan.index):,} faces of {plan.where}, {len(plan.kinds)} corruptions at {len(SEVERITIES)} severities, "
        f"{len(plan.networks)} {'network' if len(plan.networks) == 1 else 'networks'}: {plan.questions:,} "
        "predictions, mirrored faces included. You can keep working; the result is cached for later visits.",
        icon=":material/info:",
    )
    label = f"Test {len(plan.index):,} faces"
    if st.button(label, type="primary", key=f"{key} begin", icon=":material/play_arrow:"):
        with guard("the stress test"):
            many_faces.start(plan, {name: cache.classifier(checkpoint) for name, checkpoint in plan.networks.items()})
            st.rerun()
