"""Sources of label doubt, and the job that computes it with a network."""

from __future__ import annotations

from fer_models.checkpoint import Checkpoint
from fer_models.data import FaceDataset
from fer_models.evaluation.doubtful_labels import Doubt, doubt_by_network, fair_splits
from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.part import Part
from fer_models.evaluation.predictions import cached_predictions, predictions_for
from fer_models.evaluation.protocol import Protocol
from fer_models.progress import Progress, within
from workbench.app import fit, inventory, jobs
from workbench.app.datasets import identity
from workbench.app.jobs import Job

#: Doubt by the annotators, in the list of sources.
VOTES = "annotators"


def sources(dataset: FaceDataset) -> dict[str, str]:
    """Sources of doubt for this set: keys and titles; empty if there is none."""
    titles = {VOTES: "the annotators' votes"} if dataset.soft_labels is not None else {}
    if fair_splits(dataset):
        for network in fit.ordered(inventory.usable(inventory.trained_networks()), dataset.name):
            if network.checkpoint is not None and set(dataset.classes) & set(network.checkpoint.classes):
                titles[network.name] = network.listed
    return titles


def count(dataset: FaceDataset) -> int:
    """Number of labelled pictures that a network predicts."""
    counts = dataset.counts().sum(axis=1)
    return sum(int(counts[dataset.split_names.index(name)]) for name in fair_splits(dataset))


def find(dataset: FaceDataset, checkpoint: Checkpoint) -> Job | None:
    """The job of :func:`start`, if it was started since the app started."""
    return jobs.find(_key(dataset, checkpoint))


def start(dataset: FaceDataset, checkpoint: Checkpoint) -> Job:
    """Predict every fair split in the background, from the cache where possible.

    The job's result is a :class:`~fer_models.evaluation.doubtful_labels.Doubt`.
    """

    def work(progress: Progress) -> Doubt:
        names = fair_splits(dataset)
        evaluations = [
            _predictions(dataset, checkpoint, name, within(progress, i / len(names), (i + 1) / len(names)))
            for i, name in enumerate(names)
        ]
        return doubt_by_network(dataset, evaluations)

    return jobs.start(
        _key(dataset, checkpoint), f"Label doubt in {dataset.name} by {checkpoint.name}", work, lane="long"
    )


def _predictions(dataset: FaceDataset, checkpoint: Checkpoint, split: str, progress: Progress) -> Evaluation:
    protocol = Protocol(Part.of_split(dataset, split), checkpoint.selection)
    cached = cached_predictions(checkpoint, dataset, protocol)
    if cached is not None:
        return cached

    def step(fraction: float, message: str) -> None:
        progress(fraction, f"predicting {split}: {message}")

    return predictions_for(checkpoint, dataset, protocol, progress=step)


def _key(dataset: FaceDataset, checkpoint: Checkpoint) -> tuple[str, str, str]:
    return ("doubt", identity(dataset), checkpoint.identity)
