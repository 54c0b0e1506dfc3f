"""Pictures that a person marked, as a list for training to leave out."""

from __future__ import annotations

import hashlib
from collections.abc import Collection

from fer_models.data import FaceDataset
from fer_models.errors import UserError
from fer_models.folders import cache_folder
from fer_models.storage import atomic_file
from workbench.app import marks


def counts(dataset: FaceDataset) -> dict[str, int]:
    """How many pictures have each mark, marks without pictures left out."""
    known = marks.read(dataset)
    found = {mark: sum(mark in own for own in known.values()) for mark in marks.MARKS}
    return {mark: number for mark, number in found.items() if number}


def list_file(dataset: FaceDataset, chosen: Collection[str]) -> str:
    """Write the rows with any of the chosen marks to a CSV and return its path; empty text where there are none.

    Raises:
        UserError: If the file cannot be written.
    """
    rows = sorted(row for row, own in marks.read(dataset).items() if own & frozenset(chosen))
    if not rows:
        return ""
    text = "row\n" + "".join(f"{row}\n" for row in rows)
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    path = cache_folder() / "marks" / "left-out" / f"{dataset.name}-{digest}.csv"
    try:
        with atomic_file(path) as new:
            new.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"The list of marked pictures cannot be written ({error.strerror}); make room.") from None
    return str(path)
