"""How the answer changes while one action unit, or two, move through their range."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from fer_models.errors import UserError
from fer_models.lab.parameters import FaceParameters, unit_name
from fer_models.lab.scoring import scores

if TYPE_CHECKING:
    from fer_models.classifier import Classifier

STEPS, CELLS = 21, 11


@dataclass(frozen=True)
class Decision:
    """Where the answer of a curve changes: the level of the unit, and the class before and after."""

    level: float
    before: str
    after: str


@dataclass(frozen=True)
class Curve:
    """The response of one network to one unit.

    Args:
        unit: Name of the unit.
        classes: Of the network.
        levels: float64 (S,), intensities of the unit from 0 to 1.
        probabilities: float32 (S, K).
    """

    unit: str
    classes: tuple[str, ...]
    levels: np.ndarray
    probabilities: np.ndarray

    @property
    def decisions(self) -> list[Decision]:
        """Where the most probable class changes, by linear interpolation between steps, in rising order."""
        found = []
        top = self.probabilities.argmax(1)
        for step, following in pairwise(range(len(self.levels))):
            old, new = int(top[step]), int(top[following])
            if old == new:
                continue
            lead = self.probabilities[[step, following], old] - self.probabilities[[step, following], new]
            share = float(lead[0] / (lead[0] - lead[1])) if lead[0] != lead[1] else 0.5
            level = self.levels[step] + share * (self.levels[following] - self.levels[step])
            found.append(Decision(float(level), self.classes[old], self.classes[new]))
        return found


def response_curves(
    classifiers: Sequence[Classifier], face: FaceParameters, unit: str, steps: int = STEPS
) -> list[Curve]:
    """Probabilities of every class while one unit goes from 0 to 1 and all else stays, a curve a network.

    Args:
        classifiers: The networks.
        face: The face; its own intensity of the unit does not matter.
        unit: Name of the unit, as :func:`~fer_models.lab.parameters.unit_name` takes it.
        steps: Number of levels, at least 2.

    Raises:
        UserError: If there is no such unit, or there are fewer than two steps.

    Example:
        >>> from fer_models import load_checkpoint
        >>> (curve,) = response_curves([load_checkpoint("checkpoints/fcsdnet-synthetic")], FaceParameters(), "12")
        >>> curve.probabilities.shape, curve.decisions[0].before
        ((21, 7), 'neutral')
    """
    name = unit_name(unit)
    if steps < 2:
        raise UserError(f"A curve has at least two steps, not {steps}.")
    levels = np.linspace(0, 1, steps)
    faces = [face.with_units(**{name: float(level)}) for level in levels]
    answers = scores(classifiers, faces)
    return [Curve(name, c.classes, levels, answer) for c, answer in zip(classifiers, answers, strict=True)]


@dataclass(frozen=True)
class Interaction:
    """The response of one network to two units.

    Args:
        units: Names of both.
        classes: Of the network.
        levels: float64 (S,), intensities of either unit from 0 to 1.
        probabilities: float32 (S, S, K), rows by the first unit.
    """

    units: tuple[str, str]
    classes: tuple[str, ...]
    levels: np.ndarray
    probabilities: np.ndarray

    @property
    def winner(self) -> np.ndarray:
        """int64 (S, S), position of the most probable class."""
        return self.probabilities.argmax(2)


def interaction_map(
    classifier: Classifier, face: FaceParameters, first: str, second: str, cells: int = CELLS
) -> Interaction:
    """Probabilities of every class while two units go from 0 to 1 independently of each other.

    Args:
        classifier: The network.
        face: The face; its own intensities of both units do not matter.
        first: Name of one unit.
        second: Name of another one.
        cells: Levels of each unit, at least 2.

    Raises:
        UserError: If a unit is unknown, both are the same, or there are fewer than two cells.

    Example:
        >>> from fer_models import load_checkpoint
        >>> network = load_checkpoint("checkpoints/fcsdnet-synthetic")
        >>> interaction_map(network, FaceParameters(), "6", "12", cells=3).winner.shape
        (3, 3)
    """
    names = unit_name(first), unit_name(second)
    if names[0] == names[1]:
        raise UserError(f"An interaction needs two different units, not {names[0]} twice.")
    if cells < 2:
        raise UserError(f"An interaction map has at least two cells a side, not {cells}.")
    levels = np.linspace(0, 1, cells)
    faces = [face.with_units(**{names[0]: float(a), names[1]: float(b)}) for a in levels for b in levels]
    (answer,) = scores([classifier], faces)
    return Interaction(names, classifier.classes, levels, answer.reshape(cells, cells, -1))
