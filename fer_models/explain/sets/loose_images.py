"""A folder of photographs as a set of faces: the largest face of each, cut for the network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from fer_models.crop import crop_for
from fer_models.data.dataset import UNLABELLED, FaceDataset
from fer_models.data.readers.base import is_image
from fer_models.errors import UserError
from fer_models.faces.image import read_image, resize
from fer_models.faces.turn import find_faces
from fer_models.preprocess import Preprocess
from fer_models.progress import Progress, silent


def loose_pictures(folder: str | Path) -> list[Path]:
    """The pictures that lie directly in a folder, by name; empty for anything else, such as a data set."""
    directory = Path(folder)
    if not directory.is_dir():
        return []
    return sorted(path for path in directory.iterdir() if path.is_file() and is_image(path.name))


def loose_faces(
    files: Sequence[Path],
    preprocess: Preprocess,
    detector: str = "auto",
    progress: Progress = silent,
) -> FaceDataset:
    """The largest face of each picture, without labels; the column ``file`` holds the file names.

    Returns:
        Pictures uint8 (N, size, size, 3); its notes say which files hold no face or cannot be read.

    Raises:
        UserError: If no picture holds a face.
    """
    crops, numbers, without, broken = [], [], [], []
    for number, file in enumerate(files):
        progress(number / len(files), f"faces of {number:,} of {len(files):,} images")
        try:
            image = read_image(file)
            faces = find_faces(image, detector)
        except UserError as error:  # a broken picture does not stop the others
            broken.append(f"{file.name}: {error}")
            continue
        if not faces:
            without.append(file.name)
            continue
        crops.append(resize(crop_for(image, faces[0], preprocess).large, preprocess.size, preprocess.interpolation))
        numbers.append(number)
    if not crops:
        raise UserError(
            f"no face was found in the {len(files):,} images of {files[0].parent.name}; "
            "choose the detector whole if they are cut to a face already."
        )
    notes = (f"No face was found in {len(without)}: {', '.join(without)}.",) if without else ()
    return FaceDataset(
        name="images",
        images=np.stack(crops),
        labels=np.full(len(crops), UNLABELLED, np.int64),
        classes=(),
        split=np.zeros(len(crops), np.int8),
        split_names=("all",),
        rows=np.array(numbers, np.int64),
        source=str(files[0].parent),
        columns={"file": np.array([files[i].name for i in numbers])},
        notes=notes + tuple(broken),
        unreadable=tuple(broken),
    )
