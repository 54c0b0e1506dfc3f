"""t-SNE maps of the built-in faces, from a network's features and from raw pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fer_models.classifier import Classifier
from fer_models.data import FaceDataset
from fer_models.embedding import FaceMap, MapSettings, make_map
from fer_models.evaluation.evaluate import Evaluation
from fer_models.labels import colour
from fer_models.progress import Progress, silent, within

#: From few neighbours to many.
PERPLEXITIES = (5, 30, 100)


@dataclass(frozen=True)
class Pair:
    """Maps of the same faces from two kinds of features."""

    network: FaceMap
    pixels: FaceMap


def pair(
    classifier: Classifier, dataset: FaceDataset, faces: Evaluation, perplexity: int, progress: Progress = silent
) -> Pair:
    """Both maps at one perplexity; read from the cache if they were made before.

    Raises:
        UserError: If there are fewer than 5 faces.
    """
    settings = MapSettings(perplexity=perplexity)
    raw = MapSettings(perplexity=perplexity, features="pixels")
    first = make_map(classifier, dataset, faces, settings, within(progress, 0.0, 0.5))
    return Pair(first, make_map(classifier, dataset, faces, raw, within(progress, 0.5, 1.0)))


def picture(face_map: FaceMap, faces: Evaluation, side: int = 288) -> np.ndarray:
    """The points in the colours of their classes on white, uint8 (side, side, 3), for the sheet."""
    import cv2

    canvas = np.full((side, side, 3), 255, np.uint8)
    points = face_map.coordinates[:, :2]
    low, high = points.min(0), points.max(0)
    places = 10 + (side - 20) * (points - low) / np.maximum(high - low, 1e-9)
    for (x, y), target in zip(places, faces.targets, strict=True):
        shade = colour(faces.classes[int(target)])
        rgb = tuple(int(shade[i : i + 2], 16) for i in (1, 3, 5))
        cv2.circle(canvas, (round(float(x)), round(side - float(y))), 4, rgb, -1, cv2.LINE_AA)
    return canvas
