"""The built-in faces and a network's predictions for them: what the steps about many faces work on."""

from __future__ import annotations

from dataclasses import dataclass

from fer_models.checkpoint import Checkpoint
from fer_models.classifier import Classifier
from fer_models.data import FaceDataset, open_dataset
from fer_models.data.builtin import NAME
from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.part import Part
from fer_models.evaluation.predictions import predictions_for
from fer_models.evaluation.protocol import Protocol
from fer_models.progress import Progress, silent

SPLIT = "test"


@dataclass(frozen=True)
class Material:
    """The built-in faces, and the predictions for their test split."""

    dataset: FaceDataset
    evaluation: Evaluation


def make(classifier: Classifier, progress: Progress = silent) -> Material:
    """Draw the faces, or open them if they were drawn before, and predict the test split.

    Raises:
        UserError: If the network has no class in common with the built-in faces.
    """
    dataset = open_dataset(NAME, progress=lambda part, message: progress(0.9 * part, message))
    protocol = Protocol(Part.of_split(dataset, SPLIT), classifier.checkpoint.selection)
    evaluation = predictions_for(
        classifier, dataset, protocol, progress=lambda part, message: progress(0.9 + 0.1 * part, message)
    )
    return Material(dataset, evaluation)


def key(checkpoint: Checkpoint) -> tuple[str, str]:
    """Key of the job that makes it."""
    return "lesson material", checkpoint.identity
