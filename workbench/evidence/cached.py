"""Predictions tables, cached for all sessions."""

from __future__ import annotations

from fer_models.checkpoint import Checkpoint
from fer_models.data import FaceDataset
from fer_models.evaluation.evaluate import Evaluation
from workbench import cache
from workbench.app import datasets
from workbench.evidence.model import predictions as tables
from workbench.evidence.model.predictions import Part


def predictions(
    checkpoint: Checkpoint, data: FaceDataset, split: str | Part, averaging: str = "none"
) -> Evaluation | None:
    """The predictions table of a network for a split or another part, or ``None`` where it was not computed yet.

    Raises:
        UserError: If there is no such split.
    """
    part = tables.part(data, split)
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
