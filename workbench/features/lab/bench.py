"""The bench: the face and its sliders, the networks' answers beside it, and the tabs below."""

from __future__ import annotations

import streamlit as st

from fer_models.checkpoint import Checkpoint
from fer_models.lab import FaceParameters
from workbench import state
from workbench.app.wording import percent
from workbench.features.lab import (
    answers,
    change,
    choice,
    curves,
    fairness,
    interaction,
    moved,
    saving,
    sliders,
    trail,
)
from workbench.features.lab.answers import Answered
from workbench.heatmap.model.drawing import Display
from workbench.widgets.errors import guard

_TABS = {
    "moved": "Does it look where the face moved?",
    "curves": "Response curves",
    "interaction": "Two units",
    "change": "Smallest change",
    "fairness": "Fairness",
    "save": "Save and load",
}
TAB = state.Choice("lab.tab", _TABS)


def show(checkpoints: list[Checkpoint]) -> None:
    """Draw the whole bench; a slider redraws the bench alone, not the page."""

    @st.fragment
    def live() -> None:
        with guard("the face lab"):
            _live(checkpoints)

    live()


def _live(checkpoints: list[Checkpoint]) -> None:
    face = choice.face()
    picture, controls, right = st.columns([9, 13, 20], gap="medium")
    with picture:
        sliders.show_face(face)
    with controls:
        sliders.show(face)
    with right:
        question, display = answers.controls(checkpoints)
        answered, places = answers.show(checkpoints, face, question, display)
    if not answered:
        return
    name, share = answered[0].look.prediction.ranked()[0]
    trail.add(f"{name} {percent(share, 0)}")
    trail.show(key="lab trail")
    _show_tab(answered, face, display)
    answers.show_verdicts(answered, places, question)


def _show_tab(answered: list[Answered], face: FaceParameters, display: Display) -> None:
    tab = st.segmented_control(
        "View",
        list(_TABS),
        format_func=_TABS.__getitem__,
        required=True,
        wrap=True,
        label_visibility="collapsed",
        **TAB.widget(),
    )
    with st.container(), guard("this view"):
        if tab == "save":
            saving.show(answered, face, display, key="lab save")
            return
        show = {
            "moved": moved.show,
            "curves": curves.show,
            "interaction": interaction.show,
            "change": change.show,
            "fairness": fairness.show,
        }[str(tab)]
        show(answered, face, key=f"lab {tab}")
