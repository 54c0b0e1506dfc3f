"""Trained networks and data sets; a damaged one is listed with its problem and does not hide the others."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fer_models.architectures import ARCHITECTURES
from fer_models.checkpoint import Checkpoint, read_checkpoint
from fer_models.data import READERS, known_datasets
from fer_models.data.builtin import NAME as BUILT_IN
from fer_models.errors import UserError
from fer_models.folders import checkpoints_folder
from fer_models.training.runs.run import list_runs
from workbench.app.wording import figure


@dataclass(frozen=True)
class TrainedNetwork:
    """A checkpoint folder, or why it cannot be used: ``checkpoint`` or ``problem`` is ``None``."""

    name: str
    checkpoint: Checkpoint | None
    problem: str | None = None

    @property
    def title(self) -> str:
        """Network and name, for a list."""
        if self.checkpoint is None:
            return self.name
        key = self.checkpoint.network
        network = ARCHITECTURES[key].title if key in ARCHITECTURES else key
        return f"{network} · {self.name}"

    @property
    def accuracy(self) -> dict[str, Any] | None:
        """Its accuracy with interval, n, split and selection; ``None`` if not measured."""
        return None if self.checkpoint is None else self.checkpoint.accuracy()

    @property
    def figure(self) -> str:
        """That accuracy in one line, with interval, n, split and selection rule."""
        return figure(self.accuracy)


@dataclass(frozen=True)
class DataSet:
    """A data set that can be opened by ``name``; ``location`` is its path."""

    name: str
    title: str
    location: str
    terms: str


def trained_networks() -> list[TrainedNetwork]:
    """All checkpoints: shipped ones first, then those of runs.

    In each group, networks measured on photographs come before those measured on drawn faces, then the most accurate
    first: pages open with the first, and a network trained on drawings only misreads people.
    """
    shipped = [_read(folder.name, folder) for folder in _folders(checkpoints_folder())]
    trained = [_read(run.id, run.checkpoint) for run in list_runs() if run.checkpoint is not None]
    return [*sorted(shipped, key=_rank), *sorted(trained, key=_rank)]


def usable(networks: list[TrainedNetwork]) -> dict[str, TrainedNetwork]:
    """Networks that can be loaded, by name."""
    return {network.name: network for network in networks if network.checkpoint is not None}


def data_sets() -> list[DataSet]:
    """The built-in faces and every other known data set."""
    sets = []
    for entry in known_datasets():
        key = entry.reader.split(":")[0]
        built_in = entry.name == BUILT_IN
        location = "drawn by this project" if built_in else entry.source
        terms = "Free to use" if built_in else READERS[key].info.terms if key in READERS else ""
        sets.append(DataSet(entry.name, entry.title, location, terms))
    return sets


def _folders(base: Path) -> list[Path]:
    try:
        return sorted(p for p in base.iterdir() if p.is_dir() and not p.name.startswith("."))
    except OSError:
        return []


def _read(name: str, folder: Path) -> TrainedNetwork:
    try:
        return TrainedNetwork(name, read_checkpoint(folder))
    except UserError as error:
        return TrainedNetwork(name, None, str(error))


def _rank(network: TrainedNetwork) -> tuple[bool, float]:
    """Sort key: photographs before drawn faces, then by accuracy, without accuracy last."""
    accuracy = network.accuracy
    if accuracy is None:
        return False, 1.0
    return str(accuracy.get("data", "")).startswith(BUILT_IN), -float(accuracy["value"])
