"""Trained networks, grouped by their training data, and data sets; a damaged one is listed and hides no other."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fer_models.architectures import network_title
from fer_models.checkpoint import Checkpoint, read_checkpoint
from fer_models.checkpoint_files import CONFIG, METRICS
from fer_models.data import READERS
from fer_models.data.builtin import NAME as BUILT_IN
from fer_models.errors import UserError
from fer_models.folders import network_folders
from fer_models.training.runs.labels import label_of
from fer_models.training.runs.run import Run
from fer_models.weights import WEIGHTS, read_about
from workbench import once
from workbench.app import datasets, run_entries
from workbench.app.run_entries import Part
from workbench.app.wording import data_title, figure


class DamagedNetworkError(UserError):
    """A network that was listed as usable cannot be loaded; the lists name it as damaged from now on."""


#: Networks whose weights could not be loaded: their files at that time, and why.
_damaged: dict[Path, tuple[object, str]] = {}


@dataclass(frozen=True)
class TrainedNetwork:
    """A checkpoint folder, or why it cannot be used: ``checkpoint`` or ``problem`` is ``None``.

    Args:
        name: Name of the folder, or id of the run.
        checkpoint: Facts in the folder.
        problem: Why it cannot be used.
        run: The run that it belongs to, if it did not ship.
        label: The name that a person gave the run.
        part: Its place in a study, if other runs there differ in fold and seed only.
    """

    name: str
    checkpoint: Checkpoint | None
    problem: str | None = None
    run: Run | None = None
    label: str = ""
    part: Part | None = None

    @property
    def title(self) -> str:
        """Network and name, for a list."""
        if self.checkpoint is None:
            return self.name
        network = network_title(self.checkpoint.network, self.checkpoint.options)
        if self.part is not None and not self.label:
            return f"{self.part.title}, {self.part.label}"
        return f"{network} · {self.label or self.name}"

    @property
    def listed(self) -> str:
        """Training data, network and name, for a list of networks of several data sets."""
        return f"{data_title(self.trained_on)} · {self.title}" if self.trained_on else self.title

    @property
    def trained_on(self) -> str:
        """Key of its training data, see :func:`data_key`; ``""`` if it is not recorded.

        A network that records nothing but where it was measured counts as trained there.
        """
        if self.checkpoint is None:
            return ""
        provenance, recipe = self.checkpoint.provenance, self.checkpoint.provenance.get("recipe")
        data = str(provenance.get("data") or (self.accuracy or {}).get("data", ""))
        if data in READERS and READERS[data].general and isinstance(recipe, dict):
            return data_key(str(recipe.get("data", data)))
        return data_key(data)

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
    """A data set that can be opened by ``name``; ``location`` is its path, ``problem`` why it could not be read."""

    name: str
    title: str
    location: str
    terms: str
    problem: str = ""

    @property
    def listed(self) -> str:
        """Title for a list."""
        return f"Unreadable: {self.title}" if self.problem else self.title


@dataclass(frozen=True)
class Group:
    """Networks trained on the same data, the best first; ``data`` is its key, ``""`` if it is not recorded."""

    data: str
    title: str
    networks: tuple[TrainedNetwork, ...]


@once.once
def trained_networks() -> list[TrainedNetwork]:
    """All checkpoints, shipped ones and those of runs, in the order of :func:`groups`; unusable ones last."""
    networks = [_read(folder.name, folder) for folder in network_folders()]
    known = run_entries.parts()
    for entry in run_entries.entries():
        networks += [_of_run(run, run.checkpoint, known.get(run.id)) for run in entry.runs if run.checkpoint]
    grouped = [network for group in groups(networks) for network in group.networks]
    return [*grouped, *(network for network in networks if network.checkpoint is None)]


def without_folds(networks: Iterable[TrainedNetwork], keep: Collection[str] = ()) -> list[TrainedNetwork]:
    """The networks, but of each study's folds and seeds only the first one and those called ``keep``."""
    seen: set[str] = set()
    rest = []
    for network in networks:
        if network.part is None or network.part.key not in seen or network.name in keep:
            rest.append(network)
        if network.part is not None:
            seen.add(network.part.key)
    return rest


