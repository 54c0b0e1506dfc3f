"""The form of the next run: recipe, data set, network, settings, expected time, and the button that starts it."""

from __future__ import annotations

import dataclasses
from typing import Any

import streamlit as st

from fer_models.training.recipe import Recipe
from workbench import shared, state
from workbench.app import datasets, marked_training, runs
from workbench.evidence import as_python
from workbench.evidence.model import code
from workbench.features.train import joined, recipe_form
from workbench.features.train.model import estimate
from workbench.widgets import data_choice
from workbench.widgets import job as job_view

EXCLUDE_LEAKS = state.Choice("train.exclude_leaks")
RUNS_STARTED = state.Kept("train.runs started", 0)
#: The settings are some fifty controls: drawn from the first time that they are opened.
OPENED = state.Toggle("train.settings opened")
LEFT_OUT = state.Several("train.left out", address=False)
RUN = state.Choice("train.run")
#: Key of the estimate that this session began last.
ESTIMATED = state.Kept("train.estimated")


def show() -> None:
    """Draw the bar, the settings and the estimate, and start a run when Train is pressed."""
    presets = runs.presets()
    bar = st.columns([3, 3, 3, 1.4], vertical_alignment="bottom")
    with bar[0]:
        names = list(presets)
        preset = st.selectbox(
            "Recipe",
            names,
            help="A preset; every field can be changed below.",
            **shared.RECIPE.widget(names, "quick", then=data_choice.follow_recipe),
        )
    start = runs.recipe(preset, {})
    with bar[1]:
        data = data_choice.show()
    with bar[2]:
        networks = dict(runs.networks())
        network = st.selectbox(
            "Network",
            list(networks),
            format_func=lambda name: networks[name],
            **shared.NETWORK_OF.of(preset).widget(list(networks), start.network),
        )
    with bar[3]:
        pressed = st.button("Train", type="primary", icon=":material/play_arrow:", width="stretch", key="train")
    if pressed:  # a sign at once: the settings below take longer to draw
        st.caption(":material/hourglass_top: Starting the worker.")
    from_link = runs.changes_from_link(shared.PROTOCOL.get(), EXCLUDE_LEAKS.get())
    fixed = {"network": network, "options": start.options if network == start.network else {}, **from_link}
    fold = st.expander(
        f"Settings · {presets[preset] or preset}",
        icon=":material/tune:",
        key=f"settings {RUNS_STARTED.get()}",  # a fresh key closes the settings, so that the run is visible
        on_change="rerun",
    )
    if fold.open:
        OPENED.set(True)
    if OPENED.get():
        with fold:
            recipe = _settings(preset, data, fixed)
    else:
        recipe = _unchanged(preset, data, fixed)
    if pressed:
        _begin(recipe)
    _say_split(preset, recipe)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        with st.container(width="content" if ESTIMATED.get() is None else "stretch"):
            _estimate(recipe)
        as_python.show(code.training(preset, recipe), key="train")


def _settings(preset: str, data: str, fixed: dict[str, Any]) -> Recipe:
    """Draw the settings; return the recipe with what was changed in them."""
    data = joined.show(data, key="joined")
    first = _unchanged(preset, data, fixed)
    # Widgets with the same key would keep their old values.
    key = f"recipe {preset} {first.network} {'exclude_leaks' in fixed} {first.protocol}"
    origins = runs.origins(preset, first)
    changes = recipe_form.show(first, key=key, choices=runs.form_choices(), origins=origins)
    changes |= _without_marked(data)
    return runs.recipe(preset, {"data": data, "network": first.network, **changes})


def _unchanged(preset: str, data: str, fixed: dict[str, Any]) -> Recipe:
    """The recipe before the settings change it; with a test part, unless a link says how the data are divided."""
    recipe = runs.recipe(preset, {"data": data, **fixed})
    return recipe if "exclude_leaks" in fixed else runs.with_a_test_part(preset, recipe)


def _say_split(preset: str, recipe: Recipe) -> None:
    """Say how the images are divided where it is not the official split."""
    if recipe.exclude_leaks:
        st.caption(f"Training images with a copy in validation or test are left out ({recipe.protocol} split).")
    elif recipe.protocol != "official" and recipe.fold == 0:
        official = dataclasses.replace(recipe, protocol="official")
        if runs.with_a_test_part(preset, official) == recipe:
            st.caption("This data set has no official split: the first of five folds is the test set.")


def _begin(recipe: Recipe) -> None:
    estimate.stop(ESTIMATED.get())  # it would share the processor with the run
    RUN.set(runs.begin(recipe))
    RUNS_STARTED.set(RUNS_STARTED.get() + 1)
    st.rerun()


def _without_marked(name: str) -> dict[str, Any]:
    """Draw the choice to leave out marked pictures, if the data set has marks."""
    entry = datasets.find(name)
    dataset = datasets.stored(entry) if entry is not None else None
    counts = marked_training.counts(dataset) if dataset is not None else {}
    if dataset is None or not counts:
        return {}
    marks = st.multiselect(
        "Leave out images that were marked as",
        list(counts),
        format_func=lambda mark: f"{mark} ({counts[mark]:,})",
        help="They are removed from training only, not from validation and test. The run stores its own list.",
        **LEFT_OUT.of(name).widget(list(counts)),
    )
    listed = marked_training.list_file(dataset, marks) if marks else ""
    return {"exclude": listed} if listed else {}


def _estimate(recipe: Recipe) -> None:
    """Draw the expected time of the run, or a button that measures it."""
    before = ESTIMATED.get()
    if before is not None and before != estimate.key(recipe):  # of settings that were changed since
        estimate.stop(before)
        ESTIMATED.set(None)
    job = estimate.measuring(recipe)
    if (speed := estimate.measured_speed(recipe)) is not None:
        st.caption(f":material/timer: {estimate.sentence(speed, recipe)}")
    elif job is not None and job.active:
        job_view.bar(job, key="estimate")
    else:
        if job is not None and job.state == "failed":
            st.warning(f"The time could not be measured: {job.problem}", icon=":material/timer_off:")
        if st.button("Estimate the time", icon=":material/timer:", help="Runs ten training steps in the background."):
            estimate.begin(recipe)
            ESTIMATED.set(estimate.key(recipe))
            st.rerun()
