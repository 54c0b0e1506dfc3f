"""Heatmaps over many faces, a page of a gallery at a time."""

from __future__ import annotations

import numpy as np

from fer_models.classifier import Classifier
from fer_models.data import FaceDataset
from fer_models.evaluation.class_match import network_classes
from fer_models.evaluation.evaluate import Evaluation
from fer_models.explain import explain
from fer_models.explain.overlay import overlay
from workbench.app.pictures import as_rgb, enlarged

#: Approximate side of an overlaid face in pixels.
_SIDE = 144


def over_faces(
    evaluation: Evaluation, indices: tuple[int, ...], opacity: float, classifier: Classifier, dataset: FaceDataset
) -> dict[int, np.ndarray]:
    """uint8 (S, S, 3) by position in the data set: a heatmap of the predicted class over each face.

    A face without positive evidence for its class is drawn without a heatmap.

    Args:
        evaluation: Predictions for faces of ``dataset``.
        indices: Of the faces in the evaluation.
        opacity: Of the heatmap, in [0, 1].
        classifier: The network that made these predictions.
        dataset: The data set with the images.
    """
    names = network_classes(classifier.classes, dataset.classes)
    targets = [names[evaluation.classes[int(evaluation.predictions[index])]] for index in indices]
    positions = evaluation.positions[np.array(indices, np.int64)]
    stored = [classifier.checkpoint.preprocess.stored(np.asarray(dataset.images[p])) for p in positions]
    explanation = explain(classifier, classifier.prepare(stored), target=targets)
    heatmaps = explanation.heatmap()
    overlays = {}
    for i, position in enumerate(positions):
        face = enlarged(as_rgb(stored[i]), _SIDE)
        overlays[int(position)] = (
            overlay(face, enlarged(heatmaps[i], _SIDE), opacity) if explanation.has_positive[i] else face
        )
    return overlays
