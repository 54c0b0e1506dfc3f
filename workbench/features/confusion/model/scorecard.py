"""The scorecard of a network on a split, and the nearest-neighbour baseline, computed in the background."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fer_models.checkpoint import Checkpoint
from fer_models.complexity import count
from fer_models.data import FaceDataset
from fer_models.data.leaks.duplicates import Duplicates
from fer_models.data.leaks.nearest import nearest_hits, references
from fer_models.errors import UserError
from fer_models.evaluation.annotators import VoteAgreement, vote_agreement, votes_by_row
from fer_models.evaluation.card.document import card_markdown
from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.metrics import METRICS
from fer_models.evaluation.scorecard import Baseline, Comparisons, Cost, Scorecard
from fer_models.evaluation.sentence import interval_text
from fer_models.evaluation.training_overlap import overlap_scorecard, training_split
from fer_models.progress import Progress
from fer_models.training.presets import beside_paper
from workbench.app import jobs
from workbench.app.jobs import Job
from workbench.app.wording import data_title, percent, selection


@dataclass(frozen=True, eq=False)
class Sources:
    """What a scorecard uses besides the predictions.

    Args:
        checkpoint: The network.
        name: Name under which the data set was opened; empty for pooled folds.
        dataset: The data set.
        copies: Identical images of the data set, if they were searched.
        voted: The data set with annotators' votes for the same rows.
        nearest: Accuracy of the nearest neighbour on pixels.
    """

    checkpoint: Checkpoint
    name: str
    dataset: FaceDataset
    copies: Duplicates | None = None
    voted: FaceDataset | None = None
    nearest: Baseline | None = None


def make(plain: Evaluation, averaged: Sequence[Evaluation], sources: Sources) -> Scorecard:
    """The card of these predictions.

    Args:
        plain: Predictions without test-time averaging.
        averaged: Those for the same images with test-time averaging, as far as they were computed.
        sources: Network, data set and comparisons.
    """
    checkpoint, nearest = sources.checkpoint, sources.nearest
    cost = count(checkpoint.build(), (checkpoint.in_channels, checkpoint.preprocess.size, checkpoint.preprocess.size))
    return overlap_scorecard(
        plain,
        sources.name,
        checkpoint,
        sources.dataset,
        sources.copies,
        averaged=[each for each in averaged if each.fingerprint == plain.fingerprint],
        comparisons=Comparisons(() if nearest is None else (nearest,), _votes(plain, sources.voted)),
        cost=Cost(cost.parameters, cost.macs),
    )


def rows(card: Scorecard) -> list[tuple[str, str, str]]:
    """Rows of the card: title, figure, and number of images."""
    lines = [(f"{METRICS[f.metric].title}, {f.label}", f.text, f"{f.n:,}") for f in card.figures]
    if card.comparisons.votes is not None:
        votes = card.comparisons.votes
        lines.append(("Names the class that most annotators chose", interval_text(*votes.majority), f"{votes.n:,}"))
        most = f"Annotators who agree with it (at most {percent(votes.ceiling)})"
        lines.append((most, interval_text(*votes.share), f"{votes.n:,}"))
    lines += [(f"For comparison: {b.label}", percent(b.accuracy), f"{b.n:,}") for b in card.comparisons.baselines]
    if card.human is not None:
        low, high, source = card.human
        lines.append((f"For comparison: people ({source})", f"{percent(low)} to {percent(high)}", ""))
    return lines


def facts(card: Scorecard) -> list[tuple[str, str]]:
    """The sources of the figures."""
    measured, origin = card.evaluation, card.checkpoint.provenance
    return [
        (
            "Network",
            f"{card.checkpoint.network}, {card.cost.parameters:,} parameters, {(card.cost.macs or 0) / 1e6:,.1f} MMACs",
        ),
        ("Trained on", f"{data_title(origin.get('data', 'not known'))}, {origin.get('split', 'not known')}"),
        ("Selection rule", selection(str(origin.get("selection") or measured.selection or "not known"))),
        ("Seed", "not known" if card.seed is None else str(card.seed)),
        ("Measured on", f"{data_title(measured.data)}, {measured.split}, {measured.n:,} images"),
        ("SHA-256 of these images", measured.fingerprint[:16] + "…"),
        ("SHA-256 of the weights", card.checkpoint.sha256[:16] + "…"),
    ]


def markdown(card: Scorecard) -> str:
    """The card as ``card.md``."""
    return card_markdown(card, origins=beside_paper(card.checkpoint.provenance.get("recipe") or {}))


def find_nearest(evaluation: Evaluation) -> Job | None:
    """The job of :func:`start_nearest`, if it was begun."""
    return jobs.find(("nearest neighbour", evaluation.identity))


def start_nearest(evaluation: Evaluation, name: str, checkpoint: Checkpoint, dataset: FaceDataset) -> Job:
    """Classify by the nearest neighbour on pixels in the background; the job's result is a :class:`Baseline`.

    Neighbours are the training images of the network if they are recorded, otherwise the other splits.
    """

    def work(progress: Progress) -> Baseline:
        progress(0.1, f"comparing {evaluation.n:,} images with those of training")
        split = training_split(checkpoint, dataset, name)
        if split is not None:
            reference = references(split)
        else:
            reference = np.setdiff1d(np.arange(len(dataset)), dataset.split_index(evaluation.split))
        labelled = reference[np.asarray(dataset.labels)[reference] >= 0]
        labelled = np.setdiff1d(labelled, evaluation.positions)
        if not len(labelled):
            raise UserError("There is no other labelled image to be the nearest neighbour.")
        hits = nearest_hits(dataset, labelled, evaluation.positions, without=np.zeros(len(dataset), bool))[0]
        return Baseline("the nearest neighbour on pixels", float(hits.mean()), len(hits))

    return jobs.start(
        ("nearest neighbour", evaluation.identity), f"Nearest neighbours in {dataset.name}", work, lane="long"
    )


def _votes(plain: Evaluation, voted: FaceDataset | None) -> VoteAgreement | None:
    if voted is None:
        return None
    try:
        return vote_agreement(plain, votes_by_row(plain, voted), voted.classes)
    except UserError:
        return None
