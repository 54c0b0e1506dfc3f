"""The trust card of a heatmap: its verdict, and the numbers behind it."""

from __future__ import annotations

import math

import streamlit as st

from fer_models.explain import EXPLAINERS
from fer_models.explain.trust.better import Tried, try_ways, ways
from fer_models.explain.trust.card import QUICK_MAPS, TrustCard
from workbench import shared
from workbench.app.wording import duration
from workbench.features.explain.model import trust, trust_tables
from workbench.features.explain.subject import Subject
from workbench.heatmap import verdict
from workbench.heatmap.model import look as look_model
from workbench.heatmap.model.look import Question
from workbench.widgets import job, table

#: Seconds of the first search; where it finds nothing, a second one takes as long as it needs.
_SECONDS = 4.0
_ASK = f"Is there a better map? Try other methods and layers, about {duration(_SECONDS)}"


def judge(subject: Subject, question: Question) -> TrustCard:
    """Draw the card of a heatmap, a quick one first where the full one takes long; return the last one."""
    card = verdict.judge(subject.checkpoint, subject.pixels, question)
    _offer(card, subject, question)
    return card


def _offer(card: TrustCard, subject: Subject, question: Question) -> None:
    """Draw a button that tries methods and layers where this map cannot be believed, and what was found."""
    if not trust.worth_trying(card):
        return
    layer = question.layer or look_model.usual_layer(subject.classifier)
    shown = (question.method, layer if EXPLAINERS[question.method].uses_layer else None)
    tried = _tried(subject, question, shown, _SECONDS, _ASK)
    if tried is None:
        return
    every = [way for way in ways(subject.classifier, subject.checkpoint.preprocess.size) if way != shown]
    if not _improves(tried[0], card) and len(tried) < len(every):
        ask = f"None of the first {len(tried)} is better. Try all {len(every)}"
        rest = _tried(subject, question, shown, math.inf, ask)
        if rest is None:
            return
        tried = rest
    best = tried[0]
    name = EXPLAINERS[best.method].title + (f" at {best.layer}" if best.layer else "")
    if _improves(best, card):
        st.markdown(f"**{name}** has a better verdict on this face: {trust.LEVELS[best.card.level]}.")
        _name_in_address(shown)
        with st.container(key="history step"):
            st.button(f"Show {name}", key="explain.better", on_click=_choose, args=(best,), icon=":material/redo:")
    else:
        st.caption(f"None of the {len(tried)} other ways that were tried has a better verdict on this face.")
    with st.expander(f"{len(tried)} other ways, the best first"):
        columns = ("Method", "Layer", "Quick verdict", "Random maps as good")
        table.show(columns, trust.tried_rows(tried), right=(3,), label="Other ways to explain this face")
        st.caption(
            f"Quick verdicts, each from {QUICK_MAPS} random maps and their reverses. The best of many looks better "
            "than it is: show it, and its own card tests it with all random maps."
        )


def _tried(
    subject: Subject, question: Question, shown: tuple[str, str | None], seconds: float, ask: str
) -> list[Tried] | None:
    """What was tried within so many seconds, the best first; ``None`` until the button was pressed and it is done."""
    classifier, pixels = subject.classifier, subject.pixels
    target = question.target if question.against is None else (question.target, question.against)
    result: list[Tried] | None = job.result(
        ("better", *subject.identity, target, question.of, shown, seconds),
        f"Other maps of {subject.checkpoint.name}",
        lambda progress: try_ways(
            classifier,
            classifier.prepare([pixels]),
            target,
            of=question.of,
            known=shown,
            seconds=seconds,
            progress=progress,
        ),
        lane="short",
        key=f"explain better {seconds:g}",
        ask=ask,
    )
    return result


def _improves(way: Tried, card: TrustCard) -> bool:
    return way.card.level not in (card.level, "bad")


def _name_in_address(shown: tuple[str, str | None]) -> None:
    """Write the map into the address even where it is the usual one, so that Back returns to it."""
    for choice, value in zip((shared.METHOD, shared.LAYER), shown, strict=True):
        if choice.get() is None and value is not None:
            choice.set(value)


def _choose(way: Tried) -> None:
    shared.METHOD.set(way.method, back=True)
    if way.layer is not None:
        shared.LAYER.set(way.layer, back=True)


def measured(card: TrustCard, classes: tuple[str, ...], *, key: str) -> None:
    """Draw the numbers behind a verdict, folded.

    Args:
        card: The verdict.
        classes: Of the network.
        key: Prefix of the widgets' keys.
    """
    fold = st.expander("What was measured", key=f"{key} measured", on_change="rerun")
    if not fold.open:
        return
    with fold:
        rows = trust_tables.card_rows(card, classes)
        table.show(trust_tables.CARD_COLUMNS, rows, right=(1,), label="Figures of the trust card")
        st.caption(
            "Insertion puts pixels back in the map's order, deletion takes them away; the areas under both curves "
            "of the probability differ where the map shows what counts. Each random map has a reverse with the "
            "opposite difference. p: share of them that do as well, this map included. The thresholds are this "
            "project's own."
        )
