"""CK+: the folder of 48 x 48 pictures (three frames a sequence) and the CSV in FER2013's form."""

from __future__ import annotations

import dataclasses
import os
import re
from pathlib import Path

import numpy as np

from fer_models.data.listing import Listing
from fer_models.data.pixel_csv import read_pixel_csv
from fer_models.data.readers.base import (
    ALL,
    LOOK,
    READERS,
    Reader,
    ReaderInfo,
    class_name,
    encode_splits,
    find_file,
    image_files,
    visible,
)
from fer_models.data.readers.records import Record, listing_of, odd_files
from fer_models.errors import UserError
from fer_models.labels import CKPLUS7, FER8

_NAME = re.compile(r"(S\d{3})_(\d{3})_(\d{8})\.\w+$", re.IGNORECASE)
_TABLE = ("ckextended.csv",)
_SIDE = 48


@READERS.register("ckplus")
class CkPlus(Reader):
    """Posed expressions filmed in a laboratory; contempt, and no neutral class in the folder form."""

    key = "ckplus"
    info = ReaderInfo(
        title="CK+",
        layout="CK+48/<class>/S010_004_00000017.png, or ckextended.csv (emotion, pixels, Usage; 6 neutral, 7 contempt)",
        where="the Affect Analysis Group of the University of Pittsburgh, https://www.jeffcohn.net/Resources/",
        terms="For research, after signing an agreement; only images of subjects who agreed may be printed.",
        citation="Lucey et al., The Extended Cohn-Kanade Dataset (CK+), CVPR Workshops 2010.",
        classes=CKPLUS7,
        counts={ALL: dict(zip(CKPLUS7, (135, 177, 75, 207, 84, 249, 54), strict=True))},
    )

    def recognises(self, path: Path) -> bool:
        """The CSV by its name, or class folders with at least one picture named as CK+ names them."""
        if os.path.isfile(path):
            return path.name.lower() in _TABLE
        folder = _class_folder(path)
        return folder is not None or find_file(path, _TABLE) is not None

    def read(self, path: Path, **options: str) -> Listing:
        """Subject and sequence come from the file names; the CSV has neither."""
        if os.path.isfile(path):
            return _table(path)
        folder = _class_folder(path)
        if folder is None:
            table = find_file(path, _TABLE)
            return _table(table) if table is not None else self.refuse(path)
        records, odd = [], []
        for entry in visible(folder):
            if not entry.is_dir():
                continue
            label = class_name(entry.name)
            if label not in CKPLUS7:
                raise UserError(f"{entry.name!r} is not a class of CK+ ({', '.join(CKPLUS7)}); move that folder away.")
            for file in image_files(folder / entry.name):
                match = _NAME.match(file.name)
                if match is None:
                    odd.append(file.name)
                    continue
                subject, take, frame = match.groups()
                facts = {"sequence": f"{subject.upper()}_{take}", "frame": str(int(frame))}
                records.append(Record(file, label, ALL, subject.upper(), facts))
        listing = listing_of("ckplus", folder, records, classes=CKPLUS7, size=_SIDE, channels=1)
        return dataclasses.replace(listing, notes=odd_files(odd))


def _class_folder(path: Path) -> Path | None:
    """The folder whose folders hold pictures with CK+'s names: the path itself or one below it."""
    for folder in (path, *(path / entry.name for entry in visible(path, LOOK) if entry.is_dir())):
        for entry in visible(folder, LOOK):
            if entry.is_dir() and any(_NAME.match(e.name) for e in visible(folder / entry.name, LOOK)):
                return folder
    return None


def _table(path: Path) -> Listing:
    table = read_pixel_csv(path, required=("emotion", "usage"), side=_SIDE)
    numbers = []
    for text, line in zip(table.columns["emotion"], table.lines, strict=True):
        if not (len(text) == 1 and text in "01234567"):
            raise UserError(
                f"{path.name}, line {line}: label {text!r} is not one of CK+'s 0 to 7; correct or remove it."
            )
        numbers.append(int(text))
    usage = table.columns["usage"]
    names, split = encode_splits(usage, path.name)
    return Listing(
        name="ckplus",
        pictures=table.images[..., None],
        labels=np.asarray(numbers, np.int64),
        classes=FER8,
        split=split,
        split_names=names,
        rows=np.arange(len(numbers)),
        notes=("This form of CK+ does not tell the subjects: folds by subject need the image folders.",),
        files=[path],
        channels=1,
    )
