"""The base class of readers: one data set's layout on disk, its official counts, and where to get it."""

from __future__ import annotations

import csv
import functools
import itertools
import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, NoReturn

import numpy as np

from fer_models import labels
from fer_models.data.dataset import FaceDataset
from fer_models.data.listing import Listing
from fer_models.errors import UserError
from fer_models.registry import Registry
from fer_models.settings import from_choices, from_values

IMAGE_SUFFIXES = frozenset((".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".gif", ".webp", ".avif"))
#: Option of readers of whole photographs: what is cut from them, see :class:`fer_models.data.listing.Listing`.
CROP = {"crop": ("middle", "face", "auto")}
#: Key of official counts that are not divided by split.
ALL = "all"


@dataclass(frozen=True)
class ReaderInfo:
    """Facts about a data set besides its pictures.

    Args:
        title: full name for people.
        layout: the files that the reader expects, in one sentence without a full stop.
        where: where to ask for the data or fetch it.
        terms: what its owners allow, in one sentence.
        citation: the paper that presented it.
        classes: class names in canonical order; empty where they are read from the data.
        counts: official pictures by split (or :data:`ALL`) and class.
        totals: official pictures by split where the counts are not divided by class.
        options: allowed values of each reader option; the first is the default.
    """

    title: str
    layout: str
    where: str
    terms: str
    citation: str
    classes: tuple[str, ...] = ()
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    totals: Mapping[str, int] = field(default_factory=dict)
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class Reader(ABC):
    """Reads one data set's original layout. Readers hold no state; one file each, registered in :data:`READERS`."""

    key: ClassVar[str]
    info: ClassVar[ReaderInfo]
    #: Readers of nearly anything come after those of one exact layout.
    general: ClassVar[bool] = False

    @abstractmethod
    def recognises(self, path: Path) -> bool:
        """Whether the path looks like this layout; cheap, and never raises for an odd file."""

    @abstractmethod
    def read(self, path: Path, **options: str) -> Listing:
        """List the pictures under ``path``; files are decoded later.

        Raises:
            UserError: If the layout is not the expected one or a table is damaged.
        """

    def check_options(self, options: Mapping[str, str]) -> dict[str, str]:
        """All options of this reader: ``options`` and the defaults of the others.

        Raises:
            UserError: If an option or its value is unknown.
        """
        return dict(vars(from_values(self.option_type(), dict(options))))

    @classmethod
    @functools.cache
    def option_type(cls) -> type[Any]:
        """The reader's options as a :func:`fer_models.settings.checked` class."""
        return from_choices(f"Reader {cls.key!r}", cls.info.options)

    def refuse(self, path: Path, actual: str = "") -> NoReturn:
        """Say what was expected, what was found instead, and where to get the data."""
        raise UserError(
            f"{path.name or path} is not laid out as {self.info.title}: expected {self.info.layout}; "
            f"found {actual or contents(path)}. The data can be had from {self.info.where}."
        )

    def differences(self, dataset: FaceDataset) -> tuple[str, ...]:
        """A sentence for each difference between the pictures read and the official counts."""
        sentences = []
        for split, official in self.info.counts.items():
            counts = dict.fromkeys(official, 0) | _counts(dataset, split)
            wrong = [
                f"{counts[c]:,} {c} instead of {official.get(c, 0):,}"
                for c in counts
                if counts[c] != official.get(c, 0)
            ]
            if not sum(counts.values()):
                sentences.append(f"{split} is missing (officially {sum(official.values()):,} images).")
            elif wrong:
                where = "" if split == ALL else f"{split}: "
                sentences.append(f"{where}{', '.join(wrong)} in the official count.")
        for split, official_total in self.info.totals.items():
            count = len(dataset) if split == ALL else _in_split(dataset, split)
            if count != official_total:
                where = "" if split == ALL else f"{split}: "
                sentences.append(f"{where}{count:,} images instead of {official_total:,} in the official count.")
        return tuple(sentences)


_MOST_SPLITS = 127  # what int8 holds

#: How many entries of a folder are read to recognise a layout.
LOOK = 500

#: Every reader by its key.
READERS: Registry[type[Reader]] = Registry("reader")


def recognisers(path: Path) -> list[str]:
    """Keys of the readers that recognise a path; a file that makes one of them fail is not recognised by it."""
    return [key for key, reader in READERS.items() if _recognised(reader(), path)]


def _recognised(reader: Reader, path: Path) -> bool:
    try:
        return reader.recognises(path)
    except (OSError, ValueError, UserError, csv.Error):
        return False


def _counts(dataset: FaceDataset, split: str) -> dict[str, int]:
    table = dataset.counts()
    if split == ALL:
        row = table.sum(axis=0)
    elif split in dataset.split_names:
        row = table[dataset.split_names.index(split)]
    else:
        return {}
    return {name: int(n) for name, n in zip(dataset.classes, row, strict=True)}


def _in_split(dataset: FaceDataset, split: str) -> int:
    return len(dataset.split_index(split)) if split in dataset.split_names else 0


def contents(path: Path) -> str:
    """The contents of a path in a few words, for messages."""
    if not os.path.exists(path):
        return "nothing there"
    if os.path.isfile(path):
        return f"the file {path.name}"
    names = sorted(entry.name + ("/" if entry.is_dir() else "") for entry in visible(path))
    if not names:
        return "an empty folder" if os.path.isdir(path) else "a pipe or a device, neither file nor folder"
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")


class Entry:
    """An entry of a folder; one that cannot be looked at, such as a link to itself, is neither folder nor file."""

    def __init__(self, entry: os.DirEntry[str]):
        self.name = entry.name
        self._entry = entry

    def is_dir(self) -> bool:
        """Whether it is a folder, or a link to one."""
        try:
            return self._entry.is_dir()
        except OSError:
            return False

    def is_file(self) -> bool:
        """Whether it is a regular file, or a link to one."""
        try:
            return self._entry.is_file()
        except OSError:
            return False


def visible(folder: Path, limit: int | None = None) -> list[Entry]:
    """Entries of a folder by name, without hidden files and files that desktops create; empty if it is no folder.

    Names that are not UTF-8 are left out: no table could name them.

    With ``limit``, at most so many entries are read: a few of 100,000 files are enough to recognise a layout.
    """
    try:
        with os.scandir(folder) as entries:
            some = itertools.islice(entries, limit)
            listed = [Entry(entry) for entry in some if _shown(entry.name)]
    except (OSError, ValueError):
        return []
    return sorted(listed, key=lambda entry: entry.name)


def _shown(name: str) -> bool:
    if name.startswith((".", "__MACOSX")) or name.lower() == "thumbs.db":
        return False
    return not any("\ud800" <= letter <= "\udfff" for letter in name)  # how bytes that are no UTF-8 are read


def is_image(name: str) -> bool:
    """Whether a file name ends as a picture's does."""
    return os.path.splitext(name)[1].lower() in IMAGE_SUFFIXES


def image_files(folder: Path) -> list[Path]:
    """Pictures in a folder and all folders below it, by path, found by their names' endings."""
    return [file for file in files_below(folder) if is_image(file.name)]


def files_below(folder: Path, above: frozenset[tuple[int, int]] = frozenset()) -> list[Path]:
    """Regular files in a folder and all folders below it, by path; a link to a folder ``above`` it is not followed."""
    try:
        state = os.stat(folder)
    except OSError:
        return []
    here = (state.st_dev, state.st_ino)
    if here in above:
        return []
    files: list[Path] = []
    for entry in visible(folder):
        if entry.is_dir():
            files += files_below(folder / entry.name, above | {here})
        elif entry.is_file():
            files.append(folder / entry.name)
    return files


def find_file(folder: Path, names: Iterable[str]) -> Path | None:
    """The first of the names that lies in the folder or one level below it, in any case of letters."""
    top = visible(folder, LOOK)
    inside = [Path(folder, entry.name) for entry in top if entry.is_dir()][:50]
    listings = [(folder, top), *((parent, visible(parent, LOOK)) for parent in inside)]
    for name in names:
        for parent, entries in listings:
            if os.path.isfile(parent / name):
                return parent / name
            for entry in entries:
                if entry.name.lower() == name.lower() and entry.is_file():
                    return parent / entry.name
    return None


def text_column(values: Iterable[str]) -> np.ndarray:
    """Strings as a numpy array that can be memory-mapped (fixed width, never objects)."""
    array = np.asarray(list(values), dtype=np.str_)
    return array if array.size else array.astype("<U1")


def encode(names: list[str], classes: tuple[str, ...]) -> np.ndarray:
    """int64 labels of class names."""
    index = {name: i for i, name in enumerate(classes)}
    return np.asarray([index[name] for name in names], np.int64)


def class_name(word: str) -> str:
    """The project's name of an emotion written in any known way; any other word in lower case."""
    return labels.canonical(word) if labels.is_emotion(word) else word.strip().lower()


def order_splits(names: Iterable[str]) -> tuple[str, ...]:
    """Split names with the training split first, then validation, then test, then others by name."""
    return tuple(sorted(set(names), key=lambda name: (split_role(name), name)))


def encode_splits(words: Sequence[str], source: str) -> tuple[tuple[str, ...], np.ndarray]:
    """Names of the splits in order, and int8 (N,): each row's split.

    Raises:
        UserError: If there are more splits than a data set can have.
    """
    names = order_splits(words)
    if len(names) > _MOST_SPLITS:
        raise UserError(f"{source} has {len(names):,} different splits, such as {names[-1][:30]!r}; name a few parts.")
    index = {name: number for number, name in enumerate(names)}
    return names, np.asarray([index[word] for word in words], np.int8)


def split_role(name: str) -> int:
    """0 for a training split, 1 validation, 2 test, 3 anything else, by its usual names in any case."""
    word = name.strip().lower().replace("_", "").replace("-", "")
    if word.startswith("train"):
        return 0
    if word.startswith("val") or word in ("publictest", "dev"):
        return 1
    return 2 if word.startswith("test") or word == "privatetest" else 3
