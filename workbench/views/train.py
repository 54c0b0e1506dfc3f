"""Train: choose data, network and recipe, start the worker, and follow it."""

from __future__ import annotations

import streamlit as st

from fer_models.training.recipe import Recipe
from workbench import state
from workbench.components import heading, recipe_form, run_progress
from workbench.components.errors import guard
from workbench.services import inventory, train


def render() -> None:
    heading.show("train")
    with guard("the recipe"):
        _next_run()
    with guard("the run"):
        _chosen_run()
    heading.show_reading(
        "The validation curve is the one to believe: it is measured on faces that the network never trained on. "
        "Training accuracy is measured on changed (rotated, shifted, mirrored) faces, so it may lie below validation. "
        "The weights of the best validation epoch are kept; since they were chosen on that split, its figure is "
        "slightly too good, and the test split gives the honest one.",
        "Goodfellow et al., Challenges in Representation Learning, 2013 (FER2013 and its splits)",
    )


def _next_run() -> None:
    presets = train.presets()
    bar = st.columns([3, 3, 3, 1.4], vertical_alignment="bottom")
    with bar[0]:
        names = list(presets)
        preset = st.selectbox(
            "Recipe", names, help="A preset; every field can be changed below.", **state.bound("recipe", names, "quick")
        )
    start = train.recipe(preset, {})
    with bar[1]:
        titles = {item.name: item.title for item in inventory.data_sets()}
        data = st.selectbox(
            "Data set",
            list(titles),
            format_func=lambda name: titles[name],
            **state.bound("data", list(titles), start.data),
        )
    with bar[2]:
        networks = dict(train.networks())
        network = st.selectbox(
            "Network",
            list(networks),
            format_func=lambda name: networks[name],
            **state.bound(f"network of {preset}", list(networks), start.network, in_url=False),
        )
    options = start.options if network == start.network else {}
    asked = train.asked_by_link(state.get("protocol"), state.get("exclude_leaks"))
    first = train.recipe(preset, {"data": data, "network": network, "options": options, **asked})
    started = state.recall("runs started", 0)  # a fresh key folds the settings again, so that the run is in sight
    with st.expander(f"Settings · {presets[preset] or preset}", icon=":material/tune:", key=f"settings {started}"):
        if asked.get("exclude_leaks"):
            st.caption(f"Training pictures with a copy in validation or test are left out ({first.protocol} split).")
        key = f"recipe {preset} {network} {asked}"  # widgets with the same key would keep their old values
        changes = recipe_form.show(first, key=key, choices=train.form_choices())
    with bar[3]:
        pressed = st.button("Train", type="primary", icon=":material/play_arrow:", width="stretch", key="train")
    if pressed:
        _begin(train.recipe(preset, {"data": data, "network": network, **changes}))


def _begin(recipe: Recipe) -> None:
    with st.spinner("Starting the worker."):
        state.put("run", train.begin(recipe))
        state.remember("runs started", state.recall("runs started", 0) + 1)
    st.rerun()


def _chosen_run() -> None:
    runs = {run.id: run for run in train.runs()}
    asked = state.get("run")
    if asked is not None and asked not in runs:
        st.info(f"The run in the address, {asked!r}, is not on this computer.", icon=":material/info:")
    if not runs:
        st.info(
            "No run yet: choose a recipe, a data set and a network above and press Train. The training goes on when "
            "this page is closed.",
            icon=":material/info:",
        )
        return
    ids = list(runs)
    chosen = st.selectbox("Run", ids, format_func=lambda name: train.label(runs[name]), **state.bound("run", ids))
    run_progress.show(chosen, key="run")
