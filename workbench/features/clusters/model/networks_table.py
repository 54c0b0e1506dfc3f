"""Figures of the maps of the same faces for every trained network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fer_models.checkpoint import Checkpoint
from fer_models.data import FaceDataset
from fer_models.embedding import FaceMap, MapSettings, cached_map, make_map
from fer_models.errors import UserError
from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.part import Part
from fer_models.evaluation.predictions import cached_predictions, predictions_for
from fer_models.evaluation.protocol import Protocol
from fer_models.progress import Progress, within
from workbench.app import jobs
from workbench.app.datasets import identity
from workbench.app.jobs import Job
from workbench.features.clusters.model import maps

COLUMNS = (
    "Network",
    "Accuracy",
    "kNN accuracy",
    "Silhouette",
    "Davies-Bouldin",
    "Calinski-Harabasz",
    "Inside",
    "Between",
    "Between/inside",
    "Trustworthiness",
    "Continuity",
    "Overlap",
)


@dataclass(frozen=True)
class Line:
    """Figures of one network's map, or why there is none."""

    name: str
    accuracy: float | None = None
    map: FaceMap | None = None
    problem: str = ""

    def values(self) -> tuple[float | None, ...]:
        """In the order of :data:`COLUMNS`, without the name."""
        if self.map is None:
            return (None,) * (len(COLUMNS) - 1)
        before, after = self.map.separation, self.map.faithfulness
        return (
            self.accuracy,
            before.knn_accuracy,
            before.silhouette,
            before.davies_bouldin,
            before.calinski_harabasz,
            before.intra,
            before.inter,
            before.ratio,
            after.trustworthiness,
            after.continuity,
            after.overlap,
        )


@dataclass(frozen=True)
class Question:
    """Which faces, of which data set, under which settings.

    Args:
        dataset: The data set.
        whole: Predictions of any network for the split.
        positions: Positions of the faces on the map.
        settings: Settings of the map.
    """

    dataset: FaceDataset
    whole: Evaluation
    positions: np.ndarray
    settings: MapSettings


def read(networks: Sequence[Checkpoint], question: Question) -> list[Line] | None:
    """The table if all of its maps were made before, else ``None``."""
    lines = [_line(checkpoint, question, None) for checkpoint in networks]
    return None if any(line is None for line in lines) else [line for line in lines if line is not None]


def name(networks: Sequence[Checkpoint], question: Question) -> tuple[object, ...]:
    """Key of the job of this table."""
    settings = tuple(question.settings.relevant().items())
    return (
        "maps",
        identity(question.dataset),
        question.whole.split,
        question.positions.tobytes(),
        settings,
        *(n.identity for n in networks),
    )


def start(networks: Sequence[Checkpoint], question: Question) -> Job:
    """Compute predictions and map of every network in the background; the result is a list of :class:`Line`."""

    def work(progress: Progress) -> list[Line]:
        lines = []
        for i, checkpoint in enumerate(networks):

            def step(part: float, what: str, i: int = i, called: str = checkpoint.name) -> None:
                progress((i + part) / len(networks), f"{called}, {i + 1} of {len(networks)}: {what}")

            line = _line(checkpoint, question, step)
            assert line is not None, "with progress, what is missing is made"
            lines.append(line)
        return lines

    return jobs.start(name(networks, question), f"Maps of {len(networks)} networks", work, lane="long")


def _line(checkpoint: Checkpoint, question: Question, progress: Progress | None) -> Line | None:
    whole, dataset = question.whole, question.dataset
    protocol = Protocol(Part(whole.split, whole.positions), checkpoint.selection, whole.averaging)
    try:
        if progress is None:
            predicted = cached_predictions(checkpoint, dataset, protocol)
        else:
            predicted = predictions_for(checkpoint, dataset, protocol, progress=within(progress, 0.0, 0.5))
        if predicted is None:
            return None
        faces = predicted.take(maps.indices_of(predicted, question.positions.tolist()))
        face_map = cached_map(checkpoint, faces, question.settings)
        if face_map is None and progress is not None:
            face_map = make_map(checkpoint, dataset, faces, question.settings, within(progress, 0.5, 1.0))
    except UserError as error:
        return Line(checkpoint.name, problem=str(error))
    return (
        None
        if face_map is None
        else Line(checkpoint.name, float(np.mean(faces.predictions == faces.targets)), face_map)
    )


def find(job_name: tuple[object, ...]) -> Job | None:
    """The job of that :func:`name`, if one was begun."""
    return jobs.find(job_name)
