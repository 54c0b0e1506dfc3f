"""Pictures in folders: ``split/class/picture`` or ``class/picture``."""

from __future__ import annotations

import os
from pathlib import Path

from fer_models.data.listing import Listing
from fer_models.data.readers.base import (
    ALL,
    CROP,
    LOOK,
    READERS,
    Reader,
    ReaderInfo,
    class_name,
    image_files,
    is_image,
    visible,
)
from fer_models.data.readers.records import Record, listing_of
from fer_models.errors import UserError

_MAX_SIZE = 96
_SAMPLE = 20


@READERS.register("folder")
class ImageFolder(Reader):
    """Folder names (any usual word for an emotion) are the classes; their order on the disk does not matter.

    Pictures that all have one square size of at most 96 pixels keep it; others are brought to 96 pixels.
    """

    key = "folder"
    general = True
    info = ReaderInfo(
        title="Folder of images",
        layout="split/class/image (train/happy/1.png, test/sad/2.jpg) or class/image, also one folder deeper",
        where="wherever your images come from",
        terms="Those of your images.",
        citation="",
        options=CROP,
    )

    def recognises(self, path: Path) -> bool:
        """A folder whose folders, or theirs, hold pictures."""
        return os.path.isdir(path) and _depth(_inside(path)) > 0

    def read(self, path: Path, **options: str) -> Listing:
        """Two folders with names of one emotion (Happy, joy) are one class; other names are kept in lower case."""
        if not os.path.isdir(path):
            self.refuse(path)
        path = _inside(path)
        depth = _depth(path)
        if not depth:
            self.refuse(path)
        records: list[Record] = []
        if depth == 1:
            records = _classes(path, ALL)
        else:
            for entry in visible(path):
                if entry.is_dir():
                    records += _classes(path / entry.name, entry.name)
        if len({record.label for record in records}) < 2:
            raise UserError(f"{path.name} holds images of one class only; put each class into a folder of its own.")
        size, channels = shape_of_files([record.path for record in records])
        crop = options.get("crop", "middle")
        return listing_of("folder", path, records, size=size, channels=channels, crop=crop)


def _depth(path: Path) -> int:
    """1 if the folders of ``path`` hold pictures, 2 if only their folders do, 0 if neither."""
    folders = [path / entry.name for entry in visible(path, LOOK) if entry.is_dir()]
    if any(_has_images(folder) for folder in folders):
        return 1
    inner = [folder / entry.name for folder in folders[:50] for entry in visible(folder, LOOK) if entry.is_dir()]
    return 2 if any(_has_images(folder) for folder in inner) else 0


def _inside(path: Path) -> Path:
    """The folder itself, or the only one in it where that holds the pictures, as Kaggle's ``images/train/happy``."""
    folders = [path / entry.name for entry in visible(path, LOOK) if entry.is_dir()]
    return folders[0] if len(folders) == 1 and not _depth(path) and _depth(folders[0]) else path


def _has_images(folder: Path) -> bool:
    return any(is_image(entry.name) for entry in visible(folder, LOOK))


def _classes(folder: Path, split: str) -> list[Record]:
    return [
        Record(file, class_name(entry.name), split)
        for entry in visible(folder)
        if entry.is_dir()
        for file in image_files(folder / entry.name)
    ]


def shape_of_files(files: list[Path]) -> tuple[int, int]:
    """Side and channels that suit a sample of the files."""
    from fer_models.faces.image import read_image

    sides, grey = set(), True
    for file in files[:: max(1, len(files) // _SAMPLE)]:
        try:
            image = read_image(file)
        except UserError:
            continue
        sides |= set(image.shape[:2])
        grey = grey and bool((image[..., :1] == image).all())
    side = sides.pop() if len(sides) == 1 else _MAX_SIZE
    return (side if 16 <= side <= _MAX_SIZE else _MAX_SIZE), (1 if grey else 3)
