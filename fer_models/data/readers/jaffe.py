"""JAFFE: ten women, seven expressions, 213 pictures."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

from fer_models.data.listing import Listing
from fer_models.data.readers.base import ALL, CROP, LOOK, READERS, Reader, ReaderInfo, image_files, visible
from fer_models.data.readers.records import Record, listing_of, odd_files
from fer_models.labels import FER7, canonical

_NAME = re.compile(r"([A-Z]{2})\.(AN|DI|FE|HA|SA|SU|NE)(\d+)\.(\d+)\.tiff?$", re.IGNORECASE)


@READERS.register("jaffe")
class Jaffe(Reader):
    """256 x 256 grey pictures; the first two letters of a file name are the subject."""

    key = "jaffe"
    info = ReaderInfo(
        title="JAFFE",
        layout="files named KA.AN1.39.tiff (subject, AN DI FE HA SA SU or NE and a number, image number), 213 in all",
        where="https://zenodo.org/records/3451524",
        terms="For non-commercial research, on request; not to be passed on.",
        citation="Lyons et al., Coding Facial Expressions with Gabor Wavelets, FG 1998.",
        classes=FER7,
        counts={ALL: dict(zip(FER7, (30, 29, 32, 31, 31, 30, 30), strict=True))},
        options=CROP,
    )

    def recognises(self, path: Path) -> bool:
        """A folder, or one inside it, with a picture named as JAFFE names them."""
        folders = [path, *(path / entry.name for entry in visible(path, LOOK) if entry.is_dir())]
        return any(_NAME.match(entry.name) for folder in folders[:20] for entry in visible(folder, LOOK))

    def read(self, path: Path, **options: str) -> Listing:
        """All pictures in the folder and below it."""
        records, odd = [], []
        for file in image_files(path):
            match = _NAME.match(file.name)
            if match is None:
                odd.append(file.name)
                continue
            subject, emotion, _, number = match.groups()
            records.append(Record(file, canonical(emotion), ALL, subject.upper(), {"picture": number}))
        if not records:
            self.refuse(path)
        crop = options.get("crop", "middle")
        listing = listing_of("jaffe", path, records, classes=FER7, size=128, channels=1, crop=crop)
        return dataclasses.replace(listing, notes=odd_files(odd))
