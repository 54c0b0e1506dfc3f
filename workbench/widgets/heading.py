"""A page's title with the question that it answers, and the folded lines on how to read it."""

from __future__ import annotations

import streamlit as st

from workbench import navigation


def show(key: str, title: str | None = None) -> None:
    """Title (the navigation's by default) and question of the page ``key``."""
    page = navigation.entry(key)
    st.title(title or page.title, anchor=False)
    st.caption(page.question)


def show_reading(text: str, source: str) -> None:
    """ "How to read this": a few sentences and the paper, folded."""
    with st.expander("How to read this", icon=":material/menu_book:"):
        st.markdown(text)
        st.caption(source)
