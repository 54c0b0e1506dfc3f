"""Lists of pictures by row number, as a CSV: for instance those marked as mislabelled."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from fer_models.errors import UserError
from fer_models.files import read_text

#: A row number as text: what int64 holds.
ROW = re.compile("[0-9]{1,18}")
_NAMES = ("row", "id", "ids", "rows")


def read_rows(path: str | Path) -> frozenset[int]:
    """Row numbers from a CSV: its column ``row`` or ``id``, else the first one; a line without a header counts too.

    Raises:
        UserError: If the file cannot be read or holds something that is no row number.
    """
    file = Path(path)
    try:
        lines = list(csv.reader(read_text(file).removeprefix("\ufeff").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error):
        raise UserError(
            f"{file.name}, the list of rows to leave out, cannot be read; give a CSV of row numbers."
        ) from None
    column, head = 0, [cell.strip().lower() for cell in lines[0]] if lines else []
    if head and not head[0].isdecimal():
        column = next((head.index(name) for name in _NAMES if name in head), 0)
        lines = lines[1:]
    rows = set()
    for line in lines:
        if not any(cell.strip() for cell in line):
            continue
        cell = line[column].strip() if column < len(line) else ""
        if not ROW.fullmatch(cell):
            raise UserError(f"{file.name} has {cell[:20]!r} where a row number is needed; give a column named row.")
        rows.add(int(cell))
    return frozenset(rows)
