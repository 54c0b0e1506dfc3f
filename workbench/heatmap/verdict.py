"""The verdict of a trust card: a badge and a sentence."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from fer_models.explain.trust.card import TrustCard

_LEVELS: dict[str, tuple[str, str, Literal["green", "orange", "red"]]] = {
    "good": ("Can be believed", ":material/verified:", "green"),
    "doubtful": ("Doubtful", ":material/help:", "orange"),
    "bad": ("Not to be believed", ":material/block:", "red"),
}


def show(card: TrustCard) -> None:
    """Draw the badge and the sentence.

    Args:
        card: The verdict on a heatmap.
    """
    words, icon, colour = _LEVELS[card.level]
    st.badge(words, icon=icon, color=colour)
    st.caption(card.sentence)
