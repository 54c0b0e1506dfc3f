"""Title and question of a page, and an expander on how to read it."""

from __future__ import annotations

import streamlit as st

from workbench import navigation


def show(key: str, title: str | None = None) -> None:
    """Draw title (by default that of the navigation) and question of the page ``key``, in one line where it fits."""
    page = navigation.entry(key)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="page head"):
        st.title(title or page.title, anchor=False, width="content")
        st.caption(page.question, width="content")


def show_reading(text: str, source: str) -> None:
    """Draw the expander "How to read this": a few sentences and their source."""
    with st.expander("How to read this", icon=":material/menu_book:"):
        st.markdown(text)
        st.caption(source)
