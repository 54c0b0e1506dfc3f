"""From a picture to the face that the network sees, and to what it says of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fer_models.classifier import Classifier, Prediction
from fer_models.faces.align import crop_face
from fer_models.faces.detect import detect_faces
from fer_models.faces.face import Face
from fer_models.faces.image import check_min
from fer_models.faces.whole import whole_face
from fer_models.preprocess import Preprocess


@dataclass(frozen=True)
class Crop:
    """A face as the network gets it.

    Args:
        pixels: uint8 (S, S, 1 or 3) at the network's own size, before scaling to numbers.
        corners: where it was cut, clockwise from the top left, (x, y) in pixels of the picture.
        alignment: what was done, ``"none"`` or ``"eyes"``.
    """

    pixels: np.ndarray
    corners: Sequence[tuple[float, float]]
    alignment: str


def find_faces(
    image: np.ndarray, name: str = "the picture", min_size: float = 24, score_threshold: float | None = None
) -> list[Face]:
    """Faces of a uint8 RGB picture (H, W, 3), the largest first; empty when there is none.

    Args:
        min_size, score_threshold: as for :func:`detect_faces`.

    Raises:
        UserError: If the picture is too small to hold a face.
    """
    check_min(image, name=name)
    return detect_faces(image, min_size=min_size, score_threshold=score_threshold)


def whole(image: np.ndarray) -> Face:
    """The whole picture as a face, for pictures that are cropped already."""
    return whole_face(image)


def cut(image: np.ndarray, face: Face, preprocess: Preprocess) -> Crop:
    """Cut a face as the network's training data was cut."""
    pixels, info = crop_face(image, face, preprocess.crop_margin, preprocess.alignment)
    return Crop(preprocess.stored(pixels), info["corners"], info["alignment"])


def classify(classifier: Classifier, pixels: np.ndarray) -> Prediction:
    """Logits and probabilities of one face, uint8 (S, S, C) as :attr:`Crop.pixels`."""
    return classifier.predict([pixels])
