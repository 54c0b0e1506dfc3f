"""Faces of an image and their crops, cached."""

from __future__ import annotations

import numpy as np

from fer_models.crop import Crop, crop_for
from fer_models.faces.face import Face
from fer_models.faces.image import check_min
from fer_models.faces.turn import find_faces
from fer_models.preprocess import Preprocess
from workbench import cache
from workbench.face.model import crop as crop_model
from workbench.face.model.crop import Framed


def faces(digest: str, image: np.ndarray, min_size: float = 24, score: float | None = None) -> list[Face]:
    """Faces of a uint8 RGB image (H, W, 3) with that digest, the largest first; ``min_size`` in its pixels.

    Raises:
        UserError: If the image is too small to hold a face.
    """
    return cache.of_image(_find, digest, image, min_size, score)


def crop(digest: str, image: np.ndarray, face: Face, preprocess: Preprocess) -> Crop:
    """A face of a uint8 RGB image (H, W, 3) with that digest, as a network with that preprocessing gets it."""
    return cache.of_image_in_session(crop_for, digest, image, face, preprocess)


def framed(digest: str, image: np.ndarray, face: Face, preprocess: Preprocess, sample: str | None) -> Framed:
    """A face of a uint8 RGB image (H, W, 3) with that digest, as :func:`crop` gives it, with masks of its parts."""
    return cache.of_image_in_session(crop_model.frame, digest, image, face, preprocess, sample)


def _find(image: np.ndarray, min_size: float, score: float | None) -> list[Face]:
    check_min(image, name="the image")
    return find_faces(image, min_size=min_size, score_threshold=score)
