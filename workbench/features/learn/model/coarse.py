"""A face made coarser and coarser, and what the network says of it each time."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from fer_models.classifier import Classifier

#: Squares along a side, the finest first; the network's own size is the first reading.
SIDES = (48, 24, 16, 12, 8, 6)


@dataclass(frozen=True)
class Reading:
    """A face of ``side`` x ``side`` squares.

    Args:
        side: Squares along a side.
        pixels: uint8 (side, side, C).
        ranked: Classes and probabilities, the largest first.
    """

    side: int
    pixels: np.ndarray
    ranked: list[tuple[str, float]]


def readings(classifier: Classifier, pixels: np.ndarray) -> tuple[Reading, ...]:
    """The predictions for a face, uint8 (S, S, C), averaged to each of :data:`SIDES` and enlarged again to S."""
    size = pixels.shape[0]
    coarse = [_resized(pixels, side, cv2.INTER_AREA) for side in SIDES]
    prediction = classifier.predict([_resized(face, size, cv2.INTER_NEAREST) for face in coarse])
    return tuple(
        Reading(side, face, prediction.ranked(number))
        for number, (side, face) in enumerate(zip(SIDES, coarse, strict=True))
    )


def _resized(face: np.ndarray, side: int, how: int) -> np.ndarray:
    if face.shape[0] == side:
        return face
    resized = cv2.resize(face, (side, side), interpolation=how)
    return resized[:, :, None] if resized.ndim == 2 else resized
