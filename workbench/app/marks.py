"""Marks on pictures of a data set: a CSV per set in the cache folder, with a line for each mark."""

from __future__ import annotations

import csv
import hashlib
import io
import threading
from collections.abc import Iterable
from pathlib import Path

from fer_models.data import FaceDataset
from fer_models.errors import UserError
from fer_models.files import read_text
from fer_models.folders import cache_folder
from fer_models.storage import atomic_file
from fer_models.tables import csv_text
from fer_models.training.rows import ROW

MARKS = ("label wrong", "ambiguous", "not a face", "good teaching example")
COLUMNS = ("row", "mark", "class", "split")
_lock = threading.Lock()


def file(dataset: FaceDataset) -> Path:
    """The file of a data set's marks; it may not exist. Sets with different sources have different files."""
    source = hashlib.sha256(str(dataset.source).encode()).hexdigest()[:8]
    return cache_folder() / "marks" / f"{dataset.name}-{source}.csv"


def read(dataset: FaceDataset) -> dict[int, frozenset[str]]:
    """Marks by the data set's own row number; invalid lines are skipped."""
    marks_by_row: dict[int, set[str]] = {}
    try:
        text = read_text(file(dataset))
    except (OSError, UnicodeDecodeError):
        return {}
    lines = csv.DictReader(io.StringIO(text))
    while True:
        try:
            line = next(lines)
        except StopIteration:
            break
        except csv.Error:
            continue
        row, mark = line.get("row") or "", line.get("mark")
        if ROW.fullmatch(row) and mark in MARKS:
            marks_by_row.setdefault(int(row), set()).add(mark)
    return {row: frozenset(row_marks) for row, row_marks in marks_by_row.items()}


def put(dataset: FaceDataset, position: int, marks: Iterable[str]) -> None:
    """Replace the marks of one picture; none removes it from the file.

    Raises:
        UserError: If a mark is unknown or the file cannot be written.
    """
    new_marks = frozenset(marks)
    if unknown := sorted(new_marks - set(MARKS)):
        raise UserError(f"There is no mark {', '.join(unknown)}; there are: {', '.join(MARKS)}.")
    with _lock:
        marks_by_row = read(dataset)
        marks_by_row[int(dataset.rows[position])] = new_marks
        _write(file(dataset), table(dataset, marks_by_row))


def table(dataset: FaceDataset, marks: dict[int, frozenset[str]]) -> list[tuple[int, str, str, str]]:
    """Lines of the CSV: row, mark, class and split, by row."""
    positions = {int(row): position for position, row in enumerate(dataset.rows)} if marks else {}
    lines = []
    for row in sorted(marks):
        position = positions.get(row)
        label = -1 if position is None else int(dataset.labels[position])
        name = dataset.classes[label] if label >= 0 else ""
        split = "" if position is None else dataset.split_names[int(dataset.split[position])]
        lines += [(row, mark, name, split) for mark in MARKS if mark in marks[row]]
    return lines


def summary(marks: dict[int, frozenset[str]]) -> str:
    """Number of each mark, as ``2 label wrong, 1 ambiguous``."""
    count = {mark: sum(mark in row_marks for row_marks in marks.values()) for mark in MARKS}
    return ", ".join(f"{number:,} {mark}" for mark, number in count.items() if number)


def _write(path: Path, lines: list[tuple[int, str, str, str]]) -> None:
    try:
        with atomic_file(path) as new:
            new.write_text(csv_text(COLUMNS, lines), encoding="utf-8")
    except OSError as error:
        raise UserError(
            f"The marks cannot be written ({error.strerror}); free some disk space or set FER_CACHE."
        ) from None
