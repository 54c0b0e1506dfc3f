"""AffectNet: the manually annotated lists of 2017, and the smaller form with one annotation file a picture."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from fer_models.data.codings import fixed_note, order_of
from fer_models.data.csv_file import blocks_of, cells_of, header_line
from fer_models.data.listing import Listing
from fer_models.data.readers.base import LOOK, READERS, Reader, ReaderInfo, find_file, image_files, visible
from fer_models.data.readers.records import Record, listing_of
from fer_models.errors import UserError
from fer_models.labels import FER8

#: Columns of the lists, in this order; the list of the validation split has no header.
COLUMNS = (
    "subDirectory_filePath", "face_x", "face_y", "face_width", "face_height", "facial_landmarks", "expression",
    "valence", "arousal",
)  # fmt: skip
_LISTS = {"train": "training.csv", "val": "validation.csv"}
_PARTS = {"train": "train_set", "val": "val_set"}
_WITHOUT_CLASS = {8: "none", 9: "uncertain", 10: "no face"}
_NO_VALUE = -2.0


@READERS.register("affectnet")
class AffectNet(Reader):
    """Faces from the internet in eight classes, with valence and arousal in [-1, 1] as further columns.

    The lists mark pictures as none, uncertain or no face: they are left out and counted. The face box of the lists is
    cut out. The smaller form holds pictures that are cut already.
    """

    key = "affectnet"
    info = ReaderInfo(
        title="AffectNet",
        layout="Manually_Annotated_file_lists/training.csv and validation.csv with Manually_Annotated_Images/, or "
        "train_set/ and val_set/, each with images/0.jpg and annotations/0_exp.npy",
        where="http://mohammadmahoor.com/affectnet/",
        terms="For non-commercial research, on request by an institution; not to be passed on.",
        citation="Mollahosseini, Hasani and Mahoor, AffectNet: A Database for Facial Expression, Valence, and Arousal "
        "Computing in the Wild, IEEE Transactions on Affective Computing 2019.",
        classes=FER8,
        counts={
            "train": dict(zip(FER8, (24882, 3803, 6378, 134415, 25459, 14090, 74874, 3750), strict=True)),
            "val": dict.fromkeys(FER8, 500),
        },
    )

    def recognises(self, path: Path) -> bool:
        """A folder with a list whose first line is of that form, or with ``train_set/annotations``."""
        return any(_is_list(file) for file in _lists(path).values()) or bool(_annotated(path))

    def read(self, path: Path, **options: str) -> Listing:
        """Both splits, or the one that is there."""
        lists = {split: file for split, file in _lists(path).items() if _is_list(file)}
        if lists:
            return self._listed(path, lists)
        parts = _annotated(path)
        return self._one_by_one(path, parts) if parts else self.refuse(path)

    def _listed(self, path: Path, lists: dict[str, Path]) -> Listing:
        folder = next((f for f in _picture_folders(path, lists) if os.path.isdir(f)), None)
        if folder is None:
            self.refuse(path, "the lists and no folder Manually_Annotated_Images")
        rows: list[Record] = []
        numbers: list[tuple[float, ...]] = []
        left_out = dict.fromkeys(_WITHOUT_CLASS, 0)
        missing: list[str] = []
        order = order_of("affectnet", range(8))
        for split, table in lists.items():
            for place, cells in _lines(table):
                name, code, figures = _values(cells, place)
                if code in _WITHOUT_CLASS:
                    left_out[code] += 1
                elif code not in order:
                    raise UserError(
                        f"{place}: expression {code} is not one of AffectNet's 0 to 10; download the list again."
                    )
                elif not os.path.isfile(folder / name):
                    missing.append(name)
                else:
                    rows.append(Record(folder / name, order[code], split))
                    numbers.append(figures)
        if not rows:
            self.refuse(path, f"lists of which no image is in {folder.name}")
        listing = listing_of("affectnet", folder, rows, classes=FER8, size=96, channels=3)
        values = np.asarray(numbers, np.float64)
        notes = [fixed_note("affectnet", order)]
        if any(left_out.values()):
            parts = ", ".join(f"{count:,} {_WITHOUT_CLASS[code]}" for code, count in left_out.items())
            notes.append(f"{sum(left_out.values()):,} listed images without a class were left out: {parts}.")
        if missing:
            notes.append(f"{len(missing):,} listed images are missing, the first is {missing[0]}.")
        return dataclasses.replace(
            listing,
            columns=listing.columns | _affect(values[:, 4:]),
            boxes=values[:, :4],
            notes=tuple(notes),
            files=[*lists.values(), *listing.source_files()],
            root=None,  # the lists name the pictures
        )

    def _one_by_one(self, path: Path, parts: dict[str, Path]) -> Listing:
        records, affect, missing = [], [], []
        order = order_of("affectnet", range(8))
        for split, folder in parts.items():
            for file in image_files(folder / "images"):
                code = _number(folder, file, "exp")
                if code is None or int(code) not in order:
                    missing.append(file.name)
                    continue
                records.append(Record(file, order[int(code)], split))
                affect.append([_number(folder, file, word) or 0.0 for word in ("val", "aro")])
        if not records:
            self.refuse(path, "images without annotations")
        listing = listing_of("affectnet", path, records, classes=FER8, size=96, channels=3)
        notes = [fixed_note("affectnet", order)]
        if missing:
            notes.append(f"{len(missing):,} images have no annotation of 0 to 7, the first is {missing[0]}.")
        return dataclasses.replace(listing, columns=listing.columns | _affect(np.asarray(affect)), notes=tuple(notes))


def _affect(values: np.ndarray) -> dict[str, np.ndarray]:
    """Valence and arousal of (N, 2), NaN where they were not given."""
    values = np.where(values == _NO_VALUE, np.nan, values)
    return {"valence": values[:, 0], "arousal": values[:, 1]}


def _lists(path: Path) -> dict[str, Path]:
    """The lists of the splits that are there, in the folder or one below it."""
    if os.path.isfile(path):
        return {split: path for split, name in _LISTS.items() if path.name == name}
    found = {split: find_file(path, (name,)) for split, name in _LISTS.items()}
    return {split: file for split, file in found.items() if file is not None}


def _is_list(file: Path) -> bool:
    """Whether the first line is the header or a row: nine cells, a picture's path first."""
    cells = cells_of(header_line(file), ",") or []
    return len(cells) == len(COLUMNS) and (cells[0] == COLUMNS[0] or "/" in cells[0])


