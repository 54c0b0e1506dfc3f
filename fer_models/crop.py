"""From a picture and a face in it to what a network gets: the one way for pages, commands, videos and sets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fer_models.faces.align import crop_face
from fer_models.faces.face import Face
from fer_models.preprocess import Preprocess


@dataclass(frozen=True)
class Crop:
    """A face as a network gets it.

    Args:
        pixels: uint8 (S, S, 1 or 3) at the network's own size, before scaling to numbers.
        corners: where it was cut, clockwise from the top left, (x, y) in pixels of the picture.
        alignment: what was done, ``"none"`` or ``"eyes"``.
        large: uint8 RGB (L, L, 3), the same cut at the picture's own resolution.
    """

    pixels: np.ndarray
    corners: list[tuple[float, float]]
    alignment: str
    large: np.ndarray


def crop_for(image: np.ndarray, face: Face, preprocess: Preprocess) -> Crop:
    """Cut a face as a network's training data was cut, and bring it to the network's size and colours.

    Args:
        image: uint8 RGB (H, W, 3).
        face: in pixels of ``image``.
        preprocess: of the network's checkpoint.

    Raises:
        ValueError: If the face's box has no area or lies beside the picture, as when it was followed out of it.

    Example:
        >>> from fer_models.faces.whole import whole_face
        >>> image = np.zeros((100, 120, 3), np.uint8)
        >>> crop_for(image, whole_face(image), Preprocess(size=48, channels=1)).pixels.shape
        (48, 48, 1)
    """
    large, info = crop_face(image, face, preprocess.crop_margin, preprocess.alignment)
    return Crop(preprocess.stored(large), info["corners"], info["alignment"], large)
