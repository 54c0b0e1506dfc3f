"""The YuNet weights: downloaded on request, checked by size and SHA-256, stored in the user's cache."""

from __future__ import annotations

import os
from pathlib import Path

from fer_models.download import TIMEOUT, RemoteFile
from fer_models.errors import UserError
from fer_models.folders import cache_folder

FILE_NAME = "face_detection_yunet_2023mar.onnx"
DEFAULT_URL = f"https://github.com/opencv/opencv_zoo/raw/main/models/face_detection_yunet/{FILE_NAME}"
SIZE = 232_589
SHA256 = "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4"
LICENSE = "MIT (Shiqi Yu), from the OpenCV Zoo"


def detector_folder() -> Path:
    """Folder of the detector files: ``$FER_CACHE/detectors``, by default under ``~/.cache/fer-workbench``."""
    return cache_folder() / "detectors"


def yunet_path() -> Path:
    """Path of the YuNet file, which may not exist: ``$FER_YUNET`` when set, else in :func:`detector_folder`."""
    configured = os.environ.get("FER_YUNET")
    return Path(configured).expanduser() if configured else detector_folder() / FILE_NAME


def check_file(path: Path, *, size: int = SIZE, sha256: str = SHA256) -> None:
    """Compare a file with its expected size in bytes and SHA-256.

    Raises:
        UserError: If the file is missing, has another size or another content.
    """
    try:
        _file(DEFAULT_URL, size, sha256).check(path)
    except OSError as error:
        raise UserError(
            f"The detector file {path.name} cannot be read ({error.strerror}); "
            "run `fer detectors get yunet` or correct FER_YUNET."
        ) from None


def get_yunet(
    url: str = DEFAULT_URL,
    destination: str | Path | None = None,
    *,
    size: int = SIZE,
    sha256: str = SHA256,
    timeout: float = TIMEOUT,
) -> Path:
    """Return the checked YuNet file, downloading it first if it is missing.

    ``destination`` (default: in :func:`detector_folder`) never holds anything but the expected bytes. An existing good
    file is kept, and so is the file that ``FER_YUNET`` names if there is no destination.

    Raises:
        UserError: If the server cannot be reached, answers with an error or with anything but the expected file, or if
            the folder cannot be written.
    """
    if destination is None and os.environ.get("FER_YUNET"):
        check_file(yunet_path(), size=size, sha256=sha256)
        return yunet_path()
    target = detector_folder() / FILE_NAME if destination is None else Path(destination)
    return _file(url, size, sha256).fetch(target, timeout=timeout)


def _file(url: str, size: int, sha256: str) -> RemoteFile:
    by_hand = f"fetch {FILE_NAME} by hand and set FER_YUNET to its path"
    return RemoteFile("the YuNet file", url, size, sha256, retry="fer detectors get yunet", by_hand=by_hand)
