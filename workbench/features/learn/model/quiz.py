"""Four heatmaps of a face, one of them of a network with shuffled weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fer_models.classifier import Classifier
from fer_models.explain import EXPLAINERS, Attribution
from fer_models.explain.faithfulness.parameter_randomisation import shuffled_copy
from workbench.heatmap.model import look as look_model
from workbench.heatmap.model.look import Question

LETTERS = ("A", "B", "C", "D")
_FAKE_METHOD = look_model.FIRST_METHOD
#: The first three that run on the network and find something are asked.
_METHODS = (_FAKE_METHOD, "grad_cam_pp", "score_cam", "grad_cam", "occlusion", "saliency")
#: Shuffled networks that are tried until one gives a map with something bright in it.
_TRIES = 8


@dataclass(frozen=True)
class Map:
    """A map and what it is."""

    title: str
    attribution: Attribution


@dataclass(frozen=True)
class Quiz:
    """The maps in the order of :data:`LETTERS`, usually four, the letter of the fake, and the class explained."""

    maps: tuple[Map, ...]
    fake: str
    target: str


def real_maps(classifier: Classifier, pixels: np.ndarray, target: str) -> list[Map]:
    """Up to three maps of the network for a face, uint8 (S, S, C), each by another method.

    Raises:
        UserError: If the class is unknown.
    """
    usable = look_model.methods(classifier)
    maps: list[Map] = []
    for method in (name for name in _METHODS if name in usable):
        attribution = look_model.look(classifier, pixels, Question(method, target)).attribution
        if attribution.has_positive[0]:
            maps.append(Map(EXPLAINERS[method].title, attribution))
        if len(maps) == len(LETTERS) - 1:
            break
    return maps


def fake_map(classifier: Classifier, pixels: np.ndarray, target: str, number: int) -> Map:
    """A map of a copy with shuffled weights, another one in each round."""
    method = look_model.first_method(classifier)
    for attempt in range(_TRIES):
        copy = shuffled_copy(classifier, number * _TRIES + attempt)
        attribution = look_model.look(copy, pixels, Question(method, target)).attribution
        if attribution.has_positive[0]:
            break
    return Map("shuffled weights", attribution)


def ask(real: Sequence[Map], fake: Map, target: str, seed: tuple[int, ...]) -> Quiz:
    """The maps in an order that depends on the seed alone."""
    order = np.random.default_rng(seed).permutation(len(real) + 1)
    maps = [(*real, fake)[int(index)] for index in order]
    position = next(index for index, each in enumerate(maps) if each is fake)
    return Quiz(tuple(maps), LETTERS[position], target)
