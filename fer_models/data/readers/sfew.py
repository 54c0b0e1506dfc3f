"""SFEW 2.0: frames of films, or the faces cut out of them, in folders of split and class."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

from fer_models import labels
from fer_models.data.listing import Listing
from fer_models.data.readers.base import LOOK, READERS, Reader, ReaderInfo, image_files, visible
from fer_models.data.readers.records import Record, listing_of, odd_files
from fer_models.labels import FER7

#: Film, time in it and the number of the frame, as in ``Airheads_000519240_00000005.png``.
_NAME = re.compile(r"(?P<film>.+)_(?P<time>\d{9})_(?P<frame>\d{8})\.(png|jpe?g)$", re.IGNORECASE)
_SPLIT = re.compile(r"(train|val|test)(_|$)", re.IGNORECASE)


@READERS.register("sfew")
class Sfew(Reader):
    """Frames of 37 films in seven classes. Test pictures without class folders stay without labels.

    A person is not named; the film is a further column, since frames of one film show the same people.
    """

    key = "sfew"
    info = ReaderInfo(
        title="SFEW 2.0",
        layout="Train/Angry/Airheads_000519240_00000005.png and so on, with Val and Test, or Train_Aligned_Faces/Angry "
        "with the faces cut out",
        where="https://users.cecs.anu.edu.au/~few_group/AFEW.html",
        terms="For non-commercial research, on request; not to be passed on.",
        citation="Dhall, Goecke, Lucey and Gedeon, Static Facial Expression Analysis in Tough Conditions: Data, "
        "Evaluation Protocol and Benchmark, ICCV Workshops 2011.",
        classes=FER7,
        counts={
            "train": dict(zip(FER7, (178, 66, 98, 198, 172, 96, 150), strict=True)),
            "val": dict(zip(FER7, (77, 23, 47, 73, 73, 57, 86), strict=True)),
        },
        totals={"test": 372},
        options={"crop": ("auto", "face", "middle")},
    )

    def recognises(self, path: Path) -> bool:
        """A folder with a split folder, and in it or its folders a picture that is named as SFEW's are."""
        return any(_named(folder) for _, folder in _splits(path)[:6])

    def read(self, path: Path, **options: str) -> Listing:
        """All splits that are there; films and times come from the file names."""
        records, odd = [], []
        for split, folder in _splits(path):
            for file in image_files(folder):
                match = _NAME.match(file.name)
                if match is None:
                    odd.append(file.name)
                    continue
                word = file.parent.name
                label = labels.canonical(word) if labels.is_emotion(word) else None
                facts = {"film": match["film"], "time": match["time"], "frame": match["frame"]}
                records.append(Record(file, label, split, facts=facts))
        if not records:
            self.refuse(path)
        listing = listing_of(
            "sfew", path, records, classes=FER7, size=128, channels=3, crop=options.get("crop", "auto")
        )
        return dataclasses.replace(listing, notes=odd_files(odd))


def _splits(path: Path) -> list[tuple[str, Path]]:
    """Split and folder: ``Train``, else ``Train_Aligned_Faces`` and the like, here or in the only folder."""
    folders = [entry.name for entry in visible(path, LOOK) if entry.is_dir()]
    found: dict[str, Path] = {}
    for name in sorted(folders, key=len):
        if match := _SPLIT.match(name):
            found.setdefault(match[1].lower(), path / name)
    return _splits(path / folders[0]) if not found and len(folders) == 1 else list(found.items())


def _named(folder: Path) -> bool:
    """Whether a picture in the folder, or at most two below it, is named as SFEW's are."""
    level = [folder]
    for _ in range(3):
        if any(_NAME.match(entry.name) for inner in level for entry in visible(inner, LOOK)):
            return True
        level = [inner / entry.name for inner in level for entry in visible(inner, LOOK) if entry.is_dir()][:20]
    return False
