"""The face detector in use, and the download of YuNet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fer_models.faces.detect import DETECTORS, detector_for
from fer_models.faces.download import DEFAULT_URL, LICENSE, SHA256, SIZE, get_yunet, yunet_path


@dataclass(frozen=True)
class DetectorState:
    """The detector in use, and whether YuNet is missing.

    Args:
        title, summary: of that detector. threshold: its default score threshold, in [0, 1].
        missing: YuNet is not on this computer.
    """

    title: str
    summary: str
    threshold: float
    missing: bool


def state() -> DetectorState:
    """The detector that :func:`detect_faces` uses.

    Raises:
        UserError: If a setting names a file that is not YuNet's.
    """
    used = DETECTORS[detector_for()]
    return DetectorState(used.title, used.summary, used.default_threshold, not yunet_path().is_file())


def label() -> str:
    """Words of the download button: what comes, how large it is, and from where."""
    return f"Download YuNet ({SIZE / 1e6:.1f} MB, from {DEFAULT_URL.split('/')[2]})"


def terms() -> str:
    """What the download button does, in two sentences."""
    return (
        f"Downloads {SIZE / 1000:.0f} kB once from {DEFAULT_URL.split('/')[2]} (licence: {LICENSE}) into this "
        f"computer's cache; size and SHA-256 ({SHA256[:12]} …) are checked. No image leaves this computer."
    )


def get() -> Path:
    """Download YuNet and check it.

    Raises:
        UserError: If the download fails or is not the expected file.
    """
    return get_yunet()
