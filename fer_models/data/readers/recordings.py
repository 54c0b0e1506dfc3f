"""Ordered sets of frames in folders, as CK+ has them: a folder a subject, one below it a recording, numbered frames."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fer_models.errors import UserError
from fer_models.files import read_text

_FRAME = re.compile(r"(S\d{3})_(\d{3})_(\d{8})\.(png|jpg|jpeg|bmp|tif|tiff)$", re.IGNORECASE)
_LABELS = "_emotion.txt"
_LARGEST_LABEL = 1000  # bytes
#: CK+'s numbers of the emotion at a recording's end.
_NUMBERS = ("neutral", "angry", "contempt", "disgust", "fear", "happy", "sad", "surprise")
#: Frames at the end that show the expression at its height, as studies of CK+ take them.
_PEAK = 3
#: Where the frames and the emotions lie.
LAYOUT = "cohn-kanade-images/S005/001/S005_001_00000011.png beside Emotion/S005/001/S005_001_00000011_emotion.txt"


@dataclass(frozen=True)
class Recording:
    """One person going from a neutral face to an expression.

    Args:
        name: such as ``"S005_001"``.
        subject: such as ``"S005"``.
        frames: T files in their order.
        labels: T names of emotions; ``None`` for the frames in between, which nobody coded.
    """

    name: str
    subject: str
    frames: tuple[Path, ...]
    labels: tuple[str | None, ...]


def read_recordings(folder: str | Path) -> tuple[list[Recording], list[str]]:
    """All recordings with an emotion below a folder in CK+'s layout, sorted by name, and notes on what was left out.

    The first frame is neutral and the last three show the emotion; of four frames or fewer, all but the first.

    Source: Lucey et al. 2010, The Extended Cohn-Kanade Dataset (CK+): frames from neutral to the peak, an emotion for
    327 of 593 recordings.

    Raises:
        UserError: If the folder does not exist or has no such frames or emotions, or an emotion's file cannot be read.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise UserError(f"There is no folder {str(folder)!r}; check the path.")
    frames: dict[str, dict[int, Path]] = {}
    emotions: dict[str, str] = {}
    for file in _files(folder):
        if match := _FRAME.match(file.name):
            frames.setdefault(f"{match[1]}_{match[2]}".upper(), {})[int(match[3])] = file
        elif file.name.endswith(_LABELS):
            emotions["_".join(file.name.split("_")[:2]).upper()] = _emotion(file)
    if not frames:
        raise UserError(f"{folder.name!r} holds no recordings; they are read from {LAYOUT}.")
    if not frames.keys() & emotions.keys():
        raise UserError(f"{folder.name!r} tells no emotion of its recordings; they are read from {LAYOUT}.")
    recordings = [
        _recording(name, tuple(file for _, file in sorted(numbered.items())), emotions[name])
        for name, numbered in sorted(frames.items())
        if name in emotions and len(numbered) > 1
    ]
    without = len(frames) - len(recordings)
    notes = [f"{without} of {len(frames)} recordings have no emotion or one frame; left out."] if without else []
    return recordings, notes


def _recording(name: str, files: tuple[Path, ...], emotion: str) -> Recording:
    peak = min(_PEAK, len(files) - 1)
    labels = ("neutral", *(None,) * (len(files) - 1 - peak), *(emotion,) * peak)
    return Recording(name, name.split("_")[0], files, labels)


def _emotion(file: Path) -> str:
    try:
        number = float(read_text(file, _LARGEST_LABEL).strip())
        if not number.is_integer() or not 0 <= number < len(_NUMBERS):
            raise ValueError
    except (OSError, ValueError):
        raise UserError(f"{file.name!r} should hold one of CK+'s numbers, 0 to 7; correct or remove it.") from None
    return _NUMBERS[int(number)]


def _files(folder: Path) -> Iterator[Path]:
    """Files below a folder, without files and folders whose names start with a dot."""
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            yield from _files(entry)
        else:
            yield entry
