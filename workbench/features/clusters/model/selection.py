"""What the circled faces have in common: where the network looked, on average, and marks for all of them."""

from __future__ import annotations

import numpy as np

from fer_models.classifier import Classifier
from fer_models.data import FaceDataset
from fer_models.evaluation.class_match import network_classes
from fer_models.evaluation.evaluate import Evaluation
from fer_models.explain import USUAL_METHOD, explain
from fer_models.explain.overlay import overlay
from workbench.app import marks
from workbench.app.pictures import as_rgb, enlarged

#: Faces that a mean heatmap is made of at most, and that a mark is put on at once.
HEATMAPS, MARKED = 96, 500
_BATCH = 32
_SIDE = 120


def mean_heatmap(
    faces: Evaluation, places: tuple[int, ...], classifier: Classifier, dataset: FaceDataset
) -> tuple[np.ndarray, int] | None:
    """Mean heatmap of the predicted classes over the mean face, uint8 (S, S, 3), and how many heatmaps went into it.

    Of more than 96 faces, 96 are drawn. ``None`` where no class of these faces has positive evidence.
    """
    chosen = np.array(places, np.int64)
    if len(chosen) > HEATMAPS:
        chosen = np.sort(np.random.default_rng(0).choice(chosen, HEATMAPS, replace=False))
    names = network_classes(classifier.classes, dataset.classes)
    heat, used, mean = 0.0, 0, 0.0
    for start in range(0, len(chosen), _BATCH):
        part = chosen[start : start + _BATCH]
        targets = [names[faces.classes[int(k)]] for k in faces.predictions[part]]
        stored = [classifier.checkpoint.preprocess.stored(np.asarray(dataset.images[p])) for p in faces.positions[part]]
        found = explain(classifier, classifier.prepare(stored), USUAL_METHOD, targets)
        positive = np.asarray(found.has_positive, bool)
        heat = heat + np.asarray(found.heatmap())[positive].sum(0)
        used += int(positive.sum())
        mean = mean + np.stack([as_rgb(face) for face in stored]).astype(np.float64).sum(0)
    if not used:
        return None
    face = enlarged(np.rint(mean / len(chosen)).astype(np.uint8), _SIDE)
    return overlay(face, enlarged(np.asarray(heat / used, np.float32), _SIDE), 0.5), used


def mark(dataset: FaceDataset, positions: np.ndarray, word: str) -> int:
    """Add a mark to the pictures at these positions, at most 500; returns how many have it now.

    Raises:
        UserError: If the mark is unknown or cannot be written.
    """
    known = marks.read(dataset)
    chosen = positions[:MARKED]
    for position in chosen:
        own = known.get(int(dataset.rows[position]), frozenset())
        if word not in own:
            marks.put(dataset, int(position), own | {word})
    return len(chosen)
