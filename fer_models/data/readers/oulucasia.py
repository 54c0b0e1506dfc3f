"""Oulu-CASIA: 80 subjects, six expressions filmed from neutral to the peak."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

from fer_models.data.listing import Listing
from fer_models.data.readers.base import ALL, CROP, LOOK, READERS, Reader, ReaderInfo, class_name, image_files, visible
from fer_models.data.readers.records import Record, listing_of, odd_files
from fer_models.labels import BASIC6

_SUBJECT = re.compile(r"P\d{3}$", re.IGNORECASE)
_FRAMES = 3


@READERS.register("oulucasia")
class OuluCasia(Reader):
    """Video frames in visible or near-infrared light; the last three frames of a sequence are taken, as papers do."""

    key = "oulucasia"
    info = ReaderInfo(
        title="Oulu-CASIA",
        layout="<VL or NI>/<Strong, Weak or Dark>/P001/Anger/000.jpeg, 80 subjects with six expressions each",
        where="the Center for Machine Vision and Signal Analysis, University of Oulu, https://www.oulu.fi/cmvs",
        terms="For research, after signing an agreement; not to be passed on.",
        citation="Zhao et al., Facial Expression Recognition from Near-Infrared Videos, Image and Vision Computing "
        "2011.",
        classes=BASIC6,
        counts={ALL: dict.fromkeys(BASIC6, 240)},
        options={"camera": ("VL", "NI"), "light": ("Strong", "Weak", "Dark"), **CROP},
    )

    def recognises(self, path: Path) -> bool:
        """A folder with VL or NI and a light below it, at most one folder deeper."""
        return any(_part(path, camera, light) for camera in ("VL", "NI") for light in ("Strong", "Weak", "Dark"))

    def read(self, path: Path, **options: str) -> Listing:
        """One camera and one light: 1,440 pictures of the official set."""
        camera, light = options.get("camera", "VL"), options.get("light", "Strong")
        folder = _part(path, camera, light)
        if folder is None:
            self.refuse(path)
        records, odd = [], []
        for person in visible(folder):
            if not _SUBJECT.match(person.name):
                odd.append(person.name)
                continue
            for entry in visible(folder / person.name):
                label = class_name(entry.name)
                if label not in BASIC6 or not entry.is_dir():
                    odd.append(f"{person.name}/{entry.name}")
                    continue
                subject = person.name.upper()
                facts = {"sequence": f"{subject}_{label}", "camera": camera, "light": light}
                frames = image_files(folder / person.name / entry.name)[-_FRAMES:]
                records += [Record(file, label, ALL, subject, facts | {"frame": file.stem}) for file in frames]
        if not records:
            self.refuse(path, f"no subjects such as P001 in {camera}/{light}")
        crop = options.get("crop", "middle")
        listing = listing_of("oulucasia", folder, records, classes=BASIC6, size=96, channels=3, crop=crop)
        return dataclasses.replace(listing, notes=odd_files(odd))


def _part(path: Path, camera: str, light: str) -> Path | None:
    """The folder ``camera/light``, in any case of letters, in the path or one folder below it."""
    for root in (path, *(path / entry.name for entry in visible(path, LOOK) if entry.is_dir())):
        for outer in visible(root, LOOK):
            if outer.name.lower() == camera.lower():
                for inner in visible(root / outer.name):
                    if inner.name.lower() == light.lower() and inner.is_dir():
                        return root / outer.name / inner.name
    return None
