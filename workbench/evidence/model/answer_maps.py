"""Heatmaps over many faces, a page of a gallery at a time."""

from __future__ import annotations

import numpy as np

from fer_models.classifier import Classifier
from fer_models.data import FaceDataset
from fer_models.evaluation.class_match import network_classes
from fer_models.evaluation.evaluate import Evaluation
from fer_models.explain import USUAL_METHOD, explain
from fer_models.explain.overlay import overlay
from workbench.app.pictures import as_rgb, enlarged

#: Shown side of an overlaid face in pixels, about.
_SIDE = 144


def over_faces(
    evaluation: Evaluation, places: tuple[int, ...], opacity: float, classifier: Classifier, dataset: FaceDataset
) -> dict[int, np.ndarray]:
    """uint8 (S, S, 3) by position in the data set: a heatmap of the predicted class over each face.

    A face of whose class nothing speaks is drawn bare.

    Args:
        places: among the evaluation's pictures.
    """
    names = network_classes(classifier.classes, dataset.classes)
    targets = [names[evaluation.classes[int(evaluation.predictions[place])]] for place in places]
    positions = evaluation.positions[np.array(places, np.int64)]
    stored = [classifier.checkpoint.preprocess.stored(np.asarray(dataset.images[p])) for p in positions]
    found = explain(classifier, classifier.prepare(stored), USUAL_METHOD, targets)
    heat = found.heatmap()
    result = {}
    for i, position in enumerate(positions):
        face = enlarged(as_rgb(stored[i]), _SIDE)
        result[int(position)] = overlay(face, enlarged(heat[i], _SIDE), opacity) if found.has_positive[i] else face
    return result
