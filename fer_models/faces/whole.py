"""The whole image as one face, for images that are already cropped, or if no detector finds one."""

from __future__ import annotations

import numpy as np

from fer_models.faces.face import DETECTORS, Detector, Face


def whole_face(image: np.ndarray) -> Face:
    """The whole picture (H, W, ...) as a face with score 1; its square has the picture's longest side."""
    height, width = image.shape[:2]
    return Face((0.0, 0.0, float(width), float(height)), 1.0, None, "whole")


@DETECTORS.register("whole")
class WholePicture(Detector):
    """No search: one face as large as the picture."""

    title = "Whole image"
    summary = "Takes the image as it is, for faces that are cropped already."
    source = "This project."
    square_scale = 1.0
    default_threshold = 0.0

    def detect(self, image: np.ndarray, min_size: float, score_threshold: float) -> list[Face]:
        """One face, whatever the size and the threshold."""
        return [whole_face(image)]
