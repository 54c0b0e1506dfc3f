"""The last faces, to go back to."""

from __future__ import annotations

import numpy as np
import streamlit as st

from fer_models.lab import draw, from_words
from workbench import state
from workbench.features.lab import choice
from workbench.widgets import gallery
from workbench.widgets.gallery import Layout, Words

State = tuple[str, str, np.ndarray]

#: Line, answer and small picture of each of the last faces, the newest last.
STATES = state.Kept("lab.trail", ())
_MOST = 10


def add(answer: str) -> None:
    """Keep the face with what the first network says of it.

    Args:
        answer: Class and probability, in a few words.
    """
    line = choice.line()
    states: tuple[State, ...] = STATES.get()
    if states and states[-1][:2] == (line, answer):
        return
    image = draw(from_words(line), size=96).image
    STATES.set((*(each for each in states if each[0] != line), (line, answer, image))[-_MOST:])


def show(*, key: str) -> None:
    """Draw the last faces; a click goes back to one."""
    states: tuple[State, ...] = STATES.get()
    if len(states) < 2:
        return
    st.caption("The last faces; click one to go back to it.")
    clicked = gallery.show(
        [image for _, _, image in states],
        np.arange(len(states)),
        key=key,
        words=Words(lambda i: states[i][1], lambda i: states[i][0]),
        selected=next((i for i, each in enumerate(states) if each[0] == choice.line()), None),
        layout=Layout(per_page=_MOST, side=64, counted=False),
    )
    if clicked is not None and clicked < len(states) and states[clicked][0] != choice.line():
        choice.FACE.set(states[clicked][0])
        st.rerun()
