"""Any table with one row a picture: its path or pixels, a label, and where known split, subject and more."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import numpy as np

from fer_models.data import codings
from fer_models.data.codings import CODINGS
from fer_models.data.csv_file import check_header, read_header, read_table
from fer_models.data.dataset import UNLABELLED
from fer_models.data.listing import SIDE, Listing
from fer_models.data.pixel_csv import PIXELS, named, read_pixel_csv
from fer_models.data.readers.base import ALL, CROP, READERS, Reader, ReaderInfo, class_name, encode_splits, text_column
from fer_models.data.readers.folder import shape_of_files
from fer_models.data.readers.records import Record, listing_of
from fer_models.errors import UserError
from fer_models.folders import uploads_folder
from fer_models.labels import order

_PATH = ("path", "file", "image", "filename", "file_name", "image_path", "filepath", "image name")
_LABEL = ("label", "emotion", "class", "expression", "class_name", "target")
_SPLIT = ("split", "usage", "set", "partition", "subset")
_SUBJECT = ("subject", "subject_id", "identity", "person", "person_id")


@READERS.register("csv")
class Table(Reader):
    """Labels are names of emotions in any usual word, other names, or numbers 0 to 7 in the order of FER2013."""

    key = "csv"
    general = True
    info = ReaderInfo(
        title="Table of images",
        layout="a CSV with a column path (relative to the table) or pixels (numbers separated by spaces), a column "
        "label, and where known split, subject, and further columns such as age or sex",
        where="wherever your images come from",
        terms="Those of your images.",
        citation="",
        options=CROP | {"labels": CODINGS},
    )

    def recognises(self, path: Path) -> bool:
        """A CSV whose header has a column of each kind."""
        if not os.path.isfile(path) or path.suffix.lower() not in (".csv", ".txt"):
            return False
        header = read_header(path)
        return (PIXELS in header or _column(header, _PATH) is not None) and _column(header, _LABEL) is not None

    def read(self, path: Path, **options: str) -> Listing:
        """Rows in the order of the table; an empty label means unlabelled."""
        if os.path.isdir(path):
            self.refuse(path)
        header = read_header(path)
        check_header(path, header)
        if _column(header, _LABEL) is None or not (PIXELS in header or _column(header, _PATH)):
            self.refuse(path, f"the columns {named(header)}")
        if PIXELS in header:
            return _pixels(path, header, options.get("labels", CODINGS[0]))
        return _paths(path, options)


def _column(header: list[str], names: tuple[str, ...]) -> str | None:
    return next((name for name in names if name in header), None)


def _further(header: list[str]) -> list[str]:
    """Further columns, such as age or sex; columns without a name are left out."""
    read = {PIXELS, "file", SIDE, *(_column(header, names) for names in (_PATH, _LABEL, _SPLIT, _SUBJECT))}
    return [name for name in dict.fromkeys(header) if name and name not in read]


def _facts(words: list[str]) -> np.ndarray:
    """float64 (N,) where every filled cell is a number, empty ones NaN; else the words."""
    try:
        numbers = np.asarray([float(word) if word.strip() else np.nan for word in words], np.float64)
    except ValueError:
        return text_column(words)
    return np.where(np.isfinite(numbers), numbers, np.nan) if np.isfinite(numbers).any() else text_column(words)


def _labels(path: Path, words: list[str], lines: list[int], coding: str) -> tuple[list[str | None], tuple[str, ...]]:
    """Class names of a label column and a note on how numbers were read."""
    filled = [word for word in words if word]
    if not filled:
        raise UserError(f"{path.name} has no label in any row; fill its label column.")
    if any(codings.code(word) is None for word in filled):
        return [class_name(word) if word else None for word in words], ()
    return codings.named(words, coding, [f"{path.name}, line {line}" for line in lines])


def _pixels(path: Path, header: list[str], coding: str) -> Listing:
    table = read_pixel_csv(path)
    lines = [int(line) for line in table.lines]
    names, notes = _labels(path, table.columns[_column(header, _LABEL) or ""], lines, coding)
    classes = order({name for name in names if name is not None})
    split_column, subject_column = _column(header, _SPLIT), _column(header, _SUBJECT)
    splits = [word or ALL for word in table.columns[split_column]] if split_column else [ALL] * len(names)
    split_names, split = encode_splits(splits, path.name)
    return Listing(
        name="csv",
        pictures=table.images[..., None],
        labels=np.asarray([UNLABELLED if name is None else classes.index(name) for name in names], np.int64),
        classes=classes,
        split=split,
        split_names=split_names,
        rows=np.arange(len(names)),
        subjects=text_column(table.columns[subject_column]) if subject_column else None,
        columns={name: _facts(table.columns[name]) for name in _further(header)},
        notes=notes,
        files=[path],
        channels=1,
    )


def _held(path: Path, files: list[str], lines: list[int]) -> None:
    """Refuse a table of an upload that names files outside it.

    Raises:
        UserError: The message names the line.
    """
    uploads = uploads_folder().resolve()
    table = path.resolve()
    if not table.is_relative_to(uploads):
        return
    folder = uploads / table.relative_to(uploads).parts[0]
    for file, line in zip(files, lines, strict=True):
        if not Path(os.path.realpath(path.parent / file)).is_relative_to(folder):
            raise UserError(
                f"{path.name}, line {line}: {file[:60]!r} lies outside the uploaded archive; name files inside it."
            )


def _paths(path: Path, options: dict[str, str]) -> Listing:
    table = read_table(path)
    header, lines = table.header, table.lines

    def column(names: tuple[str, ...]) -> list[str] | None:
        name = _column(header, names)
        return None if name is None else table.column(name)

    names, notes = _labels(path, column(_LABEL) or [], lines, options.get("labels", CODINGS[0]))
    files, splits, subjects = column(_PATH) or [], column(_SPLIT), column(_SUBJECT)
    facts = {name: column((name,)) or [] for name in _further(header)}
    _held(path, files, lines)
    missing = [file for file in files if not os.path.isfile(path.parent / file)]
    if missing:
        line = lines[files.index(missing[0])]
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        if len(missing) == len(files):
            raise UserError(
                f"{path.name}, line {line}: {missing[0]!r} does not exist{more}; paths are relative to the table."
            )
        notes = (*notes, f"{len(missing):,} listed images are missing, the first is {missing[0]} (line {line}).")
    gone = set(missing)
    records = [
        Record(
            path.parent / file,
            names[i],
            (splits[i] if splits else "") or ALL,
            subjects[i] if subjects else None,
            {name: values[i] for name, values in facts.items()},
        )
        for i, file in enumerate(files)
        if file not in gone
    ]
    size, channels = shape_of_files([record.path for record in records])
    listing = listing_of("csv", path.parent, records, size=size, channels=channels, crop=options.get("crop", "middle"))
    return dataclasses.replace(
        listing,
        columns=listing.columns | {name: _facts(listing.columns[name].tolist()) for name in facts},
        notes=notes,
        files=[path, *listing.source_files()],
        root=None,  # The table names the pictures; other files in its folder do not matter.
    )
