"""The figures of maps of the same faces by every trained network, in a table."""

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

COLUMNS = ("Network", "Accuracy", "kNN accuracy", "Silhouette", "Davies-Bouldin", "Calinski-Harabasz", "Inside",
           "Between", "Between/inside", "Trustworthiness", "Continuity", "Overlap")  # fmt: skip


@dataclass(frozen=True)
class Line:
    """Figures of one network's map, or the sentence that says why there is none."""

    name: str
    accuracy: float | None = None
    map: FaceMap | None = None
    problem: str = ""

    def values(self) -> tuple[float | None, ...]:
        """In the order of :data:`COLUMNS`, without the name."""
        if self.map is None:
            return (None,) * (len(COLUMNS) - 1)
        own, kept = self.map.separation, self.map.faithfulness
        return (self.accuracy, own.knn_accuracy, own.silhouette, own.davies_bouldin, own.calinski_harabasz, own.intra,
                own.inter, own.ratio, kept.trustworthiness, kept.continuity, kept.overlap)  # fmt: skip


@dataclass(frozen=True)
class Question:
    """Which faces, of which data set, under which settings.

    Args:
        whole: predictions of the split by any network. positions: of the faces on the map.
    """

    dataset: FaceDataset
    whole: Evaluation
    positions: np.ndarray
    settings: MapSettings


def read(networks: Sequence[Checkpoint], asked: Question) -> list[Line] | None:
    """The table if all of its maps were made before, else ``None``."""
    lines = [_line(checkpoint, asked, None) for checkpoint in networks]
    return None if any(line is None for line in lines) else [line for line in lines if line is not None]


def name(networks: Sequence[Checkpoint], asked: Question) -> tuple[object, ...]:
    """Tells the job of this table from all others."""
    chosen = tuple(asked.settings.relevant().items())
    return (
        "maps",
        identity(asked.dataset),
        asked.whole.split,
        asked.positions.tobytes(),
        chosen,
        *(n.identity for n in networks),
    )


def start(networks: Sequence[Checkpoint], asked: Question) -> Job:
    """Ask every network and make its map in the background; the result is a list of :class:`Line`."""

    def work(progress: Progress) -> list[Line]:
        lines = []
        for i, checkpoint in enumerate(networks):

            def step(part: float, what: str, i: int = i, called: str = checkpoint.name) -> None:
                progress((i + part) / len(networks), f"{called}, {i + 1} of {len(networks)}: {what}")

            line = _line(checkpoint, asked, step)
            assert line is not None, "with progress, what is missing is made"
            lines.append(line)
        return lines

    return jobs.start(name(networks, asked), f"Maps of {len(networks)} networks", work, lane="long")


def _line(checkpoint: Checkpoint, asked: Question, progress: Progress | None) -> Line | None:
    whole, dataset = asked.whole, asked.dataset
    protocol = Protocol(Part(whole.split, whole.positions), checkpoint.selection, whole.averaging)
    try:
        if progress is None:
            found = cached_predictions(checkpoint, dataset, protocol)
        else:
            found = predictions_for(checkpoint, dataset, protocol, progress=within(progress, 0.0, 0.5))
        if found is None:
            return None
        faces = found.take(maps.places_of(found, asked.positions.tolist()))
        made = cached_map(checkpoint, faces, asked.settings)
        if made is None and progress is not None:
            made = make_map(checkpoint, dataset, faces, asked.settings, within(progress, 0.5, 1.0))
    except UserError as error:
        return Line(checkpoint.name, problem=str(error))
    return None if made is None else Line(checkpoint.name, float(np.mean(faces.predictions == faces.targets)), made)


def find(called: tuple[object, ...]) -> Job | None:
    """The job of that :func:`name`, if one was begun."""
    return jobs.find(called)
