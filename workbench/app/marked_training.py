"""Marked pictures, as a list that training leaves out."""

from __future__ import annotations

import hashlib
from collections.abc import Collection

from fer_models.data import FaceDataset
from fer_models.errors import UserError
from fer_models.folders import cache_folder
from fer_models.storage import atomic_file
from workbench.app import marks


def counts(dataset: FaceDataset) -> dict[str, int]:
    """Number of pictures with each mark, without unused marks."""
    marks_by_row = marks.read(dataset)
    numbers = {mark: sum(mark in row_marks for row_marks in marks_by_row.values()) for mark in marks.MARKS}
    return {mark: number for mark, number in numbers.items() if number}


def list_file(dataset: FaceDataset, excluded: Collection[str]) -> str:
    """Write the rows with any of the ``excluded`` marks to a CSV and return its path; ``""`` if there are none.

    Raises:
        UserError: If the file cannot be written.
    """
    rows = sorted(row for row, row_marks in marks.read(dataset).items() if row_marks & frozenset(excluded))
    if not rows:
        return ""
    text = "row\n" + "".join(f"{row}\n" for row in rows)
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    path = cache_folder() / "marks" / "left-out" / f"{dataset.name}-{digest}.csv"
    try:
        with atomic_file(path) as new:
            new.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(
            f"The list of marked images cannot be written ({error.strerror}); free some disk space."
        ) from None
    return str(path)
