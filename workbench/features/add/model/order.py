"""The check of the class order: labelled faces and what the network reads in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fer_models.checkpoint import Checkpoint
from fer_models.classifier import Classifier
from fer_models.data import FaceDataset
from fer_models.data.builtin import NAME as BUILT_IN
from fer_models.errors import UserError
from fer_models.exchange.class_order import OrderCheck, check_order, labelled_sample
from fer_models.progress import Progress, silent
from fer_models.storage import set_aside
from workbench.app.pictures import as_rgb

#: Faces between two reports of progress.
_BATCH = 8


@dataclass(frozen=True, eq=False)
class Checked:
    """The check, and one face of each class: picture uint8 (S, S, 3), label, class read and its probability."""

    check: OrderCheck
    faces: list[tuple[np.ndarray, str, str, float]]


def usual_set(names: list[str]) -> str:
    """The labelled set that is asked first: photographs where there are any."""
    return next((name for name in names if name != BUILT_IN), BUILT_IN)


def checked(classifier: Classifier, dataset: FaceDataset, progress: Progress = silent) -> Checked:
    """Ask the network about labelled faces of a set.

    Args:
        classifier: The network.
        dataset: The set.
        progress: Called after every few faces; an error raised in it stops the work.

    Raises:
        UserError: If the set has no faces of these classes, or cannot be read.
    """
    checkpoint = classifier.checkpoint
    positions, labels = labelled_sample(dataset, checkpoint.classes)
    if not len(positions):
        raise UserError("No face of this set has a class of this network; choose another set.")
    stored = [checkpoint.preprocess.stored(np.asarray(dataset.images[position])) for position in positions]
    outputs = []
    for start in range(0, len(stored), _BATCH):
        progress(start / len(stored), f"{start} of {len(stored)} faces read")
        outputs.append(classifier.predict(stored[start : start + _BATCH]).probabilities)
    probabilities = np.concatenate(outputs)
    top = probabilities.argmax(1)
    faces = []
    for name in checkpoint.classes:
        if name in labels:
            at = labels.index(name)
            best = int(top[at])
            faces.append((as_rgb(stored[at]), name, checkpoint.classes[best], float(probabilities[at, best])))
    return Checked(check_order(top, labels, checkpoint.classes), faces)


def remove(checkpoint: Checkpoint) -> None:
    """Delete an added network.

    Raises:
        UserError: If it cannot be deleted.
    """
    try:
        set_aside(checkpoint.path)
    except OSError as error:
        raise UserError(f"{checkpoint.name} cannot be deleted ({error.strerror}).") from None
