"""Find the faces of a picture with any detector of the registry."""

from __future__ import annotations

from functools import cache

import numpy as np

# Importing a detector registers it: one line each.
from fer_models.faces import haar, whole, yunet  # noqa: F401
from fer_models.faces.face import DETECTORS, Detector, Face

__all__ = ["DETECTORS", "Detector", "Face", "detect_faces", "detector_for"]


@cache
def _shared(name: str) -> Detector:
    instance: Detector = DETECTORS.create(name)
    return instance


def detector_for(name: str = "auto") -> str:
    """The key of the detector for ``name``: itself, or for ``"auto"`` YuNet if its file is present, else Haar.

    Raises:
        UserError: If there is no detector of that name, or a file that should be YuNet's is not.
    """
    if name == "auto":
        return "yunet" if _shared("yunet").available() else "haar"
    DETECTORS[name]  # Names the valid keys when there is none.
    return name


def detect_faces(
    image: np.ndarray, detector: str = "auto", min_size: float = 24, score_threshold: float | None = None
) -> list[Face]:
    """Faces of a uint8 RGB picture (H, W, 3), largest first; empty when there is none.

    Args:
        detector: a key of :data:`DETECTORS`, or ``"auto"``: YuNet if its file is present, else Haar cascades.
        min_size: smallest width and height of a box, in pixels of the picture.
        score_threshold: smallest score, in [0, 1]; None for the detector's default.

    Raises:
        UserError: If there is no such detector, or its file is missing or damaged.
        ValueError: If the picture is not uint8 (H, W, 3).

    Example:
        >>> detect_faces(np.zeros((120, 160, 3), np.uint8), "haar")
        []
        >>> detect_faces(np.zeros((120, 160, 3), np.uint8), "whole")[0].box
        (0.0, 0.0, 160.0, 120.0)
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        raise ValueError(f"expected a uint8 RGB image (H, W, 3), got {image.dtype} {image.shape}")
    name = detector_for(detector)
    instance = _shared(name)
    threshold = instance.default_threshold if score_threshold is None else score_threshold
    faces = instance.detect(image, min_size, threshold)
    if name != "whole":
        faces = [f for f in faces if min(f.width, f.height) >= min_size and f.score >= threshold]
    return sorted(faces, key=lambda face: face.area, reverse=True)
