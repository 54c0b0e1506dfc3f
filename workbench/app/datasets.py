"""Known data sets, their sizes beside the official ones, and how to add or remove a set."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from fer_models.data import (
    READERS,
    DatasetEntry,
    FaceDataset,
    add_dataset,
    known_datasets,
    open_dataset,
    remove_dataset,
)
from fer_models.data import builtin as built_in
from fer_models.data.archive import MAX_BYTES, MAX_FILES, extract_zip
from fer_models.data.opening import split_options
from fer_models.data.readers.base import split_role
from fer_models.data.store import open_store, store_folder
from fer_models.data.synthetic import SyntheticOptions
from fer_models.errors import UserError
from fer_models.folders import uploads_folder
from fer_models.labels import FER7
from workbench import once
from workbench.app import jobs
from workbench.app.jobs import Job

#: The data sets that are known to the library.
known = once.once(known_datasets)
#: The default set, if it is on this computer.
_PREFERRED = "fer2013"
#: What a ZIP may unpack to, for the sentence beside the upload.
UNPACKED_LIMIT = f"{MAX_BYTES / 1e9:g} GB and {MAX_FILES:,} files"


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
        failed: whether the last reading failed.
    """

    name: str
    title: str
    read_sizes: Sizes | None
    official: Sizes | None
    differences: tuple[str, ...] = ()
    failed: bool = False


def default_name() -> str:
    """FER2013 if it is on this computer, else the built-in faces."""
    names = {entry.reader.split(":")[0]: entry.name for entry in reversed(known())}
    return names.get(_PREFERRED, built_in.NAME)


def preferred(names: Sequence[str]) -> str | None:
    """FER2013 if it is among the names, else the first; ``None`` if there are none."""
    return _PREFERRED if _PREFERRED in names else next(iter(names), None)


def find(name: str) -> DatasetEntry | None:
    """The known data set of exactly that name."""
    return next((entry for entry in known() if entry.name == name), None)


def stored(entry: DatasetEntry) -> FaceDataset | None:
    """The set from its store, memory-mapped within milliseconds; ``None`` if it has to be read first."""
    if entry.name == built_in.NAME:
        return open_store(store_folder(built_in.describe(SyntheticOptions()), built_in.NAME))
    try:
        key, reader_options = split_options(entry.reader)
        options = READERS[key]().check_options(reader_options)
    except UserError:
        return None  # opening the set reports the error
    return open_store(store_folder(Path(entry.source), key, sorted(options.items()), None, None))


def has_official_parts(name: str) -> bool:
    """Whether the authors of a data set name a held-out part; of a set not read yet, by what is known of it.

    A path counts as having them: only reading it tells.
    """
    entry = find(name)
    if entry is None:
        return True
    dataset, key = stored(entry), entry.reader.split(":")[0]
    if dataset is not None:
        parts: Sequence[str] = dataset.split_names
    elif key in READERS and not READERS[key].general:
        parts = [*READERS[key].info.counts, *READERS[key].info.totals]
    else:
        return True
    return any(split_role(part) in (1, 2) for part in parts)


def classes(name: str) -> tuple[str, ...]:
    """Classes of a known data set, as read or as its reader knows them; empty where neither tells."""
    entry = find(name)
    if entry is None:
        return ()
    dataset, key = stored(entry), entry.reader.split(":")[0]
    if dataset is not None:
        return dataset.classes
    return READERS[key].info.classes if key in READERS else FER7 if name == built_in.NAME else ()


def read(entry: DatasetEntry) -> Job:
    """Read a set into its store in the background, or return the job that does."""
    job = jobs.find(_reading(entry))
    if job is not None and job.state == "failed":
        return job
    if job is not None and job.state == "done":
        jobs.forget(_reading(entry))  # Its source changed since.
    return jobs.start(
        _reading(entry),
        f"Reading {entry.title}",
        lambda progress: len(open_dataset(entry.name, progress=progress)),
        lane="long",
    )


def failed(entry: DatasetEntry) -> bool:
    """Whether the last reading failed."""
    job = jobs.find(_reading(entry))
    return job is not None and job.state == "failed"


def listed(name: str, title: str) -> str:
    """What a list calls a data set: title, name where it differs, and whether it could not be read."""
    words = title if title == name else f"{title} ({name})"
    entry = find(name)
    return f"{words}: could not be read" if entry is not None and failed(entry) else words


def read_again(entry: DatasetEntry) -> None:
    """Let the next :func:`read` start again."""
    jobs.forget(_reading(entry))


