"""Opening a data set: by name or path, from its store while that is valid, else through its reader."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

from fer_models.data import builtin, catalogue
from fer_models.data.dataset import FaceDataset
from fer_models.data.joined import join, parse_joined
from fer_models.data.listing import framed
from fer_models.data.readers import READERS
from fer_models.data.readers.base import contents
from fer_models.data.readers.base import recognisers as _recognisers
from fer_models.data.store import open_store, store_folder, write_store
from fer_models.data.unread import unread
from fer_models.errors import UserError
from fer_models.folders import expanded
from fer_models.progress import Progress


def open_dataset(
    source: str | Path,
    *,
    reader: str | None = None,
    size: int | None = None,
    channels: int | None = None,
    progress: Progress | None = None,
) -> FaceDataset:
    """Open a data set, memory-mapped; the first time it is read into the cache, which may take seconds to minutes.

    Args:
        source: a CSV file, a folder, or the name of a known data set (:func:`fer_models.data.known_datasets`), with
            options after a colon: ``"synthetic:count=2000,size=64,seed=0"``, ``"ferplus:target=multilabel"``,
            ``"faces.csv:labels=affectnet"``, ``"photos/jaffe:reader=jaffe,crop=face"``. Several are joined with a plus
            between spaces, classes renamed or left out after a bar: ``"fer2013 + ckplus | contempt=,anger=angry"``.
        reader: key of a reader, with options likewise (``"kdef:angle=straight"``); by default recognised.
        size: side of the stored pictures in pixels; by default what suits the set (48 for FER2013).
        channels: 1 (grey) or 3 (RGB); by default the set's own.
        progress: called with the fraction done and a message while pictures are read.

    Raises:
        UserError: If there is nothing of that name, no reader knows the layout, or the data are damaged.

    Example:
        >>> data = open_dataset("synthetic:count=28,seed=0")
        >>> data.images.shape, data.split_names
        ((28, 64, 64, 1), ('train', 'val', 'test'))
    """
    if isinstance(source, str) and not os.path.exists(expanded(source)) and (several := parse_joined(source)):
        sets, class_map = several
        each = [open_dataset(name, size=size, channels=channels, progress=progress) for name in sets]
        return join(each, class_map)
    if size is not None and not 8 <= size <= 1024:
        raise UserError(f"Stored images have a side of 8 to 1024 pixels, not {size}.")
    if channels not in (None, 1, 3):
        raise UserError(f"Stored images have 1 or 3 channels, not {channels}.")
    name, options = (str(source), {}) if os.path.exists(expanded(source)) else split_options(str(source))
    # The name of a known set comes before a file of that name in the current folder; "./name" is the path.
    plain = isinstance(source, str) and "/" not in source and "\\" not in source
    known_name = plain and (name == builtin.NAME or catalogue.find_dataset(name) is not None)
    if known_name or not os.path.exists(expanded(source)):
        if name == builtin.NAME:
            return builtin.open_synthetic(options, size=size, channels=channels, progress=progress)
        entry = catalogue.find_dataset(name)
        if entry is None and options and os.path.exists(expanded(name)):
            key = options.pop("reader", "") or (reader or recognise(expanded(name))).split(":")[0]
            return _open_path(expanded(name), _with_options(key, options), size, channels, progress)
        if entry is None:
            names = ", ".join(entry.name for entry in catalogue.known_datasets())
            raise UserError(
                f"There is no file, folder or data set called {str(source)!r}; known data sets are: {names}."
            )
        reader = reader or entry.reader
        if options:
            reader = _with_options(options.pop("reader", "") or reader.split(":")[0], options)
        source = entry.source
    return _open_path(expanded(source), reader, size, channels, progress)


def _with_options(key: str, options: dict[str, str]) -> str:
    return f"{key}:{','.join(f'{name}={value}' for name, value in options.items())}" if options else key


def _open_path(
    path: Path, reader: str | None, size: int | None, channels: int | None, progress: Progress | None
) -> FaceDataset:
    if not os.path.exists(path):
        raise UserError(f"{path} is no longer there; correct the path or remove the data set from the list.")
    path = path.absolute()
    key, values = split_options(reader) if reader else (recognise(path), {})
    layout = READERS[key]()
    options = layout.check_options(values)
    folder = store_folder(path, key, sorted(options.items()), size, channels)
    opened = open_store(folder)
    if opened is not None:
        return opened
    if progress is not None:
        progress(0.0, f"reading {path.name}")

    def finish(dataset: FaceDataset) -> FaceDataset:
        # A choice among the pictures changes their number, another crop does not.
        whole = options | {"crop": ""} == layout.check_options({}) | {"crop": ""}
        differences = layout.differences(dataset) if whole else ()
        return dataclasses.replace(dataset, notes=(*dataset.notes, *left, *differences, *_unknown_people(dataset)))

    listing = layout.read(path, **options)
    if not len(listing.labels):
        layout.refuse(path)
    left = unread(listing)
    listing = framed(listing)
    return write_store(folder, listing, str(path), size=size, channels=channels, finish=finish, progress=progress)


def recognisers(path: Path) -> list[str]:
    """Keys of the readers that recognise a path, readers of one exact layout first."""
    return sorted(_recognisers(path), key=lambda key: READERS[key].general)


def recognise(path: Path) -> str:
    """Key of the reader for a path.

    Raises:
        UserError: If no reader knows its layout; the message says what is there and what can be read.
    """
    keys = recognisers(path)
    if keys:
        return keys[0]
    if os.path.isfile(path) and path.suffix.lower() == ".csv":
        return "csv"  # Its message names the column that is missing.
    raise UserError(
        f"{path.name} is not a data set that can be read: found {contents(path)}; expected images in folders named by "
        f"class (class/image or split/class/image), a CSV, or the layout of one of: {', '.join(READERS)}."
    )


def split_options(text: str) -> tuple[str, dict[str, str]]:
    """``"name:a=1,b=x"`` as name and options.

    Raises:
        UserError: If an option has no value.
    """
    name, colon, rest = text.rpartition(":")
    if not colon:
        return text.strip(), {}
    options: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in rest.split(","))):
        key, equals, value = part.partition("=")
        if not equals or not value:
            if "/" in text or "\\" in text:
                return text, {}  # A path with a colon in it.
            raise UserError(f"{part!r} in {text!r} is not an option; write name=value, several separated by commas.")
        options[key.strip()] = value.strip()
    return name.strip(), options


def _unknown_people(dataset: FaceDataset) -> tuple[str, ...]:
    """A note where only some pictures say who they show."""
    if dataset.people is None or dataset.subjects is None:
        return ()
    unknown = sum(name == "" for name in dataset.subjects.tolist())
    if not unknown:
        return ()
    return (f"Of {unknown:,} images the person is not known: each counts as its own person, in folds and intervals.",)
