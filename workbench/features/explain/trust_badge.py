"""The trust card of a heatmap: its verdict, and the numbers behind it."""

from __future__ import annotations

import streamlit as st

from fer_models.explain import EXPLAINERS
from fer_models.explain.trust.card import TrustCard
from workbench import shared
from workbench.features.explain.model import trust, trust_tables
from workbench.features.explain.subject import Subject
from workbench.heatmap import verdict
from workbench.heatmap.model import look as look_model
from workbench.heatmap.model.look import Question
from workbench.widgets import table


def judge(subject: Subject, question: Question) -> TrustCard:
    """Draw the card of a heatmap, a quick one first where the full one takes long; return the last one.

    Args:
        subject: The face and its network.
        question: The heatmap.
    """
    classes = subject.checkpoint.classes
    card = verdict.judge(subject.checkpoint, subject.pixels, question, lambda shown: _draw(shown, classes))
    _offer(card, subject, question)
    return card


def _offer(card: TrustCard, subject: Subject, question: Question) -> None:
    """Draw a button that tries the usual method or the next earlier layer, where this map cannot be believed."""
    layers = list(look_model.layers(subject.classifier))
    if not layers:
        return
    layer = question.layer or look_model.usual_layer(subject.classifier)
    step = trust.next_step(card, question.method, layer or layers[0], layers)
    if step is None:
        return
    kind, name = step
    choice = shared.METHOD if kind == "method" else shared.LAYER
    title = EXPLAINERS[name].title if kind == "method" else f"the earlier layer {name}"
    st.button(f"Try {title}", key="explain.next step", on_click=choice.set, args=(name,), icon=":material/redo:")


def show(card: TrustCard, classes: tuple[str, ...], slot: st.delta_generator.DeltaGenerator) -> None:
    """Draw the verdict, and in an expander the numbers behind it.

    Args:
        card: The verdict.
        classes: Of the network.
        slot: An ``st.empty``, whose content it replaces.
    """
    with slot.container():
        _draw(card, classes)


def _draw(card: TrustCard, classes: tuple[str, ...]) -> None:
    verdict.show(card)
    with st.expander("What was measured"):
        rows = trust_tables.card_rows(card, classes)
        table.show(trust_tables.CARD_COLUMNS, rows, right=(1,), label="Figures of the trust card")
        st.caption(
            "Insertion puts pixels back in the map's order, deletion takes them away; the areas under both curves "
            "of the probability differ where the map shows what counts. Each random map has a reverse with the "
            "opposite difference. p: share of them that do as well, this map included. The thresholds are this "
            "project's own."
        )
