"""Title and question of a page, and an expander on how to read it."""

from __future__ import annotations

import streamlit as st

from workbench import navigation


def show(key: str, title: str | None = None) -> None:
    """Draw title (by default that of the navigation) and question of the page ``key``."""
    page = navigation.entry(key)
    st.title(title or page.title, anchor=False)
    st.caption(page.question)


def show_reading(text: str, source: str) -> None:
    """Draw the expander "How to read this": a few sentences and their source."""
    with st.expander("How to read this", icon=":material/menu_book:"):
        st.markdown(text)
        st.caption(source)
