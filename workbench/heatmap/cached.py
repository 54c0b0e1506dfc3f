"""Prediction, heatmap, trust card and own attention of one face, cached for all sessions."""

from __future__ import annotations

import numpy as np

from fer_models.checkpoint import Checkpoint
from fer_models.explain.trust.card import TrustCard
from workbench import cache
from workbench.heatmap.model import look as look_model
from workbench.heatmap.model.look import Look, OwnAttention, Question


def look(checkpoint: Checkpoint, pixels: np.ndarray, question: Question) -> Look:
    """Prediction and heatmap of one face, uint8 (S, S, C).

    Raises:
        UserError: If the network cannot be loaded or the question cannot be answered with it.
    """
    return cache.of_face(look_model.look, checkpoint, pixels, question)


def trust(checkpoint: Checkpoint, pixels: np.ndarray, question: Question, maps: int) -> TrustCard:
    """The verdict on the heatmap that :func:`look` gives for the same arguments, with that many random maps."""
    return cache.of_face(look_model.trust, checkpoint, pixels, look(checkpoint, pixels, question).attribution, maps)


def continued(checkpoint: Checkpoint, pixels: np.ndarray, question: Question, card: TrustCard) -> TrustCard:
    """The quick verdict of :func:`trust` for the same arguments with the baseline that it left out."""
    return cache.of_face(look_model.continued, checkpoint, pixels, look(checkpoint, pixels, question).attribution, card)


def own_attention(checkpoint: Checkpoint, pixels: np.ndarray) -> OwnAttention:
    """The network's own attention for one face, uint8 (S, S, C)."""
    return cache.of_face(look_model.own_attention, checkpoint, pixels)
