"""The trust card of a heatmap: can it be believed, in one line of words and a colour."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from fer_models.explain.trust import TrustCard
from workbench.components import table

_LEVELS: dict[str, tuple[str, str, Literal["green", "orange", "red"]]] = {
    "good": ("Can be believed", ":material/verified:", "green"),
    "doubtful": ("Doubtful", ":material/help:", "orange"),
    "bad": ("Not to be believed", ":material/block:", "red"),
}


def show(card: TrustCard) -> None:
    """Draw the verdict, and folded what it rests on."""
    words, icon, colour = _LEVELS[card.level]
    st.badge(words, icon=icon, color=colour)
    st.caption(card.sentence)
    with st.expander("What was measured"):
        rows = [(name, "none" if value != value else f"{value:+.3f}") for name, value in card.figures.items()]
        table.show(("Figure", "Value"), rows, right=(1,), label="Figures of the trust card")
        st.caption(
            "Evidence: probability of the class minus its mean on empty pictures. Gap: area under insertion minus area "
            "under deletion, higher is better, beside maps that know nothing of the network. Likeness: rank "
            "correlation with the map of the same network with shuffled weights, lower is better."
        )
