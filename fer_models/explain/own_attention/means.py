"""Mean attention of each class: a network's attention averaged over pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fer_models.errors import UserError
from fer_models.explain.own_attention.maps import attention_maps
from fer_models.explain.sets.batch import network_labels
from fer_models.explain.sets.mean_maps import ClassMaps, MapMeans
from fer_models.progress import Progress

if TYPE_CHECKING:
    from fer_models.classifier import Classifier
    from fer_models.data.dataset import FaceDataset

_PART = 32
#: Images of a class that a mean is made of by default.
MOST_OF_A_CLASS = 24


def pictures_of_classes(
    classifier: Classifier, dataset: FaceDataset, index: np.ndarray, most: int = MOST_OF_A_CLASS
) -> np.ndarray:
    """Positions in a data set, int64, of at most ``most`` pictures of each class of the network among ``index``.

    They are spread evenly over the index, the same at each call.

    Raises:
        UserError: If no picture has a class of the network.
    """
    labels = network_labels(classifier.checkpoint, dataset)[index]
    selected = []
    for k in range(len(classifier.classes)):
        members = np.flatnonzero(labels == k)
        if len(members):
            spread = np.linspace(0, len(members) - 1, min(most, len(members))).astype(np.int64)
            selected.append(members[np.unique(spread)])
    if not selected:
        raise UserError("No image has a class that this network knows; choose other data or another network.")
    return np.asarray(np.sort(np.asarray(index, np.int64)[np.concatenate(selected)]))


def mean_attention(
    classifier: Classifier, dataset: FaceDataset, index: np.ndarray, progress: Progress | None = None
) -> dict[str, ClassMaps]:
    """Mean over the pictures of each label of every module with attention over positions.

    Args:
        index: positions in the data set, as from :func:`pictures_of_classes`.
        progress: called with the fraction done and a message; an exception raised in it cancels.

    Returns:
        Module and label of its attention in words, to the means (K, H, W) of the network's classes at input
        resolution; empty for a network whose attention has no positions.
    """
    labels = network_labels(classifier.checkpoint, dataset)[index]
    side, means = classifier.checkpoint.preprocess.size, dict[str, MapMeans]()
    for start in range(0, len(index), _PART):
        part = slice(start, start + _PART)
        for record in attention_maps(classifier, classifier.prepare(np.asarray(dataset.images[index[part]])), 1):
            if record.overlay is not None:
                means.setdefault(record.title, MapMeans(len(classifier.classes), (side, side)))
                means[record.title].add(record.overlay, labels[part])
        if progress is not None:
            progress(min(1.0, (start + _PART) / len(index)), f"attention over {len(index):,} images")
    return {words: mean.result() for words, mean in means.items()}
