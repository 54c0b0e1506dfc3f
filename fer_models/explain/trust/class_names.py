"""Whether a network's outputs match its class names: an exact test on drawn faces with ground truth."""

from __future__ import annotations

from functools import lru_cache
from itertools import islice, permutations
from math import factorial
from typing import TYPE_CHECKING

import numpy as np
import torch

from fer_models.data.synthetic import SyntheticOptions, generate_face
from fer_models.explain.per_network import PerNetwork
from fer_models.explain.trust.passes import fast_pass
from fer_models.labels import EMOTION_ACTION_UNITS, canonical, is_emotion

if TYPE_CHECKING:
    from fer_models.classifier import Classifier

#: With fewer classes there are too few orders of their names for a small chance.
FEWEST_CLASSES = 5
_FACES, _ORDERS, _DIFFICULTY = 8, 5040, 0.2
_CHANCES: PerNetwork[float] = PerNetwork(most=64)


def chance_of_names(classifier: Classifier) -> float:
    """Chance of reading clear drawn faces as well as this network does with class names shuffled at random.

    The network reads eight drawn faces of each of its emotions. The mean probabilities an expression are standardised
    for each output, so that a class which it always prefers does not decide, and their mean over the right classes is
    compared with that under all orders of the class names (5,040 drawn ones where there are more than seven). The
    outputs of a network with fresh weights can change places without changing its distribution, so that the chance is
    uniform there: 1 % of fresh networks stay at or below 0.01, whatever their architecture and however sure they are.
    In a trained network the outputs differ. The value is cached until the weights change.

    Returns:
        In (0, 1]; ``nan`` if fewer than five classes are emotions that can be drawn.
    """
    return _CHANCES.of(classifier, "chance", lambda: _chance(classifier))


def _chance(classifier: Classifier) -> float:
    emotions = _drawable(classifier.classes)
    if len(emotions) < FEWEST_CLASSES:
        return float("nan")
    outputs = [position for position, _ in emotions]
    faces = clear_faces(tuple(name for _, name in emotions), classifier.checkpoint.preprocess.size)
    forward = fast_pass(classifier)
    with classifier.exclusive(), torch.no_grad():
        logits = torch.cat([forward(part) for part in classifier.prepare(faces).split(16)])
    table = logits.softmax(1).double().cpu().numpy()[:, outputs].reshape(len(emotions), _FACES, -1).mean(1)
    table = (table - table.mean(0)) / (table.std(0) + 1e-12)
    orders = _orders(len(emotions))
    means = table[np.arange(len(emotions)), orders].mean(1)
    return float((means >= means[0] - 1e-12).mean())


def orders_of_names(classes: tuple[str, ...]) -> int:
    """How many orders of the class names :func:`chance_of_names` compares; 0 where it cannot."""
    count = len(_drawable(classes))
    return min(factorial(count), _ORDERS) if count >= FEWEST_CLASSES else 0


def _drawable(classes: tuple[str, ...]) -> list[tuple[int, str]]:
    """Position and name of each class that is an emotion which can be drawn."""
    named = ((position, canonical(name)) for position, name in enumerate(classes) if is_emotion(name))
    return [(position, name) for position, name in named if name in EMOTION_ACTION_UNITS]


@lru_cache(maxsize=8)
def clear_faces(emotions: tuple[str, ...], size: int) -> np.ndarray:
    """Eight clear drawn faces of each emotion, in their order, uint8 (8 K, S, S, 1).

    Args:
        emotions: K names.
        size: Side of a network's input in pixels; faces are drawn at 48 to 224.
    """
    side = min(max(size, 48), 224)
    options = [
        SyntheticOptions(count=_FACES, size=side, seed=11, classes=(name,), difficulty=_DIFFICULTY) for name in emotions
    ]
    return np.stack([generate_face(face_options, i).image for face_options in options for i in range(_FACES)])


@lru_cache(maxsize=4)
def _orders(count: int) -> np.ndarray:
    """int64 (n, count): orders of the names, the true one first."""
    if factorial(count) <= _ORDERS:
        return np.array(list(islice(permutations(range(count)), _ORDERS)))
    draw = np.random.default_rng(0)
    return np.stack([np.arange(count), *(draw.permutation(count) for _ in range(_ORDERS - 1))])
