"""Faces that are not upright: an image is turned until a face is found in it."""

from __future__ import annotations

import dataclasses

import cv2
import numpy as np

from fer_models.faces.detect import detect_faces
from fer_models.faces.face import Face, turned

#: Degrees by which an image is turned, in this order: the quarter turns first, then a tilt to both sides.
ANGLES = (90, 270, 180, 35, -35)
#: A face whose eyes are tilted further than this, in degrees, may be one of an image that lies on its side.
_LYING = 45.0
#: From this score on a face without landmarks is taken as upright; a less sure one gives way to a face of the turned
#: image that is surer by the margin. Measured with Haar cascades on five photographs in four orientations: upright
#: faces score 0.54 to 0.95, false ones of turned photographs 0.51 to 0.78.
_SURE, _MARGIN = 0.8, 0.15
#: Pixels of the smallest face that says that an image is upright.
_LEAST = 24.0


def find_faces(
    image: np.ndarray,
    detector: str = "auto",
    min_size: float = 24,
    score_threshold: float | None = None,
    angles: tuple[int, ...] = ANGLES,
) -> list[Face]:
    """Faces of an image; where none is upright for certain, those of the turned image in which a face is surest.

    Args:
        image: uint8 RGB (H, W, 3).
        detector: A key of the detectors, or ``"auto"``.
        min_size: Smallest width and height of a box, in pixels of the image.
        score_threshold: Smallest score, in [0, 1]; ``None`` for the detector's default.
        angles: Degrees to try, counterclockwise; none: upright faces only.

    Returns:
        Faces in pixels of the image, the largest first; :attr:`.Face.angle` says how far they are turned.

    Raises:
        UserError: As :func:`~fer_models.faces.detect.detect_faces`.

    Example:
        >>> find_faces(np.zeros((120, 160, 3), np.uint8), "haar", angles=())
        []
    """
    found = detect_faces(image, detector, min_size, score_threshold)
    upright = [face for face in found if abs(face.tilt or 0.0) <= _LYING]
    if detector == "whole" or any(face.landmarks is not None or face.score >= _SURE for face in upright):
        return found
    if min_size > _LEAST and not found and detect_faces(image, detector, _LEAST, score_threshold):
        return []  # upright faces, too small to count
    best, beaten = found, _score(upright) + _MARGIN if upright else 0.0
    for angle in angles:
        if upright and angle % 90:  # an image that is tilted a little is no reason to doubt an upright face
            continue
        view, back = turned(image, angle)
        faces = [_turned_back(face, back, angle) for face in detect_faces(view, detector, min_size, score_threshold)]
        faces = [face for face in faces if abs(face.tilt or 0.0) <= _LYING]
        if _score(faces) > beaten:
            best, beaten = faces, _score(faces)
    return best


def _score(faces: list[Face]) -> float:
    return max((face.score for face in faces), default=0.0)


def _turned_back(face: Face, back: np.ndarray, angle: float) -> Face:
    """A face of the turned image in pixels of the image; its box keeps its sides and lies around the same centre."""
    left, top, right, bottom = face.box
    x, y = (back @ ((left + right) / 2, (top + bottom) / 2, 1.0)).tolist()
    box = (x - face.width / 2, y - face.height / 2, x + face.width / 2, y + face.height / 2)
    marks = None if face.landmarks is None else cv2.transform(face.landmarks[None], back)[0].astype(np.float32)
    return dataclasses.replace(face, box=box, landmarks=marks, angle=float(angle % 360))
