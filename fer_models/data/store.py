"""Memory-mapped stores: a data set is read once and opened from the cache from then on.

A store is a folder of ``.npy`` files and a ``meta.json``. It is written to a temporary folder and
renamed, so that a store is either complete or absent.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fer_models.data.dataset import FaceDataset
from fer_models.data.listing import SIDE, Listing, decode, shape_of
from fer_models.errors import UserError
from fer_models.files import read_regular
from fer_models.folders import cache_folder
from fer_models.progress import Progress
from fer_models.settings import parse_stored
from fer_models.storage import atomic_folder

#: Increased whenever the layout of a store or the meaning of its arrays changes; older stores are rebuilt.
STORE_VERSION = 3
_CHECKED_FILES = 500
#: Arrays that are read whatever their size; images are mapped whatever theirs, since pages look at a few.
_READ = ("labels", "split", "rows")
#: Bytes up to which any other array is read: mapping it takes longer.
_SMALL = 1_000_000


@dataclass(frozen=True)
class _Meta:
    """Content of ``meta.json``."""

    version: int
    name: str
    classes: tuple[str, ...]
    split_names: tuple[str, ...]
    source: str
    notes: tuple[str, ...]
    unreadable: tuple[str, ...]
    arrays: dict[str, str]
    columns: list[str]
    signature: dict[str, list[int]]


def store_folder(*key: object) -> Path:
    """The folder of the store for a source (path, reader, options, size, channels); it need not exist."""
    return cache_folder() / "stores" / hashlib.sha256(json.dumps([str(k) for k in key]).encode()).hexdigest()[:20]


def signature(files: list[Path], root: Path | None = None) -> dict[str, list[int]]:
    """Size and time of the files that a store depends on.

    With ``root``, the time of every folder from the files' up to it is included: it changes when a file or a folder is
    added, removed or renamed. Of more than 500 files, 500 spread over all of them are checked, so that a set of
    450,000 files is checked in milliseconds; a single one that is overwritten in place may then go unnoticed.
    """
    step = max(1.0, len(files) / _CHECKED_FILES)
    sample = [files[int(i * step)] for i in range(min(len(files), _CHECKED_FILES))]
    if root is not None:
        parents = {file.parent for file in files}
        folders = {folder for parent in parents for folder in (parent, *parent.parents) if folder.is_relative_to(root)}
        sample += sorted(folders | {root})
    return {str(path.absolute()): _state(path) for path in sample}


def _state(path: str | Path) -> list[int]:
    try:
        state = os.stat(path)
    except OSError:
        return []
    return [state.st_size, state.st_mtime_ns]


def open_store(folder: Path) -> FaceDataset | None:
    """The data set in ``folder``, memory-mapped; ``None`` if there is none, it is damaged or its source has changed."""
    try:
        meta = parse_stored(read_regular(folder / "meta.json"), _Meta)
        if meta.version != STORE_VERSION:
            return None
        if any(_state(path) != state for path, state in meta.signature.items()):
            return None
        arrays = {name: _array(folder / Path(file).name, name) for name, file in meta.arrays.items()}
        columns = {name: arrays.pop(f"column:{name}") for name in meta.columns}
        return FaceDataset(
            name=meta.name,
            classes=meta.classes,
            split_names=meta.split_names,
            source=meta.source,
            notes=meta.notes,
            unreadable=meta.unreadable,
            columns=columns,
            **arrays,
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, UserError):
        return None  # Anything wrong with a store means reading the source again.


def _array(file: Path, name: str) -> np.ndarray:
    read = name in _READ or (name != "images" and file.stat().st_size <= _SMALL)
    array: np.ndarray = np.load(file, mmap_mode=None if read else "r", allow_pickle=False)
    if name not in _READ:
        array.flags.writeable = False  # as if mapped
    return array


def write_store(
    folder: Path,
    listing: Listing,
    source: str,
    *,
    size: int | None = None,
    channels: int | None = None,
    finish: Callable[[FaceDataset], FaceDataset] | None = None,
    progress: Progress | None = None,
) -> FaceDataset:
    """Decode the pictures of a listing into a new store and open it; ``finish`` may change its metadata.

    Raises:
        UserError: If not one picture can be read, or the cache folder cannot be written.
    """
    try:
        with atomic_folder(folder, private=True) as new:
            checked = signature(listing.source_files(), listing.root)
            dataset = _fill(new, listing, source, shape_of(listing, size, channels), progress)
            if finish is not None:
                dataset = finish(dataset)
            _write_meta(new, dataset, checked)
            del dataset
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError(
            f"The cache folder {folder.parent} cannot be written ({reason}); "
            "free some disk space or set FER_CACHE to another one."
        ) from None
    opened = open_store(folder)
    if opened is None:
        raise UserError(f"{source} changed while it was read; try again when it is complete.")
    return opened


def _fill(
    where: Path, listing: Listing, source: str, shape: tuple[int, int, int], progress: Progress | None
) -> FaceDataset:
    count = len(listing.labels)
    images = np.lib.format.open_memmap(where / "images.npy", "w+", np.uint8, (count, *shape))
    positions: list[np.ndarray] = []
    sides: list[np.ndarray] = []
    unreadable: list[str] = []
    without_face: list[str] = []
    filled = 0
    for batch in decode(listing, shape):
        images[filled : filled + len(batch.pictures)] = batch.pictures
        filled += len(batch.pictures)
        positions.append(batch.positions)
        sides.append(batch.sides)
        unreadable += batch.left_out
        without_face += batch.without_face
        if progress is not None:
            progress((filled + len(unreadable)) / count, f"reading images: {filled + len(unreadable):,} of {count:,}")
    images.flush()
    if not filled:
        first = f" ({unreadable[0]})" if unreadable else ""
        raise UserError(f"{source}: none of the images can be read{first}.")
    if filled < count:
        del images
        _shorten(where / "images.npy", (filled, *shape))
    index = np.concatenate(positions)
    notes = list(listing.notes)
    if unreadable:
        more = f" and {len(unreadable) - 1} more" if len(unreadable) > 1 else ""
        notes.append(f"{len(unreadable)} of {count} images were left out: {unreadable[0].rstrip('.')}{more}.")
    if without_face:
        note = f"no face was found in {len(without_face)} of {count} images, such as {without_face[0]}"
        notes.append(f"{note[0].upper()}{note[1:]}; their middle square is kept.")
    return FaceDataset(
        name=listing.name,
        images=np.load(where / "images.npy", mmap_mode="r"),
        labels=listing.labels[index].astype(np.int64),
        classes=listing.classes,
        split=listing.split[index].astype(np.int8),
        split_names=listing.split_names,
        rows=listing.rows[index].astype(np.int64),
        source=source,
        subjects=None if listing.subjects is None else listing.subjects[index],
        soft_labels=None if listing.soft_labels is None else listing.soft_labels[index].astype(np.float32),
        columns={SIDE: np.concatenate(sides)} | {name: values[index] for name, values in listing.columns.items()},
        notes=tuple(notes),
        unreadable=tuple(unreadable),
    )


def _shorten(path: Path, shape: tuple[int, ...]) -> None:
    """Give an uint8 ``.npy`` file fewer rows in place: the header has room, as its padding may grow."""
    with path.open("r+b") as handle:
        np.lib.format.read_magic(handle)
        np.lib.format.read_array_header_1_0(handle)
        start = handle.tell()
        header = {"descr": "|u1", "fortran_order": False, "shape": shape}
        text = repr(header).encode()
        room = start - 10 - 1 - len(text)
        handle.seek(10)
        handle.write(text + b" " * room + b"\n")
        handle.truncate(start + int(np.prod(shape)))


def _write_meta(where: Path, dataset: FaceDataset, checked: dict[str, list[int]]) -> None:
    arrays: dict[str, str] = {"images": "images.npy"}
    values: dict[str, np.ndarray | None] = {
        "labels": dataset.labels,
        "split": dataset.split,
        "rows": dataset.rows,
        "subjects": dataset.subjects,
        "soft_labels": dataset.soft_labels,
    }
    values |= {f"column:{name}": column for name, column in dataset.columns.items()}
    for number, (name, array) in enumerate(values.items()):
        if array is not None:
            arrays[name] = f"array_{number}.npy"
            np.save(where / arrays[name], array, allow_pickle=False)
    names = ("name", "classes", "split_names", "source", "notes", "unreadable")
    meta: dict[str, Any] = {f.name: getattr(dataset, f.name) for f in dataclasses.fields(dataset) if f.name in names}
    meta |= {"version": STORE_VERSION, "arrays": arrays, "columns": list(dataset.columns), "signature": checked}
    (where / "meta.json").write_text(json.dumps(meta))
