"""Haar cascades."""

from __future__ import annotations

import threading

import cv2
import cv2.data
import numpy as np

from fer_models.faces.face import DETECTORS, Detector, Face, to_longest_side

_LONGEST = 640


@DETECTORS.register("haar")
class HaarCascades(Detector):
    """OpenCV's boosted cascades."""

    title = "Haar cascades"
    summary = "OpenCV's boosted cascades: always there, best on upright frontal faces."
    source = "Viola and Jones, Robust Real-Time Face Detection, IJCV 2004; OpenCV's trained cascades."
    square_scale = 1.03
    default_threshold = 0.5

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cascade = cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_frontalface_alt2.xml")

    def detect(self, image: np.ndarray, min_size: float, score_threshold: float) -> list[Face]:
        """Faces on a copy with longest side 640 pixels."""
        small, scale = to_longest_side(image, _LONGEST)
        grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
        with self._lock:
            boxes = self._cascade.detectMultiScale(grey, 1.1, 4, 0, (24, 24))
        return [
            Face((x / scale, y / scale, (x + w) / scale, (y + h) / scale), 1.0, None, "haar") for x, y, w, h in boxes
        ]
