"""An empty state: what to do first, with a button."""

from __future__ import annotations

import streamlit as st

from workbench import navigation


def show(text: str, *, page: str, label: str, key: str) -> None:
    """Say what is missing and link to the page that provides it.

    Args:
        page: key of that page. label: words on the button.
    """
    st.info(text, icon=":material/info:")
    if st.button(label, key=key, type="primary", icon=f":material/{navigation.entry(page).icon}:"):
        st.switch_page(navigation.page(page))
