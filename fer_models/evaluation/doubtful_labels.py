"""How doubtful each label of a data set is: by its annotators, or by a network on pictures it never trained on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fer_models.data.dataset import FaceDataset
from fer_models.data.label_doubt import confident_learning, vote_disagreement
from fer_models.data.readers.base import split_role
from fer_models.errors import UserError
from fer_models.evaluation.evaluate import Evaluation


@dataclass(frozen=True)
class Doubt:
    """Doubt in each of N labels.

    Args:
        values: float32 ``(N,)``, larger is more doubtful, NaN where the label was not examined.
        suggested: int64 ``(N,)``, the class that speaks against the label, or -1.
        issues: Number of labels that are likely wrong; ``None`` for votes, which draw no line.
    """

    values: np.ndarray
    suggested: np.ndarray
    issues: int | None = None


def fair_splits(dataset: FaceDataset) -> list[str]:
    """The set's own splits that no network trains on, with labels."""
    counts = dataset.counts().sum(axis=1)
    return [n for i, n in enumerate(dataset.split_names) if i and counts[i] and split_role(n) in (1, 2)]


def doubt_by_votes(dataset: FaceDataset) -> Doubt:
    """Disagreement of the annotators, in [0, 1].

    Raises:
        UserError: If the set has no votes.
    """
    votes = dataset.columns.get("votes", dataset.soft_labels)
    if votes is None:
        raise UserError(f"{dataset.name} does not tell how its annotators voted.")
    return Doubt(vote_disagreement(votes), np.full(len(dataset), -1, np.int64))


def doubt_by_network(dataset: FaceDataset, evaluations: list[Evaluation]) -> Doubt:
    """Confident learning on a network's predictions for :func:`fair_splits`.

    The value is 1 minus the probability of the label where confident learning doubts it, and minus that probability
    where it does not, so that likely errors come first.

    Args:
        evaluations: One a split, of the same network.
    """
    values = np.full(len(dataset), np.nan, np.float32)
    suggested = np.full(len(dataset), -1, np.int64)
    issues = 0
    for evaluation in evaluations:
        learned = confident_learning(evaluation.probabilities, evaluation.targets)
        doubt = -learned.self_confidence
        doubt[learned.issues] = 1 - learned.self_confidence[learned.issues]
        values[evaluation.positions] = doubt
        class_of = np.asarray([dataset.classes.index(name) for name in evaluation.classes], np.int64)
        suggested[evaluation.positions[learned.issues]] = class_of[learned.suggested[learned.issues]]
        issues += len(learned.issues)
    return Doubt(values, suggested, issues)
