"""A network's predictions for a part of a data set: read from the cached table or computed in the background."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from fer_models.checkpoint import Checkpoint
from fer_models.classifier import Classifier
from fer_models.data import FaceDataset
from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.part import Part
from fer_models.evaluation.predictions import cached_predictions, predictions_folder, predictions_for, table_folder
from fer_models.evaluation.protocol import Protocol
from fer_models.evaluation.shipped import shipped_evaluation
from fer_models.progress import Progress
from workbench.app import jobs
from workbench.app.datasets import identity
from workbench.app.jobs import Job

#: Larger splits are predicted only at the press of a button.
AT_ONCE = 10_000
#: Up to this many images take a few seconds.
_FEW = 500
_MOST_FOLDERS = 256
_folders: dict[tuple[Any, ...], Path] = {}


def read(checkpoint: Checkpoint, dataset: FaceDataset, part: Part, averaging: str = "none") -> Evaluation | None:
    """The predictions that were computed earlier or come with the network, or ``None``."""
    if not len(part.index):
        return None
    protocol = Protocol(part, checkpoint.selection, averaging)
    # The name of a table hashes all its images: it is kept, so that a page that polls for the table does not wait.
    labels = np.asarray(dataset.labels)[part.index].tobytes()
    key = (*_key(checkpoint, dataset, part, averaging), str(predictions_folder()), hash(labels))
    if key not in _folders:
        if len(_folders) >= _MOST_FOLDERS:
            _folders.clear()
        _folders[key] = table_folder(checkpoint, dataset, protocol)
    if _folders[key].is_dir():
        return cached_predictions(checkpoint, dataset, protocol)
    return shipped_evaluation(checkpoint, dataset, protocol)


def find(checkpoint: Checkpoint, dataset: FaceDataset, part: Part, averaging: str = "none") -> Job | None:
    """The job that computes these predictions, if one was begun."""
    return jobs.find(_key(checkpoint, dataset, part, averaging))


def start(classifier: Classifier, dataset: FaceDataset, part: Part, averaging: str = "none") -> Job:
    """Predict a part in the background and cache the table; the job's result is the :class:`Evaluation`."""

    def work(progress: Progress) -> Evaluation:
        protocol = Protocol(part, classifier.checkpoint.selection, averaging)
        return predictions_for(classifier, dataset, protocol, progress=progress)

    return jobs.start(
        _key(classifier.checkpoint, dataset, part, averaging),
        f"Predictions of {classifier.checkpoint.name} for {part.name}",
        work,
        lane="short" if len(part.index) <= _FEW else "long",
    )


def _key(checkpoint: Checkpoint, dataset: FaceDataset, part: Part, averaging: str) -> tuple[Any, ...]:
    return ("predictions", checkpoint.identity, identity(dataset), part.key, averaging)
