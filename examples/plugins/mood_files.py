"""Mood files: images named happy_0001.png, sad_0002.png and so on."""

import re
from pathlib import Path

from fer_models.data.listing import Listing
from fer_models.data.readers.base import LOOK, READERS, Reader, ReaderInfo, image_files, visible
from fer_models.data.readers.records import Record, listing_of

_NAME = re.compile(r"(happy|sad)_\d+\.png$")


@READERS.register("mood_files")
class MoodFiles(Reader):
    """The class is the part of the name before the underscore."""

    key = "mood_files"
    info = ReaderInfo(
        title="Mood files",
        layout="files named happy_0001.png or sad_0001.png",
        where="the people who took them",
        terms="An example, without terms.",
        citation="None, an example.",
        classes=("happy", "sad"),
    )

    def recognises(self, path: Path) -> bool:
        return any(_NAME.match(entry.name) for entry in visible(path, LOOK))

    def read(self, path: Path, **options: str) -> Listing:
        matches = [(file, _NAME.match(file.name)) for file in image_files(path)]
        records = [Record(file, match[1]) for file, match in matches if match]
        if not records:
            self.refuse(path)
        return listing_of("mood_files", path, records, classes=self.info.classes, size=48, channels=1)