def _picture_folders(path: Path, lists: dict[str, Path]) -> Iterator[Path]:
    """Where the pictures may lie: beside the folder of the lists, or in it."""
    near = next(iter(lists.values())).parent
    for folder in (near.parent, near, path):
        for name in ("Manually_Annotated_Images", "Manually_Annotated/Manually_Annotated_Images", "Manually_Annotated"):
            yield folder / name


def _lines(table: Path) -> Iterator[tuple[str, list[str]]]:
    """Place and cells of each row; landmarks hold semicolons, so the delimiter is not guessed."""
    number = 0
    for block in blocks_of(table):
        for line in block:
            number += 1
            cells = cells_of(line.decode("utf-8", "replace"), ",") or []
            if cells and cells[0].lstrip("\ufeff") != COLUMNS[0]:
                yield f"{table.name}, line {number}", cells


def _values(cells: list[str], place: str) -> tuple[str, int, tuple[float, ...]]:
    """A row's file, class number, and left, top, right, bottom of its face, valence and arousal."""
    try:
        x, y, width, height, _, code, valence, arousal = (cell.strip() for cell in cells[1:])
        left, top, wide, high = (float(word) for word in (x, y, width, height))
        return cells[0], int(code), (left, top, left + wide, top + high, float(valence), float(arousal))
    except ValueError:
        raise UserError(f"{place} has not the nine columns {', '.join(COLUMNS)}; download the list again.") from None


def _annotated(path: Path) -> dict[str, Path]:
    """Folders of the splits that hold ``images`` and ``annotations``, in the folder or the only one in it."""
    for folder in (path, *(path / entry.name for entry in visible(path, LOOK)[:20] if entry.is_dir())):
        parts = {split: folder / name for split, name in _PARTS.items()}
        there = {s: p for s, p in parts.items() if os.path.isdir(p / "images") and os.path.isdir(p / "annotations")}
        if there:
            return there
    return {}


def _number(folder: Path, picture: Path, word: str) -> float | None:
    """The number in one annotation file, stored as text or as a number; ``None`` where there is none."""
    try:
        value = np.load(folder / "annotations" / f"{picture.stem}_{word}.npy", allow_pickle=False)
        return float(value.reshape(-1)[0])
    except (OSError, ValueError, IndexError, EOFError):
        return None
