"""The plates of Darwin's "The Expression of the Emotions in Man and Animals" (1872): fetched on request.

Seven plates with 30 photographs by Rejlander, Duchenne, Kindermann and Wallich, the first scientific book on expression
with photographs. They are in the public domain.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fer_models.download import RemoteFile
from fer_models.errors import UserError
from fer_models.faces.image import read_image
from fer_models.folders import cache_folder, data_folder
from fer_models.progress import Progress, silent

SOURCE = (
    "https://raw.githubusercontent.com/GITenberg/The-Expression-of-the-Emotions-in-Man-and-Animals_1227/"
    "a307fed26479e7b40d793cc61569acab37ad6c7e/1227-h/images/"
)


@dataclass(frozen=True)
class Plate:
    """One plate.

    Args:
        number: From 1 to 7, as in the book.
        shows: What the book says that it shows.
        size: Bytes of the file.
        sha256: Of the file.
    """

    number: int
    shows: str
    size: int
    sha256: str

    @property
    def file_name(self) -> str:
        """Its name at its address and on disk."""
        return f"plate-{self.number}.jpg"

    @property
    def title(self) -> str:
        """For a list."""
        return f"Darwin 1872, plate {self.number}: {self.shows}"


PLATES = (
    Plate(1, "weeping infants", 122340, "da2ab08e2d5f2ddd39c566439a507e3b6f18dc8215dbf313de2961dc4631d61f"),
    Plate(2, "grief", 151854, "7d0575acaf4f20554539ff278692916be30372e7ac4a9e2484d106d33e504348"),
    Plate(3, "laughter and smiling", 97714, "c779b832420f104c96180e4a79b68df876975fad2f658ab9581e7ec4f3bcdc00"),
    Plate(4, "sneering, ill temper", 59547, "47eb4e4c9e0e5d52c63acbbed2490a00bfc16c199e3a934e5fda92ec77536ccb"),
    Plate(5, "disdain, disgust", 123149, "40b3b6ba36123a17e080a7ee80e82a9e66f9015de29a6c577a7aac5b53014995"),
    Plate(6, "anger, helplessness", 158400, "18763b7cb00d5714072c798e5e524061ed59704cef762a59bc18961fe3e6dd9c"),
    Plate(7, "surprise, terror", 71906, "f812c4a67aea96bad64f68367ad006256066b79618c2b79f2a97218b95d981d0"),
)
TOTAL_BYTES = sum(plate.size for plate in PLATES)


def plates_folder() -> Path:
    """Where the plates are looked for: ``darwin`` in the data folder if it exists, else in the cache folder."""
    own = data_folder() / "darwin"
    return own if own.is_dir() else cache_folder() / "darwin"


def available_plates() -> list[Plate]:
    """The plates that are on this computer."""
    return [plate for plate in PLATES if (plates_folder() / plate.file_name).is_file()]


def read_plate(number: int) -> np.ndarray:
    """A plate, uint8 RGB ``(H, W, 3)``.

    Raises:
        UserError: If it is not on this computer, or damaged.
    """
    plate = next((plate for plate in available_plates() if plate.number == number), None)
    if plate is None:
        raise UserError(f"Darwin's plate {number} is not on this computer; fetch it with: fer datasets get darwin.")
    return read_image(plates_folder() / plate.file_name)


def get_plates(source: str = SOURCE, *, progress: Progress = silent) -> list[Path]:
    """Return the files of all plates, downloading those that are missing or damaged; size and SHA-256 are checked.

    Args:
        source: Address of their folder, ending in a slash.
        progress: Called before and after each plate.

    Raises:
        UserError: If one cannot be downloaded or is not the expected file; those before it are kept.
    """
    files, folder = [], plates_folder()
    for number, plate in enumerate(PLATES):
        progress(number / len(PLATES), f"plate {plate.number} of {len(PLATES)}")
        remote = RemoteFile(
            f"Darwin's plate {plate.number}",
            source + plate.file_name,
            plate.size,
            plate.sha256,
            retry="fer datasets get darwin",
            by_hand=f"put the seven plates into {folder} by hand",
        )
        files.append(remote.fetch(folder / plate.file_name))
    progress(1.0, "all plates are here")
    return files
