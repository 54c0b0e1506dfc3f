"""KDEF: 70 actors, seven expressions, five angles, two sessions."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

from fer_models.data.listing import Listing
from fer_models.data.readers.base import ALL, CROP, LOOK, READERS, Reader, ReaderInfo, image_files, visible
from fer_models.data.readers.records import Record, listing_of, odd_files
from fer_models.labels import FER7, canonical

_NAME = re.compile(r"([AB])([FM])(\d{2})(AF|AN|DI|HA|NE|SA|SU)(FL|HL|S|HR|FR)\.jpe?g$", re.IGNORECASE)
_ANGLES = {"FL": "full left", "HL": "half left", "S": "straight", "HR": "half right", "FR": "full right"}


@READERS.register("kdef")
class Kdef(Reader):
    """562 x 762 colour pictures; the middle square is kept. Unreadable and black files are left out and named."""

    key = "kdef"
    info = ReaderInfo(
        title="KDEF",
        layout="files named AF01ANS.JPG (session A or B, F or M, subject 01 to 35, AF AN DI HA NE SA or SU, angle FL "
        "HL S HR or FR), all in one folder or one folder a subject, 4,900 in all",
        where="Karolinska Institutet, https://kdef.se",
        terms="For non-commercial research, on request; not to be passed on.",
        citation="Lundqvist, Flykt and Oehman, The Karolinska Directed Emotional Faces, Karolinska Institutet 1998.",
        classes=FER7,
        counts={ALL: dict.fromkeys(FER7, 700)},
        options={"angle": ("all", "straight"), **CROP},
    )

    def recognises(self, path: Path) -> bool:
        """A folder, or one inside it, with a picture named as KDEF names them."""
        folders = [path, *(path / entry.name for entry in visible(path, LOOK) if entry.is_dir())]
        return any(_NAME.match(entry.name) for folder in folders[:20] for entry in visible(folder, LOOK))

    def read(self, path: Path, **options: str) -> Listing:
        """All pictures in the folder and below it, or those seen straight from the front."""
        records, odd = [], []
        for file in image_files(path):
            match = _NAME.match(file.name)
            if match is None:
                odd.append(file.name)
                continue
            session, sex, number, emotion, angle = (part.upper() for part in match.groups())
            if options.get("angle", "all") == "straight" and angle != "S":
                continue
            facts = {"session": session, "sex": sex, "angle": _ANGLES[angle]}
            records.append(Record(file, canonical(emotion), ALL, sex + number, facts))
        if not records:
            self.refuse(path)
        crop = options.get("crop", "middle")
        listing = listing_of("kdef", path, records, classes=FER7, size=128, channels=3, crop=crop)
        return dataclasses.replace(listing, notes=odd_files(odd), drop_black=True)
