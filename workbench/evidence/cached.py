"""Predictions tables, cached for all sessions."""

from __future__ import annotations

from fer_models.checkpoint import Checkpoint
from fer_models.data import FaceDataset
from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.part import Part
from workbench import cache
from workbench.app import datasets
from workbench.evidence.model import predictions as tables


def predictions(checkpoint: Checkpoint, data: FaceDataset, part: Part, averaging: str = "none") -> Evaluation | None:
    """A network's predictions for a part of the data, or ``None`` if they were not computed yet."""
    key = (checkpoint.identity, checkpoint.selection, datasets.identity(data), part.key, averaging)
    try:
        return cache.kept(_read, key, checkpoint, data, part, averaging)
    except LookupError:
        return None


def _read(checkpoint: Checkpoint, data: FaceDataset, part: Part, averaging: str) -> Evaluation:
    evaluation = tables.read(checkpoint, data, part, averaging)
    if evaluation is None:
        raise LookupError("not computed yet")  # an error, so that it is not cached
    return evaluation
