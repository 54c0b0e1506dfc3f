"""Presenter mode: type 1.3 times as large, and no navigation."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from workbench import state

#: In the address, so that a link opens a lesson for the projector.
VIEW = state.Choice("learn.view", ("page", "presenter"))
SCALE = 1.3
_STYLE = f"<style>\n{Path(__file__).with_suffix('.css').read_text('utf-8')}</style>"


def active() -> bool:
    """Whether it is on."""
    return VIEW.get() == "presenter"


def scale() -> float:
    """How much larger than usual the type is; the style does not reach into Plotly's figures."""
    return SCALE if active() else 1.0


def apply() -> None:
    """Apply the style where the mode is on."""
    if active():
        st.html(_STYLE)


def button() -> None:
    """Draw the button that switches it on or off."""
    shown = active()
    st.button(
        "Leave presenter" if shown else "Presenter",
        key="learn presenter",
        icon=":material/fullscreen_exit:" if shown else ":material/slideshow:",
        help=f"Type {SCALE:g} times as large and no navigation, for a projector.",
        on_click=VIEW.set,
        args=("page" if shown else "presenter",),
    )
