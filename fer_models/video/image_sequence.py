"""Folders and ZIPs of pictures as videos."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from fer_models.errors import UserError
from fer_models.faces.image import MAX_BYTES, decode_image
from fer_models.files import read_regular
from fer_models.video.opening import FRAMES_A_SECOND, LONGEST, Frame, Video, VideoInfo
from fer_models.video.track import reduced

_PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff")
_MAX_PICTURES = 200_000


class _Pictures(Video):
    """Pictures by name, in the order of the numbers in their names."""

    def __init__(self, names: Sequence[str], name: str, fps: float):
        self.notes = []
        self._names = sorted((n for n in names if n.lower().endswith(_PICTURES)), key=_natural)
        if not self._names:
            raise UserError(f"{name!r} holds no images; put numbered PNG or JPEG frames into it.")
        if len(self._names) == 1:
            raise UserError(f"{name!r} has only one frame; look at it on the Explain page.")
        if len(self._names) > _MAX_PICTURES:
            raise UserError(f"{name!r} holds more than {_MAX_PICTURES:,} images; split it.")
        height, width = self._decode(self._names[0]).shape[:2]
        self.info = VideoInfo(name, width, height, fps, len(self._names), "pictures")
        self.notes.append(f"Images carry no times; they are played at {fps:g} frames a second.")

    @abstractmethod
    def _read(self, name: str) -> bytes:
        """The bytes of one picture."""

    def _decode(self, name: str) -> np.ndarray:
        return decode_image(self._read(name), name=name)

    def frames(self, every: int = 1, longest: int = LONGEST) -> Iterator[Frame]:
        for index in range(0, len(self._names), every):
            yield self.frame(index, index / self.info.fps, longest)

    def frame(self, index: int, seconds: float, longest: int = LONGEST) -> Frame:
        return Frame(index, seconds, reduced(self._decode(self._names[index]), longest)[0])


class ZippedFrames(_Pictures):
    """A ZIP of pictures, read from memory a picture at a time."""

    def __init__(self, data: bytes, name: str = "the ZIP", fps: float = FRAMES_A_SECOND):
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(data))
        except zipfile.BadZipFile:
            raise UserError(f"The ZIP {name!r} is damaged or cut off; create it again.") from None
        names = [i.filename for i in self._archive.infolist() if not i.is_dir() and "__MACOSX" not in i.filename]
        super().__init__(names, name, fps)

    def _read(self, name: str) -> bytes:
        info = self._archive.getinfo(name)
        if info.file_size > MAX_BYTES:
            raise UserError(f"{name!r} in the ZIP has more than the 50 MB allowed for an image; save it smaller.")
        try:
            return self._archive.read(info)
        except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError):
            raise UserError(f"{name!r} in the ZIP is damaged or encrypted; create the ZIP again.") from None


class FolderFrames(_Pictures):
    """A folder of pictures."""

    def __init__(self, folder: Path, fps: float = FRAMES_A_SECOND):
        self._folder = folder
        try:
            names = [path.name for path in folder.iterdir() if path.is_file()]
        except OSError as error:
            raise UserError(f"{str(folder)!r} cannot be opened ({error.strerror}); check its permissions.") from None
        super().__init__(names, folder.name, fps)

    def _read(self, name: str) -> bytes:
        try:
            return read_regular(self._folder / name, MAX_BYTES)
        except OSError as error:
            raise UserError(f"{name!r} cannot be opened ({error.strerror}); remove it from the folder.") from None


def _natural(name: str) -> list[tuple[int, int | str]]:
    """Numbers in a name count as numbers: frame 10 comes after frame 9."""
    return [(0, int(part)) if part.isdigit() else (1, part) for part in re.split(r"(\d+)", name.lower()) if part]
