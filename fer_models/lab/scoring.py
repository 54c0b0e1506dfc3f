"""What several networks say of several faces of the lab."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from fer_models.lab.drawing import face_image
from fer_models.lab.parameters import FaceParameters

if TYPE_CHECKING:
    from fer_models.classifier import Classifier

#: More networks than anyone reads side by side.
MOST_NETWORKS = 6


def scores(classifiers: Sequence[Classifier], faces: Sequence[FaceParameters]) -> list[np.ndarray]:
    """Class probabilities of every network for every face, float32 (N, K) a network.

    A face is drawn once for all networks of one input size.

    Args:
        classifiers: The networks.
        faces: The faces.

    Raises:
        UserError: If a network gives no numbers.

    Example:
        >>> from fer_models import load_checkpoint
        >>> classifier = load_checkpoint("checkpoints/fcsdnet-synthetic")
        >>> scores([classifier], [FaceParameters(), FaceParameters(units={"AU12": 1.0})])[0].shape
        (2, 7)
    """
    drawn: dict[tuple[int, int, str], list[np.ndarray]] = {}
    answers = []
    for classifier in classifiers:
        preprocess = classifier.checkpoint.preprocess
        key = (preprocess.size, preprocess.channels, preprocess.interpolation)
        if key not in drawn:
            drawn[key] = [face_image(face, preprocess) for face in faces]
        answers.append(classifier.predict(drawn[key]).probabilities)
    return answers
