"""Which face detector is at work, and how the better one is had."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fer_models.faces.detect import DETECTORS, detector_for
from fer_models.faces.download import DEFAULT_URL, LICENSE, SHA256, SIZE, get_yunet, yunet_path


@dataclass(frozen=True)
class DetectorState:
    """The detector in use, and whether YuNet could be fetched.

    Args:
        title, summary: of the one in use. threshold: the score in [0, 1] that it asks of a face where none is named.
        missing: YuNet is not on this computer.
    """

    title: str
    summary: str
    threshold: float
    missing: bool


def state() -> DetectorState:
    """What :func:`detect_faces` uses.

    Raises:
        UserError: If a setting names a file that is not YuNet's.
    """
    used = DETECTORS[detector_for()]
    return DetectorState(used.title, used.summary, used.default_threshold, not yunet_path().is_file())


def terms() -> str:
    """What a click on the button does, in one sentence."""
    return (
        f"Downloads {SIZE / 1000:.0f} kB once from {DEFAULT_URL.split('/')[2]} (licence: {LICENSE}) into this "
        f"computer's cache; size and SHA-256 ({SHA256[:12]} …) are checked. No picture leaves this computer."
    )


def get() -> Path:
    """Fetch YuNet and check it.

    Raises:
        UserError: If it cannot be had or is not the expected file.
    """
    return get_yunet()
