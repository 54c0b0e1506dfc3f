"""The tab of two units together."""

from __future__ import annotations

import streamlit as st

from fer_models.classifier import Classifier
from fer_models.lab import UNITS, FaceParameters, Interaction, from_words, interaction_map
from fer_models.lab.responses import CELLS
from workbench import cache
from workbench.features.lab import choice, figures
from workbench.features.lab.answers import Answered
from workbench.widgets import plot


def show(answers: list[Answered], face: FaceParameters, *, key: str) -> None:
    """Draw the winning class over two units' ranges."""
    left, middle, right = st.columns(3)
    with left:
        checkpoint = choice.one([answered.checkpoint for answered in answers])
    usual = choice.usual_unit(face)
    with middle:
        first = st.selectbox("First unit", list(UNITS), **choice.UNIT.widget(list(UNITS), usual))
    others = [unit for unit in UNITS if unit != first]
    with right:
        second = st.selectbox("Second unit", others, **choice.SECOND.widget(others, choice.usual_unit(face, first)))
    with st.spinner(f"Drawing and reading {CELLS**2} faces."):
        grid = cache.kept(
            _grid,
            (choice.line(), checkpoint.identity, first, second),
            cache.classifier(checkpoint),
            choice.line(),
            first,
            second,
        )
    plot.show(
        figures.interaction(grid),
        key=f"{key} interaction",
        alt=f"Winning class over {first} and {second}",
        tools="zoom",
    )
    winners = ", ".join(sorted({grid.classes[k] for k in grid.winner.ravel()}))
    st.caption(f"The winning class of {checkpoint.name} in each cell, paler where it is less probable: {winners}.")


def _grid(classifier: Classifier, line: str, first: str, second: str) -> Interaction:
    return interaction_map(classifier, from_words(line), first, second)
