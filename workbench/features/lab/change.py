"""The tab of the smallest change that turns the answer."""

from __future__ import annotations

import streamlit as st

from fer_models.classifier import Classifier
from fer_models.lab import UNITS, FaceParameters, MinimalChange, draw, from_words, minimal_change
from fer_models.lab.change import EXACT
from workbench import cache, state
from workbench.features.lab import choice
from workbench.features.lab.answers import Answered
from workbench.widgets import picture_grid, table
from workbench.widgets.picture_grid import Cell, Row

TARGET = state.Choice("lab.into")
#: Face, network and class of the last search.
ASKED = state.Kept("lab.asked")
_ANY = "any other class"
_SIDE = 224


def show(answers: list[Answered], face: FaceParameters, *, key: str) -> None:
    """Draw the choice of network and class, and the face before and after."""
    left, right = st.columns(2)
    with left:
        checkpoint = choice.one([answered.checkpoint for answered in answers])
    answer = next(each for each in answers if each.checkpoint == checkpoint).look.winner
    targets = [_ANY, *(name for name in checkpoint.classes if name != answer)]
    with right:
        target = st.selectbox(f"Turn {answer} into", targets, **TARGET.widget(targets))
    asked = (choice.line(), checkpoint.identity, target)
    st.button("Find the smallest change", key=f"{key} find", type="primary", icon=":material/search:",
              on_click=ASKED.set, args=(asked,))  # fmt: skip
    if ASKED.get() != asked:
        st.caption(
            f"Tries every set of up to {EXACT} action units, each at 0 or 1; larger sets only by adding one "
            "unit at a time. This takes a few seconds."
        )
        return
    with st.spinner("Trying sets of action units."):
        wanted = None if target == _ANY else target
        found = cache.kept(_search, asked, cache.classifier(checkpoint), choice.line(), wanted)
    if found is None:
        st.info(
            f"No set of up to {EXACT} action units, each at 0 or 1, turns {answer} into {target} on this face. "
            "Larger sets were built by adding one unit at a time, always the one that helps most: that did not do it "
            "either, but not every larger set was tried.",
            icon=":material/info:",
        )
        return
    _draw(found, key)


def _search(classifier: Classifier, line: str, target: str | None) -> MinimalChange | None:
    return minimal_change(classifier, from_words(line), target)


def _draw(found: MinimalChange, key: str) -> None:
    units = ", ".join(found.units)
    least = "No smaller set does it with each unit at 0 or 1."
    if not found.exact:
        least = (
            f"No set of up to {EXACT} does it with each unit at 0 or 1. This one was built by adding one unit "
            "at a time, so a smaller one may exist."
        )
    st.markdown(f"**{found.was} becomes {found.answer} with {units}.** {least}")
    left, right = st.columns([1, 1], gap="medium")
    with left:
        cells = [
            Cell(draw(each).image, words, f"The face {words}")
            for each, words in ((found.before, f"before: {found.was}"), (found.after, f"after: {found.answer}"))
        ]
        picture_grid.show([Row("", "", cells)], side=_SIDE, label="The face before and after")
    with right:
        rows = [[f"{unit} {UNITS[unit]}", f"{a:.2f}", f"{b:.2f}"] for unit, (a, b) in found.units.items()]
        table.show(("Action unit", "before", "after"), rows, right=(1, 2), label="Units that change")
        st.button("Take this face", key=f"{key} take", icon=":material/arrow_upward:",
                  on_click=choice.set_face, args=(found.after,))  # fmt: skip
