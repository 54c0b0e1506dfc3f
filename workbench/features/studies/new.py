"""The form of a new study: recipe, variations, folds and seeds, with the number of runs and the expected time."""

from __future__ import annotations

import dataclasses
from typing import cast

import streamlit as st

from fer_models.errors import UserError
from fer_models.training.recipe import Recipe
from workbench import shared, state
from workbench.app import runs
from workbench.features.studies.model import studies
from workbench.features.studies.model.studies import FOLDS, HELD_OUT, NO_FOLDS, Kind, Plan
from workbench.widgets import data_choice

_EXAMPLE = "lr = 0.001, 0.003, 0.01\naugmentation.rotation = 0, 10, 20"
CHANGE = state.Choice("studies.change")
CHOSEN_FOLDS = state.Choice("studies.folds", default="5")
CHOSEN_HELD_OUT = state.Choice("studies.held_out", HELD_OUT, "random")
#: Settings that a link adds to the recipe, ``key=value`` with semicolons between, and the lines of its search.
LINKED = state.Choice("studies.set")
LINES = state.Choice("studies.lines")
STUDY_SEEDS = state.Number("studies.study seeds", 1, 1, 50)


def show(key: str) -> str | None:
    """Draw the form; return the id of a study just started.

    Raises:
        UserError: If the study is not possible.
    """
    recipe = _recipe(key)
    kinds = studies.kinds(recipe.network)
    bar = st.columns([3.2, 1.7, 1.5, 1, 1], vertical_alignment="bottom")
    with bar[0]:
        kind = cast(
            Kind,
            st.selectbox("What changes", list(kinds), format_func=kinds.__getitem__, **CHANGE.widget(list(kinds))),
        )
    sides = kind == "sides"
    with bar[1]:
        names = [name for name in FOLDS if name != NO_FOLDS or not sides]
        chosen = st.selectbox("Folds", names, format_func=FOLDS.__getitem__, **CHOSEN_FOLDS.widget(names))
        folds = "" if chosen == NO_FOLDS else str(chosen)
    with bar[2]:
        held_out = str(
            st.selectbox(
                "A fold holds out",
                list(HELD_OUT),
                format_func=HELD_OUT.__getitem__,
                disabled=sides or not folds,
                help="With folds of images, the same person can be in training and test; folds of subjects exclude it.",
                **CHOSEN_HELD_OUT.widget(),
            )
        )
    with bar[3]:
        seeds = int(st.number_input("Seeds", step=1, **STUDY_SEEDS.widget()))
    with bar[4]:
        epochs = int(st.number_input("Epochs", 1, 5000, recipe.epochs, 1, key=f"{key} epochs {recipe.epochs}"))
    recipe = dataclasses.replace(recipe, epochs=epochs)
    lines, draws = _search(key) if kind == "search" else ("", 0)
    problem, plan = "", None
    try:
        plan = studies.plan(recipe, kind, folds=folds, held_out=held_out, seeds=seeds, lines=lines, draws=draws)
    except UserError as error:
        problem = str(error)
    return _start(plan, problem, recipe, key=key, folds=folds, seeds=seeds)


def _start(plan: Plan | None, problem: str, recipe: Recipe, *, key: str, folds: str, seeds: int) -> str | None:
    """Draw the buttons; the second starts random and subject-safe folds of this recipe."""
    subjects = studies.has_subjects(recipe.data)
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(
            "Start the study", type="primary", icon=":material/science:", key=f"{key} start", disabled=plan is None
        )
        beside = st.button(
            "Random and subject-safe folds side by side",
            icon=":material/compare_arrows:",
            key=f"{key} sides",
            disabled=subjects is False,
            help=(
                "Trains the recipe on both kinds of folds and shows how much of the accuracy on random folds comes "
                "from knowing the people."
            )
            if subjects is not False
            else "This data set does not say which images show the same person.",
        )
        st.caption(problem or (studies.words(plan) if plan else ""))
    if not (pressed or beside):
        return None
    if beside:
        plan = studies.plan(recipe, "sides", folds=folds, seeds=seeds)
    assert plan is not None
    with st.spinner("Reading the data and starting the first runs."):
        return studies.begin(plan)


def _recipe(key: str) -> Recipe:
    presets = runs.presets()
    bar = st.columns(3, vertical_alignment="bottom")
    with bar[0]:
        names = list(presets)
        preset = str(st.selectbox("Recipe", names, **shared.RECIPE.widget(names, "quick", then=_follow_recipe)))
    linked = [setting for setting in str(LINKED.get() or "").split(";") if setting]
    start = runs.recipe(preset, {}).with_settings(linked)
    with bar[1]:
        requested = str(shared.DATA.get() or "")
        drawn = requested.startswith("synthetic:")
        data = data_choice.show({requested: f"Built-in faces, {requested.partition(':')[2]}"} if drawn else None)
    with bar[2]:
        networks = dict(runs.networks())
        network = st.selectbox(
            "Network",
            list(networks),
            format_func=networks.__getitem__,
            **shared.NETWORK_OF.of(preset, *linked).widget(list(networks), start.network),
        )
    st.caption(presets[preset] + (f" From the link: {', '.join(linked)}." if linked else ""))
    options = start.options if network == start.network else {}
    return dataclasses.replace(start, data=data, network=network, options=options)


def _follow_recipe() -> None:
    """Another recipe: its data set, and nothing of an earlier link."""
    LINKED.set(None)
    LINES.set(None)
    data_choice.follow_recipe()


def _search(key: str) -> tuple[str, int]:
    left, right = st.columns([4, 1.4])
    with left:
        lines = st.text_area(
            "Fields and values, one field per line",
            str(LINES.get() or _EXAMPLE),
            key=f"{key} lines {LINES.get() or ''}",
            height=96,
            help=(
                "Any field of a recipe; a dot reaches a nested one (augmentation.rotation). Separate values with "
                "commas. A random search also takes ranges, such as lr = log:1e-4..1e-2 or ema = 0..0.99."
            ),
        )
    with right:
        draws = st.number_input(
            "Random settings",
            0,
            2000,
            0,
            1,
            key=f"{key} draws",
            help="0 trains every combination; any other number draws that many at random.",
        )
    return str(lines or ""), int(draws)
