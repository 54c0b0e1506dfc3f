"""The view as an HTML report; it contains the face only if the user ticks the box."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from fer_models.checkpoint import Checkpoint
from fer_models.explain.report.document import Section
from workbench.features.explain.model import report
from workbench.widgets import downloads


def show(
    title: str,
    checkpoints: Sequence[Checkpoint],
    choices: dict[str, object],
    sections: Callable[[], list[Section]],
    *,
    key: str,
) -> None:
    """Draw the popover with the download.

    Args:
        choices: settings, name to value, without the file name of the picture. sections: called on download.
    """
    with st.popover("Report, HTML", icon=":material/description:"):
        picture = st.checkbox("Put the face into it", key=f"{key} face", help="Off: maps on black.")
        downloads.button(
            "Save the report",
            lambda: report.page(title, checkpoints, choices, sections(), picture),
            "explanation.html",
            key=f"{key} report",
        )
