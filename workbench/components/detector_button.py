"""Which detector found the faces, and the button that gets the better one."""

from __future__ import annotations

import streamlit as st

from workbench import cache
from workbench.components.errors import guard
from workbench.services import detector


def show(*, key: str) -> None:
    """Draw a line, and the button where YuNet is not on this computer; after the click all faces are found anew."""
    with guard("the face detector"):
        found = detector.state()
        st.caption(f"Faces are found by {found.title}. {found.summary}")
        if not found.missing:
            return
        if st.button("Get the better detector", key=f"{key} yunet", icon=":material/download:", help=detector.terms()):
            with st.spinner("Downloading YuNet and checking it."):
                detector.get()
            cache.faces.clear()
            st.rerun()
