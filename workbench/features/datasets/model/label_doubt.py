"""How doubtful each label is: by the annotators' votes, or by what a network says of pictures it never trained on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fer_models.checkpoint import Checkpoint
from fer_models.data import FaceDataset
from fer_models.data.label_doubt import confident_learning, vote_disagreement
from fer_models.data.readers.base import split_role
from fer_models.errors import UserError
from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.predictions import cached_predictions, predictions_for
from workbench.app import inventory, jobs, machine
from workbench.app.datasets import identity
from workbench.app.jobs import Job

#: Doubt by the annotators, in the list of sources.
VOTES = "annotators"


@dataclass(frozen=True)
class Doubt:
    """Doubt in each of N labels.

    Args:
        values: float32 (N,), larger is more doubtful, NaN where nothing was asked.
        suggested: int64 (N,), the class that speaks against the label, or -1.
        found: how many labels are likely wrong; ``None`` for votes, which draw no line.
    """

    values: np.ndarray
    suggested: np.ndarray
    found: int | None = None


def sources(dataset: FaceDataset) -> dict[str, str]:
    """Where doubt can come from for this set: keys and titles; empty where there is nothing."""
    found = {VOTES: "the annotators' votes"} if dataset.soft_labels is not None else {}
    if fair_splits(dataset):
        for name, network in inventory.usable(inventory.trained_networks()).items():
            if network.checkpoint is not None and set(dataset.classes) & set(network.checkpoint.classes):
                found[name] = network.title
    return found


def fair_splits(dataset: FaceDataset) -> list[str]:
    """The set's own splits that no network trains on, with labels."""
    counts = dataset.counts().sum(axis=1)
    return [n for i, n in enumerate(dataset.split_names) if i and counts[i] and split_role(n) in (1, 2)]


def by_votes(dataset: FaceDataset) -> Doubt:
    """Disagreement of the annotators, in [0, 1].

    Raises:
        UserError: If the set has no votes.
    """
    votes = dataset.columns.get("votes", dataset.soft_labels)
    if votes is None:
        raise UserError(f"{dataset.name} does not tell how its annotators voted.")
    return Doubt(vote_disagreement(votes), np.full(len(dataset), -1, np.int64))


def find(dataset: FaceDataset, checkpoint: Checkpoint) -> Job | None:
    """The job of :func:`start`, if it was begun since the app started."""
    return jobs.find(_key(dataset, checkpoint))


def start(dataset: FaceDataset, checkpoint: Checkpoint) -> Job:
    """Ask the network about every fair split in the background; predictions that are cached are not made again.

    The job's result is a :class:`Doubt`: 1 minus the probability of the label where confident learning doubts it, and
    minus that probability where it does not, so that likely errors come first.
    """

    def work(tell: jobs.Progress) -> Doubt:
        machine.limit_threads()
        doubt = Doubt(np.full(len(dataset), np.nan, np.float32), np.full(len(dataset), -1, np.int64), 0)
        names = fair_splits(dataset)
        issues = 0
        for number, name in enumerate(names):
            made = _predictions(dataset, checkpoint, name, number, len(names), tell)
            found = confident_learning(made.probabilities, made.targets)
            values = -found.self_confidence
            values[found.issues] = 1 - found.self_confidence[found.issues]
            doubt.values[made.positions] = values
            place = np.asarray([dataset.classes.index(c) for c in made.classes], np.int64)
            doubt.suggested[made.positions[found.issues]] = place[found.suggested[found.issues]]
            issues += len(found.issues)
        return Doubt(doubt.values, doubt.suggested, issues)

    return jobs.start(_key(dataset, checkpoint), work)


def _predictions(
    dataset: FaceDataset, checkpoint: Checkpoint, split: str, number: int, of: int, tell: jobs.Progress
) -> Evaluation:
    index = dataset.split_index(split)
    index = index[dataset.labels[index] >= 0]
    selection = checkpoint.selection
    known = cached_predictions(checkpoint, dataset, index, split_name=split, selection=selection)
    if known is not None:
        return known

    def step(fraction: float, message: str) -> None:
        tell((number + fraction) / of, f"asking the network about {split}: {message}")

    return predictions_for(checkpoint, dataset, index, split_name=split, selection=selection, progress=step)


def _key(dataset: FaceDataset, checkpoint: Checkpoint) -> tuple[str, str, str]:
    return ("doubt", identity(dataset), checkpoint.identity)
