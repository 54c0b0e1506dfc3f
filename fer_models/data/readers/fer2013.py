"""FER2013: the official CSV, the one with spaces in its header, Kaggle's two halves, and PNG sheets."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from fer_models.data.csv_file import read_header, read_table
from fer_models.data.dataset import UNLABELLED
from fer_models.data.listing import Listing
from fer_models.data.pixel_csv import PixelTable, named, read_pixel_csv
from fer_models.data.readers.base import READERS, Reader, ReaderInfo, find_file, visible
from fer_models.errors import UserError
from fer_models.labels import FER7

SPLITS = ("Training", "PublicTest", "PrivateTest")
_NAMES = ("fer2013.csv", "icml_face_data.csv")
_SIDE = 48
_TILES = 60


@READERS.register("fer2013")
class Fer2013(Reader):
    """48 x 48 grey faces gathered by image search, in seven classes."""

    key = "fer2013"
    info = ReaderInfo(
        title="FER2013",
        layout="fer2013.csv or icml_face_data.csv (columns emotion, pixels, Usage), Kaggle's train.csv and test.csv, "
        "or PNG sheets of 60 x 60 faces (sheet_0.png, ...) with labels.csv (emotion, Usage)",
        where="https://www.kaggle.com/c/challenges-in-representation-learning-facial-expression-recognition-challenge",
        terms="Data of a Kaggle competition, for research; the rights in the images are not cleared.",
        citation="Goodfellow et al., Challenges in Representation Learning: A Report on Three Machine Learning "
        "Contests, ICONIP 2013.",
        classes=FER7,
        counts={
            split: dict(zip(FER7, numbers, strict=True))
            for split, numbers in {
                "Training": (3995, 436, 4097, 7215, 4830, 3171, 4965),
                "PublicTest": (467, 56, 496, 895, 653, 415, 607),
                "PrivateTest": (491, 55, 528, 879, 594, 416, 626),
            }.items()
        },
    )

    def recognises(self, path: Path) -> bool:
        """A CSV with exactly these columns (CK+'s has the same and is known by its name), or a folder with one."""
        if os.path.isdir(path):
            return fer2013_file(path) is not None
        if path.suffix.lower() != ".csv" or not os.path.isfile(path) or path.name.lower().startswith("ck"):
            return False
        header = set(read_header(path))
        return header in ({"emotion", "pixels", "usage"}, {"emotion", "pixels"}, {"pixels"})

    def read(self, path: Path, **options: str) -> Listing:
        """Rows in the official order; ``rows`` count from 0 through all files read."""
        source = path if os.path.isfile(path) else fer2013_file(path)
        if source is None:
            self.refuse(path)
        if source.name.lower() == "labels.csv":
            return _sheets(source)
        files = [source]
        if source.name.lower() == "train.csv" and os.path.isdir(path):
            files += [other] if (other := find_file(path, ("test.csv",))) is not None else []
        if "pixels" not in read_header(source) and read_header(source):
            self.refuse(path, f"the columns {named(read_header(source))} in {source.name}")
        parts = [_part(file, read_pixel_csv(file, side=_SIDE)) for file in files]
        images = np.concatenate([part[0] for part in parts]) if len(parts) > 1 else parts[0][0]
        return _listing(
            images, np.concatenate([part[1] for part in parts]), np.concatenate([part[2] for part in parts]), files
        )


def fer2013_file(folder: Path) -> Path | None:
    """The table of FER2013 in a folder or one level below."""
    named_table = find_file(folder, _NAMES)
    if named_table is None:
        train = find_file(folder, ("train.csv",))
        if train is not None and set(read_header(train)) == {"emotion", "pixels"}:
            return train
        table = folder / "labels.csv"
        if os.path.isfile(table) and os.path.isfile(folder / "sheet_0.png"):
            return table
    return named_table


def _part(path: Path, table: PixelTable) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    count = len(table.images)
    if "emotion" in table.columns:
        emotions = [
            _emotion(text, path, line) for text, line in zip(table.columns["emotion"], table.lines, strict=True)
        ]
        numbers = np.asarray(emotions, np.int64)
    elif path.name.lower() == "test.csv" or not table.columns:
        numbers = np.full(count, UNLABELLED, np.int64)
    else:
        raise UserError(f"{path.name} has no column 'emotion'; its columns are: {named(read_header(path))}.")
    if "usage" in table.columns:
        usage = [_usage(text, path, line) for text, line in zip(table.columns["usage"], table.lines, strict=True)]
    else:
        usage = ["Training" if "emotion" in table.columns else "Test"] * count
    return table.images, numbers, np.asarray(usage)


def _emotion(text: str, path: Path, line: int) -> int:
    if not (len(text) == 1 and text in "0123456"):
        raise UserError(
            f"{path.name}, line {line}: label {text!r} is not one of FER2013's 0 to 6; correct or remove it."
        )
    return int(text)


def _usage(text: str, path: Path, line: int) -> str:
    if text not in SPLITS:
        raise UserError(
            f"{path.name}, line {line}: Usage {text!r} is not one of {', '.join(SPLITS)}; correct or remove it."
        )
    return text


def _sheets(table: Path) -> Listing:
    """PNG sheets of 60 x 60 faces in row order."""
    from fer_models.faces.image import read_image

    faces = read_table(table)
    rows = faces.rows
    if not {"emotion", "usage"} <= set(faces.header):
        raise UserError(f"{table.name} must have the columns emotion and Usage.")
    columns = [zip(faces.column(name), faces.lines, strict=True) for name in ("emotion", "usage")]
    numbers = [_emotion(text, table, line) for text, line in columns[0]]
    usage = [_usage(text, table, line) for text, line in columns[1]]
    names = [entry.name for entry in visible(table.parent)]
    needed = -(-len(rows) // _TILES**2)
    files = [table.parent / f"sheet_{k}.png" for k in range(needed)]
    images = np.empty((needed * _TILES**2, _SIDE, _SIDE), np.uint8)
    for k, file in enumerate(files):
        if file.name not in names:
            raise UserError(f"{file.name} is missing beside {table.name}, which lists {len(rows):,} faces.")
        sheet = read_image(file)[..., 0]
        if sheet.shape != (_TILES * _SIDE, _TILES * _SIDE):
            raise UserError(f"{file.name} has {sheet.shape[1]} x {sheet.shape[0]} pixels instead of 2880 x 2880.")
        tiles = sheet.reshape(_TILES, _SIDE, _TILES, _SIDE).swapaxes(1, 2)
        images[k * _TILES**2 : (k + 1) * _TILES**2] = tiles.reshape(-1, _SIDE, _SIDE)
    return _listing(images[: len(rows)], np.asarray(numbers), np.asarray(usage), [table, *files])


def _listing(images: np.ndarray, numbers: np.ndarray, usage: np.ndarray, files: list[Path]) -> Listing:
    present = [name for name in (*SPLITS, "Test") if name == "Training" or (usage == name).any()]
    split = np.zeros(len(images), np.int8)
    for i, name in enumerate(present):
        split[usage == name] = i
    return Listing(
        name="fer2013",
        pictures=images[..., None],
        labels=numbers,
        classes=FER7,
        split=split,
        split_names=tuple(present),
        rows=np.arange(len(images)),
        files=files,
        size=_SIDE,
        channels=1,
    )
