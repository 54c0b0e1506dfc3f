"""The scorecard of a network on a split: what stands on it at once, and what is asked for in the background."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fer_models.checkpoint import Checkpoint
from fer_models.complexity import count
from fer_models.data import FaceDataset
from fer_models.data.duplicates import Duplicates
from fer_models.data.nearest import nearest_hits, references
from fer_models.errors import UserError
from fer_models.evaluation.annotators import VoteAgreement, vote_agreement, votes_by_row
from fer_models.evaluation.card.document import card_markdown
from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.metrics import METRICS
from fer_models.evaluation.scorecard import Baseline, Comparisons, Cost, Scorecard
from fer_models.evaluation.sentence import interval_text
from fer_models.evaluation.training_overlap import overlap_scorecard, training_split
from fer_models.progress import Progress
from workbench.app import jobs
from workbench.app.jobs import Job
from workbench.app.wording import percent


def make(
    plain: Evaluation,
    averaged: Sequence[Evaluation],
    name: str,
    checkpoint: Checkpoint,
    dataset: FaceDataset,
    copies: Duplicates | None,
    voted: FaceDataset | None,
    nearest: Baseline | None,
) -> Scorecard:
    """The card of these predictions.

    Args:
        averaged: the same pictures with test-time averaging, as far as they were predicted.
        name: under which the data set was opened. copies: identical pictures of the set, where it was looked for them.
        voted: the set with annotators' votes for the same rows. nearest: the nearest neighbour on pixels.
    """
    cost = count(checkpoint.build(), (checkpoint.in_channels, checkpoint.preprocess.size, checkpoint.preprocess.size))
    return overlap_scorecard(
        plain,
        name,
        checkpoint,
        dataset,
        copies,
        averaged=[each for each in averaged if each.fingerprint == plain.fingerprint],
        comparisons=Comparisons(() if nearest is None else (nearest,), _votes(plain, voted)),
        cost=Cost(cost.parameters, cost.macs),
    )


def rows(card: Scorecard) -> list[tuple[str, str, str]]:
    """Lines of the card as a page shows them: what, the figure, and on how many pictures."""
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
    """Where the figures come from."""
    measured, origin = card.evaluation, card.checkpoint.provenance
    found = [
        (
            "Network",
            f"{card.checkpoint.network}, {card.cost.parameters:,} parameters, {(card.cost.macs or 0) / 1e6:,.1f} MMACs",
        ),
        ("Trained on", f"{origin.get('data', 'not known')}, {origin.get('split', 'split not known')}"),
        ("Selection rule", str(origin.get("selection") or measured.selection or "not known")),
        ("Seed", "not known" if card.seed is None else str(card.seed)),
        ("Measured on", f"{measured.data}, {measured.split}, {measured.n:,} pictures"),
        ("SHA-256 of these pictures", measured.fingerprint[:16] + "…"),
        ("SHA-256 of the weights", card.checkpoint.sha256[:16] + "…"),
    ]
    return found


def markdown(card: Scorecard) -> str:
    """The card as ``card.md``."""
    return card_markdown(card)


def find_nearest(evaluation: Evaluation) -> Job | None:
    """The job of :func:`start_nearest`, if it was begun."""
    return jobs.find(("nearest neighbour", evaluation.identity))


def start_nearest(evaluation: Evaluation, name: str, checkpoint: Checkpoint, dataset: FaceDataset) -> Job:
    """Ask a nearest neighbour on pixels in the background; the job's result is a :class:`Baseline`.

    It looks at the network's own training pictures where these are known, else at the set's other splits.
    """

    def work(progress: Progress) -> Baseline:
        progress(0.1, f"comparing {evaluation.n:,} pictures with those of training")
        split = training_split(checkpoint, dataset, name)
        if split is not None:
            reference = references(split)
        else:
            reference = np.setdiff1d(np.arange(len(dataset)), dataset.split_index(evaluation.split))
        labelled = reference[np.asarray(dataset.labels)[reference] >= 0]
        labelled = np.setdiff1d(labelled, evaluation.positions)
        if not len(labelled):
            raise UserError("There is no other labelled picture to be the nearest neighbour.")
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
