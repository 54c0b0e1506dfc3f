"""A contact sheet: many faces with their heatmaps on one picture."""

from __future__ import annotations

import math

import cv2
import numpy as np

from fer_models.data.dataset import FaceDataset
from fer_models.explain.overlay import overlay
from fer_models.explain.sets.batch import ExplainedSet

_GAP, _LINE, _INK, _GROUND, _WRONG = 8, 34, (22, 25, 27), 255, (170, 30, 30)


def contact_sheet(
    explained: ExplainedSet, dataset: FaceDataset, *, columns: int = 10, side: int = 112, opacity: float = 0.5
) -> np.ndarray:
    """Faces with their heatmaps, uint8 RGB; up to 60, spread evenly over the pictures that were explained.

    Below each face: the explained class and its row, or its label if that differs from the prediction.

    Args:
        explained: the explained pictures.
        dataset: their data set.
        columns: faces a row.
        side: of a face in pixels.
        opacity: of the heatmaps.
    """
    count = len(explained.sheet)
    columns = min(columns, count)
    rows = math.ceil(count / columns)
    wide, high = side + _GAP, side + _LINE + _GAP
    canvas = np.full((rows * high + _GAP, columns * wide + _GAP, 3), _GROUND, np.uint8)
    for number, (position, heat) in enumerate(zip(explained.sheet, explained.sheet_maps, strict=True)):
        top, left = _GAP + number // columns * high, _GAP + number % columns * wide
        face = np.asarray(dataset.images[int(explained.positions[position])])
        canvas[top : top + side, left : left + side] = overlay(_sized(face, side), heat, opacity)
        _words(canvas, explained, int(position), left, top + side)
    return canvas


def _words(canvas: np.ndarray, explained: ExplainedSet, position: int, left: int, top: int) -> None:
    target, label = int(explained.targets[position]), int(explained.labels[position])
    predicted = int(explained.predictions[position])
    first = explained.classes[target]
    if target == predicted:
        first += f" {100 * explained.confidence[position]:.0f}%"
    second = f"row {int(explained.rows[position])}"
    wrong = label >= 0 and label != predicted
    if wrong:
        second = f"is {explained.classes[label]}"
    for text, down, colour in ((first, 13, _INK), (second, 28, _WRONG if wrong else _INK)):
        cv2.putText(canvas, text, (left, top + down), cv2.FONT_HERSHEY_SIMPLEX, 0.4, colour, 1, cv2.LINE_AA)


def _sized(face: np.ndarray, side: int) -> np.ndarray:
    """Enlarged by repeating pixels, reduced by averaging them."""
    interpolation = cv2.INTER_NEAREST if len(face) < side else cv2.INTER_AREA
    sized = cv2.resize(face, (side, side), interpolation=interpolation)
    return sized[:, :, None] if sized.ndim == 2 else sized
