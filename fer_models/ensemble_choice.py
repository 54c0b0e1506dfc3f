"""Which networks an ensemble takes, by a rule that is fixed before anybody looks at the result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fer_models.errors import UserError


@dataclass(frozen=True)
class EnsembleChoice:
    """Members by the rule of :func:`choose_members`.

    Args:
        order: Positions of all candidates, the lowest loss first.
        losses: Cross-entropy of each candidate on all images, in nats, in the order of the candidates.
        accuracies: Cross-validated accuracy of the first k, for k from 1, in [0, 1].
    """

    order: tuple[int, ...]
    losses: tuple[float, ...]
    accuracies: tuple[float, ...]

    @property
    def size(self) -> int:
        """How many members: the smallest k with the highest cross-validated accuracy."""
        return int(np.argmax(self.accuracies)) + 1

    @property
    def members(self) -> tuple[int, ...]:
        """Positions of the members among the candidates."""
        return self.order[: self.size]


def choose_members(
    logits: Sequence[np.ndarray], labels: np.ndarray, *, at_most: int = 8, folds: int = 10, seed: int = 0
) -> EnsembleChoice:
    """The k candidates of the lowest loss, with k by cross-validation on the same images.

    In each fold candidates are ranked by their loss on the other folds, and the mean of the first k probabilities
    answers for the fold. So the accuracy of a k pays for the ranking, though not for the choice of k itself.

    Args:
        logits: One array (N, K) a candidate, of the same images in the same order.
        labels: int64 (N,), class numbers.
        at_most: The largest k that is tried.
        folds: Stratified folds.
        seed: Of the folds.

    Raises:
        UserError: If there are fewer than two candidates, or their arrays do not belong to the labels.

    Example:
        >>> labels = np.arange(40) % 2
        >>> right = np.eye(2)[labels] * 4.0
        >>> choose_members([right * -1, right], labels, folds=4).members
        (1,)
    """
    from sklearn.model_selection import StratifiedKFold

    if len(logits) < 2:
        raise UserError("An ensemble is chosen from two networks or more.")
    if any(values.ndim != 2 or len(values) != len(labels) for values in logits):
        raise UserError("The networks have predictions for other images; measure all of them on the same part.")
    probabilities = np.stack([_softmax(values.astype(np.float64)) for values in logits])
    losses = -np.log(np.maximum(probabilities[:, np.arange(len(labels)), labels], 1e-12))  # (candidates, N)
    largest = min(at_most, len(logits))
    hits = np.zeros((largest, len(labels)), bool)
    for rest, fold in StratifiedKFold(folds, shuffle=True, random_state=seed).split(labels, labels):
        ranked = np.argsort(losses[:, rest].mean(1), kind="stable")[:largest]
        sums = probabilities[ranked][:, fold].cumsum(0)  # (k, fold, K)
        hits[:, fold] = sums.argmax(2) == labels[fold]
    order = np.argsort(losses.mean(1), kind="stable")
    return EnsembleChoice(tuple(order.tolist()), tuple(losses.mean(1).tolist()), tuple(hits.mean(1).tolist()))


def _softmax(values: np.ndarray) -> np.ndarray:
    shifted = np.exp(values - values.max(1, keepdims=True))
    result: np.ndarray = shifted / shifted.sum(1, keepdims=True)
    return result
