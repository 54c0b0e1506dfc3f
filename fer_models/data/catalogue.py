"""The available data sets: the built-in faces, those in the data folder, and those that the user added."""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from fer_models.data.builtin import NAME as SYNTHETIC
from fer_models.data.readers import READERS
from fer_models.data.readers.base import LOOK, recognisers, visible
from fer_models.errors import UserError
from fer_models.folders import cache_folder, data_folder, expanded
from fer_models.settings import stored_or_none
from fer_models.storage import atomic_file


@dataclass(frozen=True)
class DatasetEntry:
    """A data set that can be opened by name.

    Args:
        name: what :func:`fer_models.data.open_dataset` takes.
        title: full name for people, with the name in brackets where several sets have the same.
        source: its path, or ``"synthetic"``.
        reader: key of its reader, with options after a colon where some were chosen; ``"synthetic"`` for the built-in.
        added: whether the user added it (and may remove it).
    """

    name: str
    title: str
    source: str
    reader: str
    added: bool = False


@dataclass(frozen=True)
class _Added:
    """An entry of the list of added sets."""

    source: str
    reader: str


def known_datasets() -> list[DatasetEntry]:
    """The built-in set first, then those in the data folder, then the added ones; names and titles are unique."""
    entries = [DatasetEntry(SYNTHETIC, "Built-in faces", SYNTHETIC, SYNTHETIC)]
    candidates = [entry for path in _candidates(data_folder()) for entry in _entries(path)]
    for name, (source, reader) in _added().items():
        candidates.append(DatasetEntry(name, _title(reader, name), source, reader, added=True))
    taken = {SYNTHETIC}
    for entry in candidates:
        name, number = entry.name, 2
        while name in taken:
            name, number = f"{entry.name}-{number}", number + 1
        taken.add(name)
        entries.append(replace(entry, name=name))
    titles = Counter(entry.title for entry in entries)
    return [
        replace(entry, title=f"{entry.title} ({entry.name})") if titles[entry.title] > 1 else entry for entry in entries
    ]


def find_dataset(name: str) -> DatasetEntry | None:
    """The known data set of that name, or the only one that its reader's key names."""
    entries = known_datasets()
    exact = [entry for entry in entries if entry.name == name]
    by_reader = [entry for entry in entries if entry.reader.split(":")[0] == name]
    return exact[0] if exact else by_reader[0] if len(by_reader) == 1 else None


def add_dataset(name: str, path: str | Path, reader: str | None = None) -> DatasetEntry:
    """Add a data set of the user under a name; its layout is recognised unless a reader is given.

    Raises:
        UserError: If the name is taken or holds odd characters, the path is not there, or no reader knows it.
    """
    from fer_models.data.opening import recognise, split_options

    name = name.strip()
    if not name or len(name) > 60 or any(not (c.isalnum() or c in " ._+-") for c in name) or name[0] == ".":
        raise UserError("A data set's name has 1 to 60 letters, digits, spaces, dots, dashes, pluses or underscores.")
    if any(entry.name == name for entry in known_datasets()):
        raise UserError(f"There is a data set called {name!r} already; choose another name or remove it first.")
    full = expanded(path).absolute()
    if not os.path.exists(full):
        raise UserError(f"There is no file or folder {str(path)!r}; check the path.")
    if reader is None:
        reader = recognise(full)
    else:
        key, options = split_options(reader)
        READERS[key]().check_options(options)
    _write(_added() | {name: (str(full), reader)})
    return DatasetEntry(name, _title(reader, name), str(full), reader, added=True)


def remove_dataset(name: str) -> None:
    """Forget a data set that was added; its files stay where they are.

    Raises:
        UserError: If none of that name was added.
    """
    added = _added()
    if name not in added:
        raise UserError(f"No data set called {name!r} was added; those added: {', '.join(added) or 'none'}.")
    del added[name]
    _write(added)


def _candidates(folder: Path) -> list[Path]:
    """The data folder and its entries."""
    return [folder, *(folder / entry.name for entry in visible(folder, LOOK))]


def _entries(path: Path) -> list[DatasetEntry]:
    keys = recognisers(path)
    exact = [key for key in keys if not READERS[key].general]
    if path == data_folder():
        # Readers look one folder deep, so the data folder may be recognised as one of the sets inside it.
        inside = [entry for child in _candidates(path)[1:] for entry in _entries(child)]
        exact = [] if inside else exact
        keys = []
    name = path.stem if os.path.isfile(path) else path.absolute().name
    matching = exact or keys[:1]
    return [
        DatasetEntry(name if key in (matching[0], name) else key, _title(key, name), str(path.absolute()), key)
        for key in matching
    ]


def data_title(key: str) -> str:
    """The name for people of a data set's key.

    Args:
        key: Of a reader, or ``"synthetic"`` with or without options after a colon; others are their own title.

    Example:
        >>> data_title("fer2013"), data_title("synthetic"), data_title("my faces")
        ('FER2013', 'Built-in faces', 'my faces')
    """
    name, _, options = key.partition(":")
    if name == SYNTHETIC:
        return f"Built-in faces, {options}" if options else "Built-in faces"
    return READERS[key].info.title if key in READERS else key


def _title(reader: str, name: str) -> str:
    key = reader.split(":")[0]
    return name if key not in READERS or READERS[key].general else READERS[key].info.title


def _file() -> Path:
    return cache_folder() / "datasets.json"


def _added() -> dict[str, tuple[str, str]]:
    entries = stored_or_none(_file(), dict[str, _Added]) or {}  # a missing or damaged list is an empty one
    return {name: (entry.source, entry.reader) for name, entry in entries.items()}


def _write(added: dict[str, tuple[str, str]]) -> None:
    values = {name: {"source": source, "reader": reader} for name, (source, reader) in added.items()}
    try:
        with atomic_file(_file()) as file:
            file.write_text(json.dumps(values, indent=1))
    except OSError as error:
        raise UserError(
            f"{_file()} cannot be written ({error.strerror}); free some disk space or set FER_CACHE."
        ) from None
