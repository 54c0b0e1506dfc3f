"""The trust card of a heatmap, as a badge and a sentence."""

from __future__ import annotations

import streamlit as st

from fer_models.explain.trust.card import QUICK_MAPS, TrustCard
from fer_models.explain.trust.standing import RANDOM_MAPS
from workbench.app.wording import duration
from workbench.features.explain.model import trust_tables
from workbench.features.explain.subject import Subject
from workbench.heatmap import cached, verdict
from workbench.heatmap.model.look import Question
from workbench.widgets import table

#: Seconds that the page may take to test all random maps by itself.
_AT_ONCE = 4.0


def judge(subject: Subject, question: Question) -> TrustCard:
    """Draw a quick verdict, then the full one in its place where that takes a few seconds; return the last one.

    Args:
        subject: The face and its network.
        question: The heatmap.
    """
    slot = st.empty()
    arguments = (subject.checkpoint, subject.pixels, question)
    card = cached.trust(*arguments, QUICK_MAPS)
    show(card, subject.checkpoint.classes, slot)
    if card.provisional and _seconds(card) <= _AT_ONCE:
        card = cached.trust(*arguments, RANDOM_MAPS)
        show(card, subject.checkpoint.classes, slot)
    return card


def _seconds(card: TrustCard) -> float:
    """Estimated time of a card with all random maps."""
    return card.seconds * RANDOM_MAPS / card.maps


def show(card: TrustCard, classes: tuple[str, ...], slot: st.delta_generator.DeltaGenerator) -> None:
    """Draw the verdict, and in an expander the numbers behind it.

    Args:
        card: The verdict.
        classes: Of the network.
        slot: An ``st.empty``, whose content it replaces.
    """
    with slot.container():
        verdict.show(card)
        if card.provisional:
            more = "testing the rest" if _seconds(card) <= _AT_ONCE else f"the tab Trust tests all, {_time(card)}"
            st.caption(f"Provisional: {card.maps} of {RANDOM_MAPS} random maps were tested; {more}.")
        with st.expander("What was measured"):
            rows = trust_tables.card_rows(card, classes)
            table.show(trust_tables.CARD_COLUMNS, rows, right=(1,), label="Figures of the trust card")
            st.caption(
                "Insertion puts pixels back in the map's order, deletion takes them away; the areas under both curves "
                "of the probability differ where the map shows what counts. Each random map has a reverse with the "
                "opposite difference. p: share of them that do as well, this map included. The thresholds are this "
                "project's own."
            )


def _time(card: TrustCard) -> str:
    return f"about {duration(_seconds(card))}"
