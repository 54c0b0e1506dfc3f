"""The map of a run's validation faces over the epochs, of runs and of networks that came with theirs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fer_models.checkpoint import read_checkpoint
from fer_models.data import FaceDataset
from fer_models.embedding import METHODS, MapSettings
from fer_models.embedding.epochs import EpochMap, Training, epoch_maps
from fer_models.errors import UserError
from fer_models.evidence import recipe_of
from fer_models.folders import checkpoints_folder
from fer_models.progress import Progress
from fer_models.training.runs.epochs import list_epochs, read_epoch
from fer_models.training.runs.run import Run, list_runs
from fer_models.training.watch.history import read_watched
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
    """A run, or a network that came with its history, of at least two kept epochs.

    Args:
        folder: Of the run or the network.
        data: What it was trained on.
        epochs: Those that were kept.
        classes: Class names by number.
        note: Where the history comes from, where that is not the network's own run.
    """

    folder: Path
    data: str
    epochs: tuple[int, ...]
    classes: tuple[str, ...]
    note: str = ""

    @property
    def id(self) -> str:
        """Name of the run or of the network."""
        return self.folder.name


def grown_runs() -> dict[str, Grown]:
    """Runs with kept epochs by id, the newest first, then networks that came with theirs."""
    kept: list[tuple[Path, Run | None]] = [(run.folder, run) for run in list_runs() if run.checkpoint is not None]
    kept += [(folder, None) for folder in sorted(checkpoints_folder().glob("*/")) if folder.is_dir()]
    grown = {}
    for folder, run in kept:
        epochs = tuple(list_epochs(folder))
        if len(epochs) < 2:
            continue
        try:
            checkpoint = read_checkpoint(folder if run is None else run.checkpoint or folder)
            data = recipe_of(checkpoint).data if run is None else run.recipe.data
            watched = read_watched(folder)
        except UserError:
            continue  # The Train page and Home list what is damaged.
        grown[folder.name] = Grown(folder, data, epochs, checkpoint.classes, watched.note if watched else "")
    return grown


def name(grown: Grown, epochs: tuple[int, ...], settings: MapSettings) -> tuple[Any, ...]:
    """Tells the job of these maps from all others."""
    return ("epochs", str(grown.folder), epochs, tuple(settings.relevant().items()))


def start(grown: Grown, epochs: tuple[int, ...], settings: MapSettings) -> Job:
    """Make the maps in the background, or find the job that does; its result is a :class:`Training`."""

    def work(progress: Progress) -> Training:
        outputs = {epoch: read_epoch(grown.folder, epoch) for epoch in epochs}
        return epoch_maps(outputs, grown.classes, settings, FACES, progress)

    title = f"{METHODS[settings.method]} of {len(epochs)} epochs of {grown.id}"
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
