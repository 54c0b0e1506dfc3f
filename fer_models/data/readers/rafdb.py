"""RAF-DB: the original list with aligned faces, and the form found on Kaggle."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

from fer_models.data.codings import CODINGS, note, order_of
from fer_models.data.csv_file import read_table
from fer_models.data.listing import Listing
from fer_models.data.readers.base import LOOK, READERS, Reader, ReaderInfo, find_file, image_files, visible
from fer_models.data.readers.records import Record, listing_of
from fer_models.errors import UserError
from fer_models.files import read_text
from fer_models.labels import FER7, FER8

#: RAF-DB counts its classes from 1, in its own order.
CODES = {"1": "surprise", "2": "fear", "3": "disgust", "4": "happy", "5": "sad", "6": "angry", "7": "neutral"}
_LIST = ("list_patition_label.txt", "list_partition_label.txt")


@READERS.register("rafdb")
class RafDb(Reader):
    """100 x 100 aligned colour faces from the internet, seven basic classes."""

    key = "rafdb"
    info = ReaderInfo(
        title="RAF-DB",
        layout="list_patition_label.txt (lines such as 'train_00001.jpg 5') with aligned/train_00001_aligned.jpg, or "
        "Kaggle's train/1..7 and test/1..7 with train_labels.csv and test_labels.csv",
        where="http://www.whdeng.cn/raf/model1.html",
        terms="For non-commercial research, on request; not to be passed on.",
        citation="Li, Deng and Du, Reliable Crowdsourcing and Deep Locality-Preserving Learning for Expression "
        "Recognition in the Wild, CVPR 2017.",
        classes=FER7,
        options={"labels": ("rafdb", *(name for name in CODINGS if name != "rafdb"))},
        counts={
            "train": dict(zip(FER7, (705, 717, 281, 4772, 1982, 1290, 2524), strict=True)),
            "test": dict(zip(FER7, (162, 160, 74, 1185, 478, 329, 680), strict=True)),
        },
    )

    def recognises(self, path: Path) -> bool:
        """A folder with the list, or with numbered class folders and a table of labels."""
        if not os.path.isdir(path):
            return path.name in _LIST
        return _find_list(path) is not None or _kaggle(path) is not None

    def read(self, path: Path, **options: str) -> Listing:
        """Labels come from the list, or in Kaggle's form from the folders; a listed file that is missing is noted."""
        if os.path.isfile(path):
            path = path.parent
        table = _find_list(path)
        if table is not None:
            return self._original(path, table)
        root = _kaggle(path)
        return _numbered(root, options.get("labels", "rafdb")) if root is not None else self.refuse(path)

    def _original(self, path: Path, table: Path) -> Listing:
        folder = _find_aligned(path if table.parent == path else table.parent.parent)
        if folder is None:
            self.refuse(path, f"{table.name} and no folder 'aligned' with images")
        present = {entry.name for entry in visible(folder)}
        records, missing = [], []
        for number, line in enumerate(_lines(table), 1):
            if not line.strip():
                continue
            name, code = (*line.split(), "", "")[:2]
            split = name.split("_")[0]
            if split not in ("train", "test") or code not in CODES:
                raise UserError(
                    f"{table.name}, line {number}: {line[:40]!r} must be like 'train_00001.jpg 5', "
                    "with a class from 1 to 7."
                )
            file = f"{Path(name).stem}_aligned.jpg"
            if file not in present:
                missing.append(file)
                continue
            records.append(Record(folder / file, CODES[code], split))
        if not records:
            self.refuse(path, f"{table.name} and none of its images in {folder.name}")
        return _listing(folder, records, [table], _missing(missing))


def _lines(table: Path) -> list[str]:
    try:
        return read_text(table).splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise UserError(f"{table.name} cannot be read ({reason}); download the data again.") from None


