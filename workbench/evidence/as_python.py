"""The button that gives the lines of Python behind a page."""

from __future__ import annotations

import streamlit as st

from fer_models.embedding import MapSettings
from workbench.evidence.bar import Evidence
from workbench.evidence.model import code


def show(lines: str, *, key: str) -> None:
    """Draw a button that opens the lines, with a sign to copy them.

    Args:
        lines: Of :mod:`workbench.evidence.model.code`.
        key: Of the widget.
    """
    with st.popover("Copy as Python", icon=":material/code:", type="tertiary", key=f"{key} python"):
        st.code(lines, language="python", wrap_lines=True)


def measuring(evidence: Evidence) -> str:
    """The lines that measure the network on the images of the page."""
    return code.measuring(evidence.checkpoint, evidence.name, evidence.dataset.split_names, evidence.evaluation)


def mapping(evidence: Evidence, most: int, settings: MapSettings) -> str:
    """The lines that put at most ``most`` of these faces (0: all) on a map."""
    return code.mapping(measuring(evidence), most, settings)
