"""The verdict of a trust card: a badge and a sentence, first from few random maps, then from all of them."""

from __future__ import annotations

from typing import Literal

import numpy as np
import streamlit as st

from fer_models.checkpoint import Checkpoint
from fer_models.explain.trust.card import BASELINES, QUICK_MAPS, TrustCard
from fer_models.explain.trust.standing import RANDOM_MAPS
from workbench.app.wording import duration
from workbench.heatmap import cached
from workbench.heatmap.model.look import Question

_LEVELS: dict[str, tuple[str, str, Literal["green", "orange", "red"]]] = {
    "good": ("Can be believed", ":material/verified:", "green"),
    "doubtful": ("Doubtful", ":material/help:", "orange"),
    "bad": ("Not to be believed", ":material/block:", "red"),
}
#: Seconds that a page may take to test all random maps by itself.
_AT_ONCE = 4.0


def judge(checkpoint: Checkpoint, pixels: np.ndarray, question: Question) -> TrustCard:
    """Draw a quick verdict, then in its place what further tests say of it; return the last one.

    In a large network the other baseline follows where the map passes; all random maps where they take a few seconds.

    Args:
        checkpoint: The network.
        pixels: The face, uint8 (S, S, C).
        question: The heatmap.
    """
    slot = st.empty()
    card = cached.trust(checkpoint, pixels, question, QUICK_MAPS)
    with slot.container():
        show(card)
    if card.unfinished:
        card = cached.continued(checkpoint, pixels, question, card)
        with slot.container():
            show(card)
    if card.provisional and card.full_seconds <= _AT_ONCE:
        card = cached.trust(checkpoint, pixels, question, RANDOM_MAPS)
        with slot.container():
            show(card)
    return card


def show(card: TrustCard) -> None:
    """Draw the badge, the sentence, and for a quick verdict how much was tested.

    Args:
        card: The verdict on a heatmap.
    """
    words, icon, colour = _LEVELS[card.level]
    st.badge(words, icon=icon, color=colour)
    st.caption(card.sentence)
    if card.provisional:
        rest = f"“Run all tests” on Explain, tab Trust, takes about {duration(card.full_seconds)}"
        alone = f" with the {BASELINES[0]} baseline alone" if len(card.standings) < len(BASELINES) else ""
        more = "testing the rest" if card.unfinished or card.full_seconds <= _AT_ONCE else rest
        st.caption(f"Provisional: {card.maps} of {RANDOM_MAPS} random maps were tested{alone}; {more}.")
