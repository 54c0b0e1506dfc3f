"""What is on the screen as a file to keep or to send: the picture is in it only where a person says so."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from fer_models.checkpoint import Checkpoint
from fer_models.explain.report.document import Section
from workbench.features.explain.model import report


def show(
    title: str,
    checkpoints: Sequence[Checkpoint],
    asked: dict[str, object],
    sections: Callable[[], list[Section]],
    *,
    key: str,
) -> None:
    """Draw the folded offer.

    Args:
        asked: what was chosen, name to value, without the picture's file name. sections: made when it is downloaded.
    """
    with st.popover("Report, HTML", icon=":material/description:"):
        picture = st.checkbox("Put the face into it", key=f"{key} picture", help="Off: maps stand alone, on black.")
        st.download_button(
            "Save the report",
            lambda: report.page(title, checkpoints, asked, sections(), picture),
            "explanation.html",
            "text/html",
            key=f"{key} report",
            on_click="ignore",
            icon=":material/download:",
        )
