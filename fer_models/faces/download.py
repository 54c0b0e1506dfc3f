"""The YuNet weights: downloaded on request, checked by size and SHA-256, stored in the user's cache."""

from __future__ import annotations

import hashlib
import os
import urllib.error
import urllib.request
from http.client import HTTPException
from pathlib import Path

from fer_models.errors import UserError
from fer_models.folders import cache_folder
from fer_models.storage import atomic_file

FILE_NAME = "face_detection_yunet_2023mar.onnx"
DEFAULT_URL = f"https://github.com/opencv/opencv_zoo/raw/main/models/face_detection_yunet/{FILE_NAME}"
SIZE = 232_589
SHA256 = "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4"
LICENSE = "MIT (Shiqi Yu), from the OpenCV Zoo"
_TIMEOUT = 30.0


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
        length = path.stat().st_size
        if length != size:
            raise UserError(_refused(path.name, f"it has {length:,} bytes instead of {size:,}"))
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise UserError(
            f"The detector file {path.name} cannot be read ({error.strerror}); "
            "run `fer detectors get yunet` or correct FER_YUNET."
        ) from None
    if digest != sha256:
        raise UserError(_refused(path.name, f"its SHA-256 begins {digest[:12]} instead of {sha256[:12]}"))


def get_yunet(
    url: str = DEFAULT_URL,
    destination: str | Path | None = None,
    *,
    size: int = SIZE,
    sha256: str = SHA256,
    timeout: float = _TIMEOUT,
) -> Path:
    """Return the checked YuNet file, downloading it first if it is missing.

    ``destination`` (default: in :func:`detector_folder`) never holds anything but the expected bytes: the download goes
    to a temporary file beside it, is checked, and is then renamed. An existing good file is kept, and so is the file
    that ``FER_YUNET`` names if there is no destination.

    Raises:
        UserError: If the server cannot be reached, answers with an error or with anything but the expected file, or if
            the folder cannot be written.
    """
    if destination is None and os.environ.get("FER_YUNET"):
        check_file(yunet_path(), size=size, sha256=sha256)
        return yunet_path()
    target = detector_folder() / FILE_NAME if destination is None else Path(destination)
    if target.is_file():
        try:
            check_file(target, size=size, sha256=sha256)
            return target
        except UserError:
            pass  # A damaged file is replaced by the download.
    data = _fetch(url, size, timeout)
    if len(data) != size:
        length = f"more than {size:,}" if len(data) > size else f"{len(data):,}"
        raise UserError(_refused("The download", f"it has {length} bytes instead of {size:,}"))
    digest = hashlib.sha256(data).hexdigest()
    if digest != sha256:
        raise UserError(_refused("The download", f"its SHA-256 begins {digest[:12]} instead of {sha256[:12]}"))
    _write(target, data)
    return target


def _fetch(url: str, size: int, timeout: float) -> bytes:
    if not url.startswith(("http://", "https://")):
        raise UserError("The address of the detector file must begin with https:// or http://.")
    try:
        with urllib.request.urlopen(url, timeout=timeout) as answer:
            # One byte more than expected is enough to refuse a file that is too long.
            data: bytes = answer.read(size + 1)
            return data
    except urllib.error.HTTPError as error:
        reason = f"the server answered {error.code}"
    except (urllib.error.URLError, HTTPException, OSError) as error:
        reason = str(getattr(error, "reason", "") or error)
    raise UserError(
        f"The detector file could not be downloaded ({reason}); check the connection, or fetch {FILE_NAME} by hand and "
        "set FER_YUNET to its path."
    )


def _write(target: Path, data: bytes) -> None:
    try:
        with atomic_file(target) as file:
            file.write_bytes(data)
    except OSError as error:
        raise UserError(
            f"The detector file cannot be written to {target.parent} ({error.strerror}); "
            "free some room or set FER_CACHE to another folder."
        ) from None


def _refused(what: str, why: str) -> str:
    return f"{what} is not the YuNet file and was refused: {why}; run `fer detectors get yunet` again."
