"""Open videos: decoded from memory, frame by frame, with a clear message for each kind of bad file.

Nothing is written to disk, and only one frame is held at a time. The first bytes decide on the container, and only the
containers listed here are opened: FFmpeg also reads play lists, which could name other files or hosts.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fer_models.errors import UserError
from fer_models.files import read_regular

KINDS_SENTENCE = "mp4, webm, mov, avi, mkv, ts, wmv or gif file, or a ZIP of numbered images"
#: Bytes of the largest file: it is held in memory while it is read.
LARGEST = 2_000_000_000
MAX_WIDTH, MAX_HEIGHT = 4096, 2304
#: Longest side of decoded frames: networks read faces at 48 to 224 pixels, so more only costs time.
LONGEST = 1280
#: Assumed frame rate of a source without one, such as a folder or ZIP of images.
FRAMES_A_SECOND = 25.0

_ASF = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
_TS_PACKET, _TS_MARK = 188, 0x47


@dataclass(frozen=True)
class VideoInfo:
    """The header of a video: ``width`` and ``height`` in pixels, ``fps`` frames a second.

    ``frames`` is the expected count, ``None`` if the file does not state it; ``kind`` names container and codec.
    """

    name: str
    width: int
    height: int
    fps: float
    frames: int | None
    kind: str

    @property
    def seconds(self) -> float | None:
        """Length in seconds by the header; ``None`` if it is unknown."""
        return None if self.frames is None else self.frames / self.fps


@dataclass(frozen=True)
class Frame:
    """Frame number ``index`` from 0, ``seconds`` after the start; ``image`` is uint8 RGB (H, W, 3)."""

    index: int
    seconds: float
    image: np.ndarray


class Video(ABC):
    """Frames in order; each call of :meth:`frames` starts from the beginning. ``notes`` are sentences for the user."""

    info: VideoInfo
    notes: list[str]

    @abstractmethod
    def frames(self, every: int = 1, longest: int = LONGEST) -> Iterator[Frame]:
        """Every ``every``-th frame, reduced to ``longest`` pixels a side.

        Raises:
            UserError: If no frame can be decoded.
        """

    @abstractmethod
    def frame(self, index: int, seconds: float, longest: int = LONGEST) -> Frame:
        """One frame, by the index and time that :meth:`frames` yielded.

        Raises:
            UserError: If it cannot be decoded.
        """


def open_video(data: bytes, name: str = "the video") -> Video:
    """A video or a ZIP of pictures, from its bytes.

    Raises:
        UserError: If the bytes are empty, of another kind, damaged, without pictures, with pictures that are too large,
            or of a codec that cannot be decoded here; or if there is only one frame.
    """
    # Both modules import this one.
    from fer_models.video.encoded import EncodedVideo
    from fer_models.video.image_sequence import ZippedFrames

    if not data:
        raise UserError(f"{name!r} is empty (0 bytes); choose a {KINDS_SENTENCE}.")
    if data[:4] == b"PK\x03\x04":
        return ZippedFrames(data, name)
    kind = _container(data)
    if kind is None:
        raise UserError(f"{name!r} is not a video that can be read here; choose a {KINDS_SENTENCE}.")
    return EncodedVideo(data, kind, name)


def read_video(path: str | Path) -> Video:
    """A video file, a ZIP of pictures, or a folder of pictures.

    Raises:
        UserError: If it does not exist or :func:`open_video` refuses it.
    """
    from fer_models.video.image_sequence import FolderFrames

    path = Path(path)
    if path.is_dir():
        return FolderFrames(path)
    try:
        return open_video(read_regular(path, LARGEST), path.name)
    except FileNotFoundError:
        raise UserError(f"There is no file {str(path)!r}; check the path.") from None
    except OSError as error:
        raise UserError(f"{path.name!r} cannot be opened ({error.strerror}); choose another file.") from None


def _container(data: bytes) -> str | None:
    """FFmpeg's name of the container, by the first bytes."""
    if data[:4] == b"\x1a\x45\xdf\xa3":
        return "matroska"
    if data[:4] == b"RIFF" and data[8:12] == b"AVI ":
        return "avi"
    if data[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"):
        return "mp4"
    if data[:16] == _ASF:
        return "asf"
    if data[:6] in (b"GIF87a", b"GIF89a"):
        return "gif"
    # A transport stream has a mark at the start of each packet.
    if len(data) > 4 * _TS_PACKET and all(data[k * _TS_PACKET] == _TS_MARK for k in range(4)):
        return "mpegts"
    return None
