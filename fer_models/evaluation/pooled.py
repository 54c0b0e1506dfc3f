"""Predictions of several networks, each for its own pictures, as one table."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from fer_models.data.dataset import FaceDataset
from fer_models.data.leaks.units import independent
from fer_models.errors import UserError
from fer_models.evaluation.evaluate import Evaluation


def pool(parts: Sequence[Evaluation], dataset: FaceDataset, name: str) -> Evaluation:
    """The predictions of several networks for different pictures of a data set as one table.

    Args:
        parts: One evaluation a network, for instance each fold's held-out part.
        name: What all of the pictures together are called.

    Raises:
        UserError: If their classes differ, or a picture is in two of them.
    """
    if len({part.classes for part in parts}) > 1:
        raise UserError("The networks of these folds answer with different classes, so they cannot be pooled.")
    joined: dict[str, Any] = {
        field: np.concatenate([getattr(part, field) for part in parts])
        for field in ("targets", "predictions", "logits", "probabilities", "positions", "rows")
    }
    if len(np.unique(joined["positions"])) < len(joined["positions"]):
        raise UserError("Some images are in several of these parts, so they cannot be pooled.")
    rules = {part.selection for part in parts}
    units = independent(dataset, joined["positions"])
    return dataclasses.replace(
        parts[0],
        **joined,
        units=units.of,
        of_photographs=units.photographs,
        embeddings=None,  # each network has a space of its own
        fingerprint=dataset.fingerprint(joined["positions"]),
        split=name,
        selection=rules.pop() if len(rules) == 1 else "each fold's own validation part",
        notes=tuple(dict.fromkeys(note for part in parts for note in part.notes)),
    )