def groups(networks: Iterable[TrainedNetwork], first: str = "") -> list[Group]:
    """Usable networks by the data that they were trained on; accuracies of two groups cannot be ranked.

    Photographs come before drawn faces, then the data with the most classes, then that with the most networks. In a
    group, networks of the official split come first, then the most accurate.

    Args:
        networks: Those to group.
        first: Key of the data whose group comes first.
    """
    by_data: dict[str, list[TrainedNetwork]] = {}
    for network in networks:
        if network.checkpoint is not None:
            by_data.setdefault(network.trained_on, []).append(network)

    def place(data: str) -> tuple[bool, bool, bool, int, int, str]:
        members = by_data[data]
        classes = max(len(n.checkpoint.classes) for n in members if n.checkpoint)
        return not first or data != first, not data, data == BUILT_IN, -classes, -len(members), data

    titles = {data: data_title(data) if data else "Training data not recorded" for data in by_data}
    return [Group(data, titles[data], tuple(sorted(by_data[data], key=_rank))) for data in sorted(by_data, key=place)]


def data_key(name: str) -> str:
    """What tells data sets apart that were opened under ``name``: the layout of a published set, else the name.

    Two copies of FER2013 in different folders have the same key; two folders of own images do not.
    """
    if name.split(":")[0] == BUILT_IN:
        return BUILT_IN
    if name in READERS:
        return name
    entries = datasets.known()
    source = str(Path(name).absolute())
    entry = next((e for e in entries if e.name == name), None) or next((e for e in entries if e.source == source), None)
    if entry is None:
        return Path(name).stem
    key = entry.reader.split(":")[0]
    return entry.name if key not in READERS or READERS[key].general else key


def usable(networks: list[TrainedNetwork]) -> dict[str, TrainedNetwork]:
    """Networks that can be loaded, by name."""
    return {network.name: network for network in networks if network.checkpoint is not None}


def data_sets() -> list[DataSet]:
    """The built-in faces and every other known data set."""
    sets = []
    for entry in datasets.known():
        key = entry.reader.split(":")[0]
        built_in = entry.name == BUILT_IN
        location = "comes with the app" if built_in else entry.source
        terms = "Free to use" if built_in else READERS[key].info.terms if key in READERS else ""
        sets.append(DataSet(entry.name, entry.title, location, terms, datasets.problem(entry)))
    return sets


def mark_damaged(checkpoint: Checkpoint, problem: str) -> bool:
    """Count a network as unusable until its files change; returns whether it counted as usable before.

    Args:
        checkpoint: What was loaded.
        problem: Why it could not be, one sentence.
    """
    mark = (_state(checkpoint.path), problem)
    if _damaged.get(checkpoint.path) == mark:
        return False
    _damaged[checkpoint.path] = mark
    return True


def _read(name: str, folder: Path) -> TrainedNetwork:
    try:
        state = _state(folder)
        damaged_state, problem = _damaged.get(folder.resolve(), (None, ""))
        if problem and damaged_state == state:
            return TrainedNetwork(name, None, problem)
        return TrainedNetwork(name, _checkpoint(folder, state, tuple(map(_state, _beside(folder, state)))))
    except UserError as error:
        return TrainedNetwork(name, None, str(error))


@functools.lru_cache(256)
def _checkpoint(folder: Path, _state: object, _beside: tuple[object, ...]) -> Checkpoint:
    """Read again only when a file of it, or of a checkpoint that holds part of its weights, was replaced."""
    return read_checkpoint(folder)


@functools.lru_cache(256)
def _beside(folder: Path, _state: object) -> tuple[Path, ...]:
    try:
        return tuple(folder.parent / name for name, _ in read_about(folder).beside.values())
    except UserError:  # reading the checkpoint says what is wrong
        return ()


def _state(folder: Path) -> tuple[tuple[int, int, int] | None, ...]:
    """What changes when a file of a checkpoint is replaced; ``None`` for one that is not there."""
    states: list[tuple[int, int, int] | None] = []
    for name in (CONFIG, METRICS, WEIGHTS):
        try:
            state = (folder / name).stat()
        except OSError:
            states.append(None)
        else:
            states.append((state.st_ino, state.st_mtime_ns, state.st_size))
    return tuple(states)


def _of_run(run: Run, folder: Path, part: Part | None) -> TrainedNetwork:
    read = _read(run.id, folder)
    return dataclasses.replace(read, run=run, label=label_of(run).title, part=part)


def of_official_split(network: TrainedNetwork) -> bool:
    """Whether it was trained and chosen on the official split of its data, as far as that is recorded."""
    recipe = {} if network.checkpoint is None else network.checkpoint.provenance.get("recipe")
    return not isinstance(recipe, dict) or recipe.get("protocol", "official") == "official"


def _rank(network: TrainedNetwork) -> tuple[bool, bool, float, str]:
    """Sort key in a group: measured, official split, then the lower bound of accuracy, which few images widen."""
    accuracy, official = network.accuracy, of_official_split(network)
    if accuracy is None:
        return True, not official, 0.0, network.name
    low = accuracy.get("low")
    return False, not official, -float(accuracy["value"] if low is None else low), network.name
