"""Reading tables of unchecked origin: any line ends, comma, semicolon or tab, bounded lines, one sentence a fault."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from fer_models.errors import UserError
from fer_models.files import open_regular

#: Bytes of the longest line: the pixels of an image of 1,024 x 1,024 as text take half of it.
LONGEST_LINE = 8 << 20
_PIECE = 8 << 20
_MAX_HEADER = 4096


@dataclass(frozen=True)
class CsvTable:
    """Column names in lower case, and the cells of each row as text with the row's line number."""

    header: list[str]
    rows: list[list[str]]
    lines: list[int]

    def column(self, name: str) -> list[str]:
        """The cells of a column, without spaces around them."""
        at = self.header.index(name)
        return [row[at].strip() for row in self.rows]


def open_table(path: Path) -> BinaryIO:
    """Open a table for reading.

    Raises:
        UserError: If it is not there, cannot be opened or is no regular file.
    """
    try:
        return open_regular(path)
    except OSError as error:
        raise UserError(f"{path.name} cannot be opened ({error.strerror}); check its path and permissions.") from None


def blocks_of(path: Path) -> Iterator[list[bytes]]:
    """The lines of a file without their ends, some megabytes at a time; lines end as on Unix, Windows or old Macs.

    Raises:
        UserError: If the file cannot be opened, or a line is longer than :data:`LONGEST_LINE`; no more is read then.
    """
    rest, done = b"", 0
    with open_table(path) as file:
        while True:
            piece = file.read(_PIECE)
            block = rest + piece
            # A carriage return at the very end may be half of a Windows line end.
            cut = max(block.rfind(b"\n"), block.rfind(b"\r", 0, len(block) - 1)) + 1 if piece else len(block)
            lines, rest = block[:cut].splitlines(), block[cut:]
            if len(rest) > LONGEST_LINE or any(len(line) > LONGEST_LINE for line in lines):
                raise UserError(
                    f"{path.name}, line {done + len(lines) + 1} or before it: a line of more than "
                    f"{LONGEST_LINE >> 20} MB; this is not a table of images."
                )
            done += len(lines)
            if lines:
                yield lines
            if not piece:
                return


def header_line(path: Path) -> str:
    """The first line of a table as text; empty if the file is no text.

    Raises:
        UserError: If the file cannot be opened.
    """
    with open_table(path) as file:
        start = file.read(_MAX_HEADER)
    line = next(iter(start.splitlines()), b"")
    try:
        # Of a long line, the last character may be cut.
        text = line.decode("utf-8-sig", "ignore" if len(line) == _MAX_HEADER else "strict")
    except UnicodeDecodeError:
        return ""
    return "" if "\0" in text else text


def delimiter_of(header: str) -> str:
    """Comma, semicolon or tab: what divides the most names in a header."""
    return max(",;\t", key=header.count)


def read_header(path: Path) -> list[str]:
    """Column names of a CSV in lower case and without spaces around them; empty if the file is no text.

    Raises:
        UserError: If the file cannot be opened.
    """
    line = header_line(path)
    return [name.strip().lower() for name in cells_of(line, delimiter_of(line)) or []]


def cells_of(line: str, delimiter: str) -> list[str] | None:
    """The cells of one line, ``None`` where its quotes or lengths are no CSV's."""
    try:
        return next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])
    except csv.Error:
        return None


def check_header(path: Path, header: list[str]) -> None:
    """Refuse a table whose first line names no columns, or one of them twice.

    Raises:
        UserError: The message names the column.
    """
    if not any(header):
        raise UserError(f"{path.name} is empty or no text; choose a CSV whose first line names its columns.")
    twice = next((name for name in header if name and header.count(name) > 1), None)
    if twice is not None:
        raise UserError(f"{path.name} has two columns {twice[:30]!r}; rename one of them.")


def read_table(path: Path) -> CsvTable:
    """A whole table as text; empty rows are left out. For tables of names, not of pixels.

    Raises:
        UserError: If it cannot be opened, has no header, a column twice, or a row of another width; the message names
            the line (the header is line 1).
    """
    header = read_header(path)
    check_header(path, header)
    text = (line.decode("utf-8", "replace") + "\n" for lines in blocks_of(path) for line in lines)
    reader = csv.reader(text, delimiter=delimiter_of(header_line(path)), skipinitialspace=True)
    table = CsvTable(header, [], [])
    try:
        for row in reader:
            if reader.line_num == 1 or not any(cell.strip() for cell in row):
                continue
            if len(row) != len(header):
                raise UserError(f"{path.name}, line {reader.line_num}: {len(row)} columns instead of {len(header)}.")
            table.rows.append(row)
            table.lines.append(reader.line_num)
    except csv.Error as error:
        raise UserError(f"{path.name}, line {reader.line_num}: {error}; correct or remove that line.") from None
    if not table.rows:
        raise UserError(f"{path.name} has a header and no rows; choose the full file.")
    return table
