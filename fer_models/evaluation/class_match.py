"""Bring a network's classes and a data set's classes together by name, never by position."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fer_models import labels
from fer_models.errors import UserError


def _key(name: str) -> str:
    return labels.canonical(name) if labels.is_emotion(name) else name.strip().lower()


@dataclass(frozen=True)
class ClassMatch:
    """The classes that network and data set share, in the data set's order.

    Args:
        classes: their names in the data set.
        of_network: int64 (K,), position of each among the network's outputs.
        of_label: int64 (data set's classes,), position among ``classes``, or -1 for a class that the network lacks.
        notes: sentences on what was left out, for display beside the figures.
    """

    classes: tuple[str, ...]
    of_network: np.ndarray
    of_label: np.ndarray
    notes: tuple[str, ...]


def match_classes(network: tuple[str, ...], data: tuple[str, ...]) -> ClassMatch:
    """Match class names, synonyms included (:func:`fer_models.labels.canonical`).

    Raises:
        UserError: If no two classes are common.
    """
    outputs = {_key(name): position for position, name in enumerate(network)}
    common = [name for name in data if _key(name) in outputs]
    if not common:
        raise UserError(
            f"The network knows {', '.join(network)} and the data set has {', '.join(data)}: no class is common, "
            "so choose another network or data set."
        )
    taken = {_key(name) for name in common}
    only_network = [name for name in network if _key(name) not in taken]
    only_data = [name for name in data if name not in common]
    notes = []
    if only_data:
        notes.append(f"Pictures of {', '.join(only_data)} are left out: the network has no such class.")
    if only_network:
        notes.append(
            f"The network also knows {', '.join(only_network)}, which the data set has not: it chooses among the "
            f"{len(common)} common classes, with their probabilities made to sum to one."
        )
    return ClassMatch(
        classes=tuple(common),
        of_network=np.array([outputs[_key(name)] for name in common], np.int64),
        of_label=np.array([common.index(name) if name in common else -1 for name in data], np.int64),
        notes=tuple(notes),
    )


def softmax(logits: np.ndarray) -> np.ndarray:
    """Softmax along the last axis, float32, without overflow."""
    shifted = np.exp(logits.astype(np.float64) - logits.max(-1, keepdims=True, initial=-np.inf))
    return (shifted / shifted.sum(-1, keepdims=True)).astype(np.float32)
