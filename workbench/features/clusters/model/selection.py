"""What the circled faces have in common: their mean heatmap, and marks for all of them."""

from __future__ import annotations

import numpy as np

from fer_models.classifier import Classifier
from fer_models.data import FaceDataset
from fer_models.evaluation.class_match import network_classes
from fer_models.evaluation.evaluate import Evaluation
from fer_models.explain import explain
from fer_models.explain.overlay import overlay
from workbench.app import marks
from workbench.app.pictures import as_rgb, enlarged

#: Largest number of faces in a mean heatmap, and of faces marked at once.
HEATMAPS, MARKED = 96, 500
_BATCH = 32
_SIDE = 120


def mean_heatmap(
    faces: Evaluation, indices: tuple[int, ...], classifier: Classifier, dataset: FaceDataset
) -> tuple[np.ndarray, int] | None:
    """Mean heatmap of the predicted classes over the mean face, uint8 (S, S, 3), and how many heatmaps went into it.

    Of more than 96 faces, 96 are drawn at random. ``None`` if no face has positive evidence for its class.
    """
    sampled = np.array(indices, np.int64)
    if len(sampled) > HEATMAPS:
        sampled = np.sort(np.random.default_rng(0).choice(sampled, HEATMAPS, replace=False))
    names = network_classes(classifier.classes, dataset.classes)
    heat, used, mean = 0.0, 0, 0.0
    for start in range(0, len(sampled), _BATCH):
        part = sampled[start : start + _BATCH]
        targets = [names[faces.classes[int(k)]] for k in faces.predictions[part]]
        stored = [classifier.checkpoint.preprocess.stored(np.asarray(dataset.images[p])) for p in faces.positions[part]]
        explanation = explain(classifier, classifier.prepare(stored), target=targets)
        positive = np.asarray(explanation.has_positive, bool)
        heat = heat + np.asarray(explanation.heatmap())[positive].sum(0)
        used += int(positive.sum())
        mean = mean + np.stack([as_rgb(face) for face in stored]).astype(np.float64).sum(0)
    if not used:
        return None
    face = enlarged(np.rint(mean / len(sampled)).astype(np.uint8), _SIDE)
    return overlay(face, enlarged(np.asarray(heat / used, np.float32), _SIDE), 0.5), used


def mark(dataset: FaceDataset, positions: np.ndarray, word: str) -> int:
    """Add a mark to the faces at these positions, at most 500; returns how many have it now.

    Raises:
        UserError: If the mark is unknown or cannot be written.
    """
    marks_by_row = marks.read(dataset)
    to_mark = positions[:MARKED]
    for position in to_mark:
        row_marks = marks_by_row.get(int(dataset.rows[position]), frozenset())
        if word not in row_marks:
            marks.put(dataset, int(position), row_marks | {word})
    return len(to_mark)
