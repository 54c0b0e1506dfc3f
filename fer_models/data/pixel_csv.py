"""Tables with one picture a row, written as numbers: the CSV form of FER2013 and similar sets, read fast.

The pixels of many rows are joined to one run of bytes and turned to numbers by a dozen vector operations, which is many
times as fast as splitting every row into words.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fer_models.data.csv_file import blocks_of, cells_of, check_header, delimiter_of, header_line, read_header
from fer_models.errors import UserError

PIXELS = "pixels"


@dataclass(frozen=True)
class PixelTable:
    """Square grey pictures, uint8 (N, side, side), with the other columns as text and the line of each row."""

    images: np.ndarray
    columns: dict[str, list[str]]
    lines: np.ndarray


def read_pixel_csv(path: Path, *, required: tuple[str, ...] = (), side: int | None = None) -> PixelTable:
    """Read a CSV with a column ``pixels`` of numbers 0 to 255 separated by spaces, and any other columns as text.

    ``required`` names columns that must be there; ``side`` is the side of the pictures in pixels, by default that of
    the first row. Peak memory is about that of the pictures twice.

    Raises:
        UserError: If the file is empty, lacks a column, or a line is too short, too long or holds anything but pixels;
            the message names the line (the header is line 1).
    """
    header = read_header(path)
    check_header(path, header)
    for name in (PIXELS, *required):
        if name not in header:
            raise UserError(f"{path.name} has no column {name!r}; its columns are: {named(header)}.")
    at = header.index(PIXELS)
    others = [(i, name) for i, name in enumerate(header) if i != at]
    columns: dict[str, list[str]] = {name: [] for _, name in others}
    images: list[np.ndarray] = []
    lines: list[np.ndarray] = []
    for numbers, rows in _rows(path, len(header)):
        texts = [row[at] for row in rows]
        if side is None:
            side = _side(path, numbers[0], len(texts[0].split()))
        images.append(_numbers(path, texts, numbers, side))
        lines.append(np.asarray(numbers))
        for i, name in others:
            columns[name] += [_text(row[i]) for row in rows]
    if not images:
        raise UserError(f"{path.name} has a header and no rows; choose the full file.")
    return PixelTable(np.concatenate(images), columns, np.concatenate(lines))


def named(header: list[str]) -> str:
    """Column names for a message; without a header, the first line may be half a picture."""
    shown = ", ".join(name[:30] for name in header[:10])
    return shown + (", ..." if len(header) > 10 else "")


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace").strip().strip('"').strip()


def _side(path: Path, line: int, count: int) -> int:
    side = math.isqrt(count)
    if side < 8 or side * side != count:
        raise UserError(
            f"{path.name}, line {line}: {count} pixels do not make a square image; the file may be cut off."
        )
    return side


def _rows(path: Path, width: int) -> Iterator[tuple[list[int], list[list[bytes]]]]:
    """Line numbers and cells of the rows, some megabytes at a time; blank lines are skipped."""
    line = 0
    delimiter = delimiter_of(header_line(path))
    for block in blocks_of(path):
        numbers, rows = [], []
        for raw in block:
            line += 1
            if line == 1 or not raw.strip():
                continue
            cells = _cells(raw, delimiter)
            if cells is None:
                raise UserError(f"{path.name}, line {line}: its quotes are not balanced; correct or remove that line.")
            if len(cells) != width:
                raise UserError(
                    f"{path.name}, line {line}: {len(cells)} columns instead of {width}; the file may be cut off."
                )
            numbers.append(line)
            rows.append(cells)
        if rows:
            yield numbers, rows


def _cells(raw: bytes, delimiter: str) -> list[bytes] | None:
    cells = raw.split(delimiter.encode())
    if b'"' in raw and any(cell.count(b'"') % 2 for cell in cells):  # a delimiter inside quotes
        quoted = cells_of(raw.decode("utf-8", "replace"), delimiter)
        return None if quoted is None else [cell.encode() for cell in quoted]
    return [cell.strip(b' "') for cell in cells]


def _numbers(path: Path, texts: list[bytes], lines: list[int], side: int) -> np.ndarray:
    """uint8 (rows, side, side) from the rows' pixel text."""
    expected = side * side
    for text, line in zip(texts, lines, strict=True):
        if text.count(b" ") != expected - 1 and (count := len(text.split())) != expected:
            raise UserError(
                f"{path.name}, line {line}: {count} pixels instead of {expected}; "
                "the file may be incomplete: download it again."
            )
    values = _parse(b" ".join(texts))
    if values is None or values.size != len(texts) * expected:
        for text, line in zip(texts, lines, strict=True):
            row = _parse(text)
            if row is None or row.size != expected:
                raise UserError(f"{path.name}, line {line}: pixels must be {expected} whole numbers from 0 to 255.")
        raise AssertionError("unreachable: some row must be wrong")
    return values.reshape(-1, side, side)


def _parse(text: bytes) -> np.ndarray | None:
    """uint8 numbers of a text of digits and spaces; ``None`` if there is anything else or a number above 255."""
    raw = np.frombuffer(b"   " + text + b" ", np.uint8)
    digits = raw - np.uint8(48)  # Wraps around: only the ten digits come out below ten.
    is_digit = digits < 10
    if np.count_nonzero(is_digit) + np.count_nonzero(raw == 32) != raw.size:
        return None
    digits *= is_digit
    current, previous = is_digit[3:-1], is_digit[2:-2]
    hundreds = digits[1:-3] * previous
    low = digits[2:-2] * np.uint8(10)
    low += digits[3:-1]
    too_large = (hundreds > 2) | ((hundreds == 2) & (low > 55)) | (is_digit[:-4] & is_digit[1:-3] & previous)
    if (too_large & current).any():
        return None
    low += hundreds * np.uint8(100)
    return low[current & ~is_digit[4:]]
