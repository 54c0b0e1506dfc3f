"""What a network says of the pictures of a split: read from the cached table, or computed once in the background."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fer_models.checkpoint import Checkpoint
from fer_models.classifier import Classifier
from fer_models.data import FaceDataset
from fer_models.evaluation.class_match import LabelMap
from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.predictions import cached_predictions, predictions_folder, predictions_for, table_folder
from workbench.app import jobs, machine
from workbench.app.datasets import identity
from workbench.app.jobs import Job

#: Splits with more pictures are predicted only when someone asks for it by a button.
AT_ONCE = 10_000
_MOST_FOLDERS = 256
_folders: dict[tuple[Any, ...], Path] = {}


@dataclass(frozen=True, eq=False)
class Part:
    """Some pictures of a data set under a name, for instance the held-out part of a fold.

    Args:
        index: int64, positions of pictures with a known class.
        label_map: which of their classes count as another one, against their names.
    """

    name: str
    index: np.ndarray
    label_map: LabelMap = ()

    @property
    def key(self) -> str:
        """Tells it from every other part of the same data set."""
        places = hashlib.sha256(np.ascontiguousarray(self.index, "<i8").tobytes()).hexdigest()
        return f"{self.name} {places} {self.label_map or ''}"


def part(dataset: FaceDataset, split: str | Part) -> Part:
    """The pictures of a split whose class is known, or the part itself.

    Raises:
        UserError: If there is no such split.
    """
    if isinstance(split, Part):
        return split
    index = dataset.split_index(split)
    return Part(split, index[np.asarray(dataset.labels)[index] >= 0])


def read(checkpoint: Checkpoint, dataset: FaceDataset, split: str | Part, averaging: str = "none") -> Evaluation | None:
    """The predictions that were computed earlier, or ``None``.

    Raises:
        UserError: If there is no such split.
    """
    asked = part(dataset, split)
    if not len(asked.index):
        return None
    # Naming a table reads all its pictures: a page that asks again and again for one that is not there must not wait.
    labels = np.asarray(dataset.labels)[asked.index].tobytes()
    key = (*_key(checkpoint, dataset, asked, averaging), str(predictions_folder()), hash(labels))
    if key not in _folders:
        if len(_folders) >= _MOST_FOLDERS:
            _folders.clear()
        _folders[key] = table_folder(checkpoint, dataset, asked.index, asked.name, averaging, asked.label_map)
    if not _folders[key].is_dir():
        return None
    return cached_predictions(
        checkpoint,
        dataset,
        asked.index,
        split_name=asked.name,
        selection=checkpoint.selection,
        averaging=averaging,
        label_map=asked.label_map,
    )


def find(checkpoint: Checkpoint, dataset: FaceDataset, split: str | Part, averaging: str = "none") -> Job | None:
    """The job that computes these predictions, if one was begun."""
    return jobs.find(_key(checkpoint, dataset, split, averaging))


def forget(checkpoint: Checkpoint, dataset: FaceDataset, split: str | Part, averaging: str = "none") -> None:
    """Drop a finished or failed job, so that the next one begins anew."""
    jobs.forget(_key(checkpoint, dataset, split, averaging))


def start(classifier: Classifier, dataset: FaceDataset, split: str | Part, averaging: str = "none") -> Job:
    """Predict a split in the background and cache the table; the job's result is the :class:`Evaluation`.

    Raises:
        UserError: If there is no such split.
    """
    asked = part(dataset, split)

    def work(tell: jobs.Progress) -> Evaluation:
        machine.limit_threads()

        def step(done: int, total: int) -> None:
            tell(done / total, f"{done:,} of {total:,} pictures")

        return predictions_for(
            classifier,
            dataset,
            asked.index,
            split_name=asked.name,
            selection=classifier.checkpoint.selection,
            averaging=averaging,
            label_map=asked.label_map,
            progress=step,
        )

    return jobs.start(_key(classifier.checkpoint, dataset, split, averaging), work)


def _key(checkpoint: Checkpoint, dataset: FaceDataset, split: str | Part, averaging: str) -> tuple[Any, ...]:
    return ("predictions", checkpoint.identity, identity(dataset), part(dataset, split).key, averaging)
