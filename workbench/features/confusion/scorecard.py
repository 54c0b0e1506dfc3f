"""The scorecard of the network on the selected images: figures, comparisons, warnings, and the card as a file."""

from __future__ import annotations

import streamlit as st

from fer_models.averaging import AVERAGINGS
from fer_models.evaluation.annotators import votes_name
from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.part import Part
from fer_models.evaluation.scorecard import Baseline
from workbench import cache
from workbench.evidence import bar, cached, copies
from workbench.evidence.bar import Evidence
from workbench.features.confusion.model import scorecard
from workbench.features.confusion.model.scorecard import Sources
from workbench.widgets import downloads, table
from workbench.widgets import job as job_view


def show(evidence: Evidence) -> None:
    """Draw the card.

    Raises:
        UserError: If predictions or votes cannot be read.
    """
    plain, others = _predictions(evidence)
    if plain is None:
        return
    dataset = evidence.dataset
    votes = votes_name(dataset, evidence.name)
    voted = None if votes is None else cache.dataset(votes)
    found = copies.of(dataset)
    nearest = _nearest(evidence, plain)
    card = cache.of_predictions(
        scorecard.make,
        plain,
        others,
        Sources(evidence.checkpoint, "" if evidence.folds else evidence.name, dataset, found, voted, nearest),
        key=(evidence.checkpoint.identity, tuple(each.averaging for each in others), votes, nearest, found is not None),
    )
    left, right = st.columns([6, 5], gap="large")
    with left:
        table.show(
            ("Figure", "Value [95 % interval]", "n"),
            scorecard.rows(card),
            right=(1, 2),
            label="Figures of the scorecard",
        )
    with right:
        table.show(("", ""), scorecard.facts(card), label="Where the figures come from")
        for text in card.warnings:
            st.caption(f":orange[:material/warning:] {text}")
        downloads.button(
            "Card, Markdown",
            scorecard.markdown(card),
            "card.md",
            key="scorecard file",
        )


def _predictions(evidence: Evidence) -> tuple[Evaluation | None, list[Evaluation]]:
    """Plain predictions, and those with test-time averaging that were computed before."""
    shown = evidence.evaluation
    if evidence.folds:
        return shown, []
    part = Part(shown.split, shown.positions)
    by_averaging = {}
    for averaging in AVERAGINGS:
        current = shown if averaging == shown.averaging else None
        by_averaging[averaging] = current or cached.predictions(evidence.checkpoint, evidence.dataset, part, averaging)
    plain = by_averaging.pop("none") or bar.of(evidence.checkpoint, evidence.dataset, part)
    others = [each for each in by_averaging.values() if each is not None]
    return plain, others


def _nearest(evidence: Evidence, plain: Evaluation) -> Baseline | None:
    job = scorecard.find_nearest(plain)
    if job is None and st.button(
        "Add the nearest neighbour",
        key="ask nearest neighbour",
        icon=":material/near_me:",
        help="The accuracy of taking the label of the most similar training image, pixel by pixel.",
    ):
        job = scorecard.start_nearest(plain, evidence.name, evidence.checkpoint, evidence.dataset)
    if job is None or not job_view.finished(job, key="nearest neighbour"):
        return None
    baseline: Baseline = job.result
    return baseline
