"""A button that downloads Darwin's plates, which then are samples."""

from __future__ import annotations

import streamlit as st

from fer_models import darwin
from workbench.widgets.errors import guard

_TERMS = (
    f"Downloads {len(darwin.PLATES)} plates of photographs ({darwin.TOTAL_BYTES / 1e6:.1f} MB) from "
    f"{darwin.SOURCE.split('/')[2]}: The Expression of the Emotions in Man and Animals, 1872, in the public domain. "
    "Size and SHA-256 of each file are checked. No image leaves this computer."
)


def show(*, key: str) -> None:
    """Offer the download; nothing where all plates are on this computer."""
    if len(darwin.available_plates()) == len(darwin.PLATES):
        return
    if not st.button(
        "Get Darwin's plates", key=f"{key} plates", icon=":material/download:", type="tertiary", help=_TERMS
    ):
        return
    bar = st.progress(0.0, "Downloading Darwin's plates.")

    def progress(done: float, step: str) -> None:
        bar.progress(done, f"Downloading {step}.")

    with guard("the download"):
        darwin.get_plates(progress=progress)
        st.rerun()
    bar.empty()
