"""The ways into the app: one line a door, each leads to a page."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from workbench import navigation


@dataclass(frozen=True)
class Door:
    """A way into the app.

    Args:
        page: Key of the page it leads to.
        title: What a visitor wants.
        text: What is found there, in one sentence.
    """

    page: str
    title: str
    text: str


DOORS = (
    Door("learn", "Show a class", "Short guided lessons with a question at every step."),
    Door("confusion", "Measure a network", "Which classes it confuses, with the faces behind every number."),
    Door("train", "Train a network", "Train on this computer and watch the network learn."),
)


def show() -> None:
    """Draw the doors, one below the other."""
    for door in DOORS:
        with st.container(border=True, gap="xsmall", key=f"door {door.page}"):
            icon = navigation.entry(door.page).icon
            st.page_link(navigation.page(door.page), label=f"**{door.title}**", icon=f":material/{icon}:")
            st.caption(door.text)