def identity(dataset: FaceDataset) -> str:
    """Identity of this state of a data set, without reading its pictures."""
    if not dataset.has_images:
        return f"{dataset.name} {dataset.source} {dataset.fingerprint()}"
    file = getattr(dataset.images, "filename", None)
    changed = os.stat(file).st_mtime_ns if file and os.path.exists(file) else id(dataset.images)
    return f"{dataset.name} {dataset.source} {file} {changed} {dataset.images.shape}"


def sizes(counts: np.ndarray) -> Sizes:
    """Sizes from the number of pictures in each class, (K,); classes without a picture count too."""
    total = int(counts.sum())
    if not len(counts):
        return Sizes(0, total)
    return Sizes(len(counts), total, int(counts.min()), int(counts.max()), float(counts.mean()))


def all_sets() -> list[SetRow]:
    """Every set on this computer, then known sets that are not on it."""
    rows, readers = [], set()
    for entry in known():
        key = entry.reader.split(":")[0]
        readers.add(key)
        dataset = stored(entry)
        read_sizes = None if dataset is None else sizes(dataset.counts().sum(axis=0))
        notes = () if dataset is None else dataset.notes
        row = _row(entry.name, entry.title, key, read_sizes, notes)
        rows.append(replace(row, failed=dataset is None and failed(entry)))
    away = [key for key, reader in READERS.items() if key not in readers and not reader.general]
    return rows + [_row("", READERS[key].info.title, key, None, ()) for key in away]


def table(rows: list[SetRow]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Column names and cells, as the FCSDNet paper's Table 2 prints them, followed by the official figures."""
    heads = ("Classes", "Images", "Min", "Max", "Average")
    columns = ("Data set", *heads, *(f"official {head.lower()}" for head in heads), "On this computer")
    cells = []
    for row in rows:
        unread = "could not be read" if row.failed else "not read yet"
        state = "not here" if not row.name else "yes" if row.read_sizes is not None else unread
        cells.append((row.title, *_cells(row.read_sizes), *_cells(row.official), state))
    return columns, cells


def add_path(name: str, path: str, reader: str | None = None) -> DatasetEntry:
    """Add a folder or CSV of this computer.

    Raises:
        UserError: If name, path or layout are not valid.
    """
    if not path.strip():
        raise UserError("Say where the data set lies: the path of a folder or of a CSV file on this computer.")
    once.forget()
    return add_dataset(name or Path(path.strip()).stem, path.strip(), reader)


def add_zip(name: str, file_name: str, content: bytes, reader: str | None = None) -> DatasetEntry:
    """Unpack a ZIP into the cache and add its data set; it is deleted if it holds none.

    Raises:
        UserError: If the ZIP is damaged, too large or unsafe, or holds no data set.
    """
    stem = "".join(c if c.isalnum() or c in "_-+" else "-" for c in Path(file_name).stem)[:60].strip("-") or "upload"
    home = uploads_folder() / hashlib.sha256(content).hexdigest()[:16]
    holder = next((e for e in known() if e.added and home in Path(e.source).parents), None)
    if holder is not None:
        raise UserError(f"This ZIP was added already, as {holder.name!r}; choose it in the list of data sets.")
    shutil.rmtree(home, ignore_errors=True)
    once.forget()
    try:
        extract_zip(content, home / stem)
        return _add_unpacked(name or stem, home / stem, reader)
    except BaseException:
        shutil.rmtree(home, ignore_errors=True)
        raise


def remove(name: str) -> None:
    """Remove an added set; files unpacked from a ZIP are deleted, a folder of the user is not touched.

    Raises:
        UserError: If no set of that name was added.
    """
    entry = find(name)
    remove_dataset(name)
    once.forget()
    if entry is not None and uploads_folder() in Path(entry.source).parents:
        shutil.rmtree(uploads_folder() / Path(entry.source).relative_to(uploads_folder()).parts[0], ignore_errors=True)


def _add_unpacked(name: str, folder: Path, reader: str | None) -> DatasetEntry:
    """Add the folder, or the single folder or CSV in it."""
    try:
        return add_dataset(name, folder, reader)
    except UserError:
        inside = [path for path in folder.iterdir() if not path.name.startswith(".")]
        if len(inside) != 1 or (inside[0].is_file() and inside[0].suffix.lower() != ".csv"):
            raise
        return add_dataset(name, inside[0], reader)


def _reading(entry: DatasetEntry) -> tuple[str, str, str]:
    return ("read", entry.source, entry.reader)


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
