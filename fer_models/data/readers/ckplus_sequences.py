"""CK+ as it is handed out: recordings from a neutral face to the peak of an expression."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

from fer_models.data.listing import Listing
from fer_models.data.readers.base import ALL, LOOK, READERS, Reader, ReaderInfo, visible
from fer_models.data.readers.recordings import LAYOUT, read_recordings
from fer_models.data.readers.records import Record, listing_of
from fer_models.labels import FER8

_FRAMES, _EMOTIONS = "cohn-kanade-images", "emotion"
_SIDE = 96


@READERS.register("ckplus_sequences")
class CkPlusSequences(Reader):
    """The first frame of each labelled recording is neutral, the last three show its emotion."""

    key = "ckplus_sequences"
    info = ReaderInfo(
        title="CK+, original sequences",
        layout=LAYOUT,
        where="the Affect Analysis Group of the University of Pittsburgh, https://www.jeffcohn.net/Resources/",
        terms="For research, after signing an agreement; only images of subjects who agreed may be printed.",
        citation="Lucey et al., The Extended Cohn-Kanade Dataset (CK+), CVPR Workshops 2010.",
        classes=FER8,
        options={"crop": ("face", "middle")},
    )

    def recognises(self, path: Path) -> bool:
        """A folder with the folders of the frames and of the emotions."""
        if not os.path.isdir(path):
            return False
        names = {entry.name.lower() for entry in visible(path, LOOK) if entry.is_dir()}
        return _FRAMES in names and any(name.startswith(_EMOTIONS) for name in names)

    def read(self, path: Path, **options: str) -> Listing:
        """Frames between the first and the last three, and recordings without an emotion, are left out."""
        if not self.recognises(path):
            self.refuse(path)
        recordings, notes = read_recordings(path)
        records = [
            Record(file, label, ALL, recording.subject, {"sequence": recording.name})
            for recording in recordings
            for file, label in zip(recording.frames, recording.labels, strict=True)
            if label is not None
        ]
        crop = options.get("crop", "face")
        listing = listing_of("ckplus_sequences", path, records, classes=FER8, size=_SIDE, channels=1, crop=crop)
        return dataclasses.replace(listing, notes=tuple(notes))
