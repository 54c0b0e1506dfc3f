"""ExpW (Expression in-the-Wild): whole photographs, and one list with a face box and a class a line."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import numpy as np

from fer_models.data.codings import code, fixed_note
from fer_models.data.csv_file import blocks_of, header_line
from fer_models.data.listing import Listing
from fer_models.data.readers.base import ALL, READERS, Reader, ReaderInfo, find_file
from fer_models.data.readers.records import Record, listing_of
from fer_models.errors import UserError
from fer_models.labels import FER7

#: Fields of a line of the list.
FIELDS = ("image_name", "face_id_in_image", "top", "left", "right", "bottom", "detection_confidence", "expression")
_LIST = "label.lst"
_FOLDERS = ("image/origin", "origin", "image", "")


@READERS.register("expw")
class ExpW(Reader):
    """Faces in photographs found by words for expressions; each face's box is cut out. No split, no persons."""

    key = "expw"
    info = ReaderInfo(
        title="ExpW",
        layout="data/label/label.lst (lines 'name.jpg 0 top left right bottom confidence 3') with the photographs in "
        "data/image/origin",
        where="http://mmlab.ie.cuhk.edu.hk/projects/socialrelation/index.html",
        terms="For non-commercial research; the photographs belong to their owners.",
        citation="Zhang, Luo, Loy and Tang, From Facial Expression Recognition to Interpersonal Relation Prediction, "
        "International Journal of Computer Vision 2018.",
        classes=FER7,
        counts={ALL: dict(zip(FER7, (3671, 3995, 1088, 30537, 10559, 7060, 34883), strict=True))},
    )

    def recognises(self, path: Path) -> bool:
        """The list, or a folder that has it at most two folders deep."""
        table = _list(path)
        if table is None:
            return False
        fields = header_line(table).split()
        return len(fields) >= len(FIELDS) and code(fields[-1]) in range(7)

    def read(self, path: Path, **options: str) -> Listing:
        """A row for each face of the list; a photograph that is missing is noted."""
        table = _list(path)
        folder = None if table is None else _photographs(table)
        if table is None or folder is None:
            self.refuse(path, "" if table is None else f"{_LIST} and no folder image/origin")
        order = dict(enumerate(FER7))  # as FER2013
        records, boxes, confidence = [], [], []
        missing: dict[str, None] = {}
        for place, name, numbers in _lines(table):
            label = code(numbers[-1])
            if label is None or label not in order:
                raise UserError(
                    f"{place}: expression {numbers[-1][:20]!r} is not one of ExpW's 0 to 6; download the list again."
                )
            if name in missing or not os.path.isfile(folder / name):
                missing[name] = None
                continue
            try:
                top, left, right, bottom, sure = (float(number) for number in numbers[1:6])
            except ValueError:
                raise UserError(f"{place}: the face box is not four numbers; download the list again.") from None
            records.append(Record(folder / name, order[label], facts={"face": numbers[0]}))
            boxes.append((left, top, right, bottom))
            confidence.append(sure)
        if not records:
            self.refuse(path, f"{_LIST} and none of its photographs in {folder.name}")
        notes = [fixed_note("fer2013", order)]
        if missing:
            notes.append(f"{len(missing):,} listed images are missing, the first is {next(iter(missing))}.")
        listing = listing_of("expw", folder, records, classes=FER7, size=96, channels=3)
        return dataclasses.replace(
            listing,
            columns=listing.columns | {"detection confidence": np.asarray(confidence, np.float64)},
            boxes=np.asarray(boxes, np.float64),
            notes=tuple(notes),
            files=[table, *listing.source_files()],
            root=None,  # the list names the photographs
        )


def _list(path: Path) -> Path | None:
    if os.path.isfile(path):
        return path if path.name == _LIST else None
    return find_file(path, (_LIST,)) or find_file(path / "data", (_LIST,))


def _photographs(table: Path) -> Path | None:
    """The folder of the photographs: beside that of the list, or around it."""
    folders = (parent / name for parent in (table.parent.parent, table.parent) for name in _FOLDERS)
    first = " ".join(header_line(table).split()[:-7])
    there = [folder for folder in folders if os.path.isdir(folder)]
    return next((folder for folder in there if os.path.isfile(folder / first)), there[0] if there else None)


def _lines(table: Path) -> list[tuple[str, str, list[str]]]:
    """Place, file and the other fields of each line; a file's name may hold spaces."""
    lines, number = [], 0
    for block in blocks_of(table):
        for raw in block:
            number += 1
            fields = raw.decode("utf-8", "replace").split()
            if not fields:
                continue
            if len(fields) < len(FIELDS):
                raise UserError(f"{table.name}, line {number}: {len(fields)} fields instead of {len(FIELDS)}.")
            lines.append((f"{table.name}, line {number}", " ".join(fields[:-7]), fields[-7:]))
    return lines
