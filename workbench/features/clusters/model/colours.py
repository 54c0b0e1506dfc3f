"""What colours the points of a map: classes, predictions, figures of each face, copies, subjects, splits, data sets.

Also the faces of a map in one image, so that the face under the mouse is shown without a request to the server.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from fer_models.data import FaceDataset
from fer_models.data.leaks.duplicates import find_duplicates
from fer_models.embedding.export import sprite
from fer_models.evaluation import mistakes
from fer_models.evaluation.evaluate import Evaluation

COLOURS: dict[str, str] = {
    "class": "class",
    "prediction": "prediction",
    "correctness": "right or wrong",
    "confidence": "confidence",
    "loss": "loss",
    "brightness": "brightness",
    "copies": "copies of one image",
    "subject": "subject",
    "split": "split",
    "set": "data set",
}
RIGHT, WRONG, ALONE = "right", "wrong", "no copy here"
#: Column of a joint data set: the original data set of an image.
ORIGIN = "data set"


@dataclass(frozen=True)
class Colouring:
    """Colour of the points: a category (``names``) or a number (``values``) for each point."""

    title: str
    names: tuple[str, ...] | None = None
    values: np.ndarray | None = None


def colourings(dataset: FaceDataset) -> dict[str, str]:
    """Keys and titles of the colourings; those by subjects, data sets and images only if the data set has them."""
    missing = {"subject"} if dataset.subjects is None else set()
    if not dataset.has_images:
        missing |= {"brightness", "copies"}
    if ORIGIN not in dataset.columns:
        missing.add("set")
    return {key: title for key, title in COLOURS.items() if key not in missing}


def colouring(faces: Evaluation, dataset: FaceDataset, by: str) -> Colouring:
    """Names or values of the points for a key of :func:`colourings`."""
    title = COLOURS[by]
    positions = faces.positions
    if by in ("class", "prediction"):
        labels = faces.targets if by == "class" else faces.predictions
        return Colouring(title, names=tuple(faces.classes[int(k)] for k in labels))
    if by == "correctness":
        return Colouring(title, names=tuple(RIGHT if r else WRONG for r in faces.predictions == faces.targets))
    if by == "subject" and dataset.subjects is not None:
        return Colouring(title, names=tuple(str(dataset.subjects[p]) for p in positions))
    if by == "split":
        return Colouring(title, names=tuple(dataset.split_names[int(dataset.split[p])] for p in positions))
    if by == "set" and ORIGIN in dataset.columns:
        return Colouring(title, names=tuple(str(dataset.columns[ORIGIN][p]) for p in positions))
    if by == "copies":
        return Colouring(title, names=_copies(faces, dataset))
    if by == "brightness":
        return Colouring("mean grey level, 0 to 255", values=mistakes.light(faces, dataset))
    scores = mistakes.scores(faces)
    if by == "loss":
        return Colouring("loss, nats", values=scores.loss)
    return Colouring("confidence, %", values=100 * scores.confidence)


def _copies(faces: Evaluation, dataset: FaceDataset) -> tuple[str, ...]:
    """Exact, near and mirrored copies among the faces of the map, named by the row of the first one."""
    labels = find_duplicates(np.asarray(dataset.images[faces.positions])).near_labels()
    _, first, inverse, count = np.unique(labels, return_index=True, return_inverse=True, return_counts=True)
    return tuple(f"copies of row {int(faces.rows[first[k]])}" if count[k] > 1 else ALONE for k in inverse)


#: Side of all faces together in pixels: 36,000 faces become 18 pixels each, up to 5,600 keep 48.
_SIDE = 3600


def hover(faces: Evaluation, dataset: FaceDataset) -> dict[str, Any]:
    """What the page needs to show any face of the map: one JPEG of all faces, its bytes, and the facts of each.

    ``positions`` are those in the data set; ``sure`` is the confidence in per cent.
    """
    tile, picture = sprite(dataset.display_images, faces.positions, _SIDE)
    shown = picture if picture.ndim == 2 else np.ascontiguousarray(picture[:, :, ::-1])
    encoded, data = cv2.imencode(".jpg", shown, [cv2.IMWRITE_JPEG_QUALITY, 75])
    assert encoded, "a uint8 image can always be encoded"
    return {
        "sprite": data.tobytes(),
        "tile": tile,
        "columns": picture.shape[0] // tile,
        "classes": list(faces.classes),
        "positions": faces.positions.tolist(),
        "rows": faces.rows.tolist(),
        "targets": faces.targets.tolist(),
        "predictions": faces.predictions.tolist(),
        "sure": np.rint(100 * faces.probabilities.max(1)).astype(int).tolist(),
    }
