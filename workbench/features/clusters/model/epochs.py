"""The map of a run's validation faces over the epochs: runs with kept epochs, and their maps in the background."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from fer_models.checkpoint import read_checkpoint
from fer_models.data import FaceDataset
from fer_models.embedding import METHODS, MapSettings
from fer_models.embedding.epochs import EpochMap, Training, epoch_maps
from fer_models.errors import UserError
from fer_models.progress import Progress
from fer_models.training.runs.epochs import list_epochs, read_epoch
from fer_models.training.runs.run import Run, list_runs
from workbench.app import jobs
from workbench.app.jobs import Job

#: Faces on a map; thirty maps with more faces would take long.
FACES = 800
CURVES: dict[str, str] = {
    "knn": "kNN accuracy",
    "accuracy": "accuracy of the network",
    "silhouette": "silhouette",
    "ratio": "distance between over inside classes",
}


@dataclass(frozen=True)
class Grown:
    """A run with at least two kept epochs; ``classes`` are its class names by number."""

    run: Run
    data: str
    epochs: tuple[int, ...]
    classes: tuple[str, ...]


def runs() -> dict[str, Grown]:
    """Runs with kept epochs by id, the newest first."""
    grown = {}
    for run in list_runs():
        epochs = tuple(list_epochs(run))
        if len(epochs) < 2 or run.checkpoint is None:
            continue
        try:
            grown[run.id] = Grown(run, run.recipe.data, epochs, read_checkpoint(run.checkpoint).classes)
        except UserError:
            continue  # The Train page lists damaged runs.
    return grown


def name(grown: Grown, epochs: tuple[int, ...], settings: MapSettings) -> tuple[Any, ...]:
    """Tells the job of these maps from all others."""
    return ("epochs", str(grown.run.folder), epochs, tuple(settings.relevant().items()))


def start(grown: Grown, epochs: tuple[int, ...], settings: MapSettings) -> Job:
    """Make the maps in the background, or find the job that does; its result is a :class:`Training`."""

    def work(progress: Progress) -> Training:
        outputs = {epoch: read_epoch(grown.run, epoch) for epoch in epochs}
        return epoch_maps(outputs, grown.classes, settings, FACES, progress)

    title = f"{METHODS[settings.method]} of {len(epochs)} epochs of {grown.run.id}"
    return jobs.start(name(grown, epochs, settings), title, work, lane="long")


def find(grown: Grown, epochs: tuple[int, ...], settings: MapSettings) -> Job | None:
    """The job of :func:`start`, if it was begun."""
    return jobs.find(name(grown, epochs, settings))


def curves(training: Training) -> dict[str, list[float | None]]:
    """The figures of :data:`CURVES` by epoch."""

    def of(epoch: EpochMap) -> tuple[float | None, ...]:
        separation = epoch.separation
        return separation.knn_accuracy, epoch.accuracy, separation.silhouette, separation.ratio

    return dict(zip(CURVES, map(list, zip(*map(of, training.maps), strict=True)), strict=True))


def positions(training: Training, dataset: FaceDataset | None) -> np.ndarray:
    """int64 (N,): positions of the faces in the data set, by row number; -1 if the data set is not available."""
    if dataset is None:
        return np.full(len(training.ids), -1, np.int64)
    position_of = {int(row): position for position, row in enumerate(dataset.rows)}
    return np.array([position_of.get(int(row), -1) for row in training.ids], np.int64)


def moved(training: Training, number: int, count: int) -> np.ndarray:
    """int64: indices of the faces that moved farthest on the map since the previous epoch, farthest first."""
    now, before = (training.maps[i].coordinates for i in (number, number - 1))
    return np.argsort(-np.linalg.norm(now - before, axis=1), kind="stable")[:count]
