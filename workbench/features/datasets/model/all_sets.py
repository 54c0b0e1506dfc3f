"""The table of all data sets: their sizes beside the official ones, and which could not be read."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from fer_models.data import READERS
from workbench.app import datasets


@dataclass(frozen=True)
class Sizes:
    """Classes, pictures, and the smallest, largest and average number of pictures a class; ``None`` if unknown."""

    classes: int
    images: int
    low: int | None = None
    high: int | None = None
    average: float | None = None


@dataclass(frozen=True)
class SetRow:
    """One line of the table of all sets.

    Args:
        name: opens it; ``""`` if the set is not on this computer.
        title: its full name.
        read_sizes: of the stored set; ``None`` if it was not read yet or is not on this computer.
        official: sizes by its authors; ``None`` if there are none.
        differences: sentences on what differs from the official figures and what was left out.
        problem: why the last reading failed, ``""`` if it did not.
    """

    name: str
    title: str
    read_sizes: Sizes | None
    official: Sizes | None
    differences: tuple[str, ...] = ()
    problem: str = ""


def sizes(counts: np.ndarray) -> Sizes:
    """Sizes from the number of pictures in each class, (K,); classes without a picture count too."""
    total = int(counts.sum())
    if not len(counts):
        return Sizes(0, total)
    return Sizes(len(counts), total, int(counts.min()), int(counts.max()), float(counts.mean()))


def all_sets() -> list[SetRow]:
    """Every set on this computer, then known sets that are not on it."""
    rows, readers = [], set()
    for entry in datasets.known():
        key = entry.reader.split(":")[0]
        readers.add(key)
        dataset = datasets.stored(entry)
        read_sizes = None if dataset is None else sizes(dataset.counts().sum(axis=0))
        notes = () if dataset is None else dataset.notes
        row = _row(entry.name, entry.title, key, read_sizes, notes)
        rows.append(replace(row, problem="" if dataset is not None else datasets.problem(entry)))
    away = [key for key, reader in READERS.items() if key not in readers and not reader.general]
    return rows + [_row("", READERS[key].info.title, key, None, ()) for key in away]


def table(rows: list[SetRow]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Column names and cells, as the FCSDNet paper's Table 2 prints them, followed by the official figures."""
    heads = ("Classes", "Images", "Min", "Max", "Average")
    columns = ("Data set", *heads, *(f"Official {head.lower()}" for head in heads), "On this computer")
    cells = []
    for row in rows:
        unread = "could not be read" if row.problem else "not read yet"
        state = "not here" if not row.name else "yes" if row.read_sizes is not None else unread
        cells.append((row.title, *_cells(row.read_sizes), *_cells(row.official), state))
    return columns, cells


def _row(name: str, title: str, reader: str, read_sizes: Sizes | None, notes: tuple[str, ...]) -> SetRow:
    return SetRow(name, title, read_sizes, _official(reader) if reader in READERS else None, notes)


def _official(reader: str) -> Sizes | None:
    info = READERS[reader].info
    if info.counts:
        classes = list(dict.fromkeys(name for split in info.counts.values() for name in split))
        return sizes(np.asarray([sum(split.get(name, 0) for split in info.counts.values()) for name in classes]))
    if info.totals:
        return Sizes(len(info.classes), sum(info.totals.values()))
    return None


def _cells(values: Sizes | None) -> tuple[str, ...]:
    if values is None:
        return ("",) * 5
    low, high = ("" if v is None else f"{v:,}" for v in (values.low, values.high))
    average = "" if values.average is None else f"{values.average:,.1f}"
    return (f"{values.classes}", f"{values.images:,}", low, high, average)