def _listing(root: Path, records: list[Record], tables: list[Path], notes: tuple[str, ...]) -> Listing:
    """A listing that depends on the tables of labels as well as on the pictures."""
    classes = FER8 if any(record.label == FER8[-1] for record in records) else FER7  # other codings have contempt
    listing = listing_of("rafdb", root, records, classes=classes, size=100, channels=3)
    return dataclasses.replace(listing, notes=notes, files=[*tables, *listing.source_files()])


def _missing(names: list[str]) -> tuple[str, ...]:
    return (f"{len(names):,} listed images are missing, the first is {names[0]}.",) if names else ()


def _find_list(path: Path) -> Path | None:
    return find_file(path, _LIST)


def _find_aligned(root: Path) -> Path | None:
    """The folder ``aligned`` below the root, at most two folders deep."""
    for folder in (root, *(root / e.name for e in visible(root, LOOK) if e.is_dir())):
        if os.path.isdir(folder / "aligned"):
            return folder / "aligned"
    return None


def _kaggle(path: Path) -> Path | None:
    """The folder with ``train/1`` to ``train/7``."""
    for folder in (path, *(path / entry.name for entry in visible(path, LOOK) if entry.is_dir())):
        inside = {entry.name for entry in visible(folder / "train", LOOK) if entry.is_dir()}
        if inside and inside <= set(CODES):
            return folder
    return None


def _splits(root: Path) -> list[str]:
    """Folders with class folders: ``train``, ``test``, and any other part such as ``valid``."""
    parts = [entry.name for entry in visible(root) if entry.is_dir()]
    return [part for part in parts if any(e.is_dir() and e.name in CODES for e in visible(root / part, LOOK))]


def _numbered(root: Path, coding: str) -> Listing:
    records: list[Record] = []
    tables: list[Path] = []
    notes: list[str] = []
    codes = {int(entry.name) for entry in visible(root / "train") if entry.name in CODES}
    order = order_of(coding, codes)
    for split in _splits(root):
        files: list[tuple[Path, str]] = []
        for entry in visible(root / split):
            if entry.is_dir() and entry.name not in CODES:
                raise UserError(f"{split}/{entry.name} is not a class of RAF-DB; its folders are called 1 to 7.")
            if entry.is_dir():
                folder = root / split / entry.name
                files += [(file, entry.name) for file in image_files(folder)]
        table = next(
            (f for f in (root / f"{split}_labels.csv", root.parent / f"{split}_labels.csv") if os.path.isfile(f)), None
        )
        if table is not None:
            tables.append(table)
            listed = _read_labels(table)
            wrong = [file.name for file, code in files if listed.get(file.name, code) != code]
            if wrong:
                raise UserError(
                    f"{table.name} gives {wrong[0]} another class than its folder; download the data again."
                )
            present = {file.name for file, _ in files}
            notes += _missing([name for name in listed if name not in present])
        records += [Record(file, order[int(code)], split) for file, code in files]
    known = bool(tables) or _aligned(records)
    if coding != "rafdb" or not known:
        notes.append(note(coding, order))
    if coding == "rafdb" and not known:
        notes.append("Neither a list nor the names of the files say that this is RAF-DB: its order is assumed.")
    return _listing(root, records, tables, tuple(notes))


def _aligned(records: list[Record]) -> bool:
    """Whether the files are named as RAF-DB names its aligned faces."""
    return all(record.path.stem.endswith("_aligned") for record in records)


def _read_labels(table: Path) -> dict[str, str]:
    rows = read_table(table)
    if len(rows.header) < 2:
        raise UserError(f"{table.name} must have two columns: the name of an image and its class, 1 to 7.")
    for number, row in zip(rows.lines, rows.rows, strict=True):
        if row[1].strip() not in CODES:
            raise UserError(
                f"{table.name}, line {number}: label {row[1][:20]!r} is not one of RAF-DB's 1 to 7; "
                "correct or remove it."
            )
    return {row[0].strip(): row[1].strip() for row in rows.rows}
