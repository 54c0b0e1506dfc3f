"""The trust card of a heatmap, as a badge and a sentence."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from fer_models.explain.trust.card import TrustCard
from workbench.features.explain.model import trust
from workbench.widgets import table

_LEVELS: dict[str, tuple[str, str, Literal["green", "orange", "red"]]] = {
    "good": ("Can be believed", ":material/verified:", "green"),
    "doubtful": ("Doubtful", ":material/help:", "orange"),
    "bad": ("Not to be believed", ":material/block:", "red"),
}


def show(card: TrustCard, classes: tuple[str, ...]) -> None:
    """Draw the verdict, and in an expander the numbers behind it.

    Args:
        classes: of the network.
    """
    words, icon, colour = _LEVELS[card.level]
    st.badge(words, icon=icon, color=colour)
    st.caption(card.sentence)
    with st.expander("What was measured"):
        table.show(
            ("What was asked", "Found", "Good is"),
            trust.card_rows(card, classes),
            right=(1,),
            label="Figures of the trust card",
        )
        st.caption(
            "Insertion puts the pixels back in the map's order, deletion takes them away; the difference of the two "
            "areas under the probability is large where the map shows what counts. The class names are tried in other "
            "orders on drawn faces whose expression is known: a network that learned nothing fits some other order as "
            "well as the true one. The thresholds are this project's own."
        )
