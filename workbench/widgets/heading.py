"""Head of a page: title, choices and figure in two tight lines; and an expander on how to read the page."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from workbench import navigation
from workbench.widgets.files import file_names


@dataclass(frozen=True)
class Head:
    """Where a page adds to its head.

    Args:
        choices: Beside the title, for the network, the data set and the split.
        line: Beside the question, for the figure that belongs to them.
    """

    choices: DeltaGenerator
    line: DeltaGenerator


_HEAD: ContextVar[Head] = ContextVar("head of the page under way")


def show(key: str, title: str | None = None) -> None:
    """Draw title (by default that of the navigation) and question of the page ``key``."""
    page = navigation.entry(key)
    file_names.begin(key)
    with st.container(key="page head", gap=None):
        with st.container(key="page title", horizontal=True, vertical_alignment="center", gap="small"):
            st.title(title or page.title, anchor=False, width="content")
            choices = st.container(
                horizontal=True, gap="xsmall", vertical_alignment="center", width="stretch", key="page choices"
            )
        with st.container(horizontal=True, gap="xxsmall", vertical_alignment="center", key="page line"):
            st.caption(page.question, width="content")
            line = st.container(horizontal=True, gap="xxsmall", vertical_alignment="center", width="content")
    _HEAD.set(Head(choices, line))


def head() -> Head:
    """The head that :func:`show` drew in this run; a part of the page without one gets a row of its own."""
    try:
        return _HEAD.get()
    except LookupError:
        return Head(st.container(horizontal=True), st.container(horizontal=True))


def show_reading(text: str, source: str) -> None:
    """Draw the expander "How to read this": a few sentences and their source."""
    with st.expander("How to read this", icon=":material/menu_book:"):
        st.markdown(text)
        st.caption(source)
