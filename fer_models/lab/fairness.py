"""How far the scores move when only the skin, the age lines or the glasses change."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from fer_models.errors import UserError
from fer_models.evaluation.intervals import Estimate, share_estimate
from fer_models.lab.parameters import FaceParameters
from fer_models.lab.scoring import scores
from fer_models.progress import Progress, silent

if TYPE_CHECKING:
    from fer_models.classifier import Classifier

TRAITS: MappingProxyType[str, tuple[str, Mapping[str, Any], Mapping[str, Any]]] = MappingProxyType(
    {
        "skin": ("Skin, from the lightest to the darkest", {"skin": 0.0}, {"skin": 7.0}),
        "age": ("Age lines, from none to the deepest", {"age": 0.0}, {"age": 1.0}),
        "glasses": ("Glasses, from none to round ones", {"glasses": "none"}, {"glasses": "round"}),
    }
)
"""Trait to its title and what it is changed from and to."""

#: People of no built-in set up to this many identities.
FIRST_PERSON, PEOPLE = 10_000, 200
_RESAMPLES, _PIECE = 2000, 50


@dataclass(frozen=True)
class Shift:
    """What one trait does to one network's answers.

    Args:
        trait: Key of :data:`TRAITS`.
        target: The class whose probability is followed.
        before: float64 (N,), its probability for each person without the change.
        after: float64 (N,), with it.
        turned: bool (N,), whose answer changes.
        mean: Mean of after minus before, with a 95 % interval from resampled people.
        share: Share of the people whose answer changes, with Wilson's interval.
    """

    trait: str
    target: str
    before: np.ndarray
    after: np.ndarray
    turned: np.ndarray
    mean: Estimate
    share: Estimate

    @property
    def moves(self) -> np.ndarray:
        """float64 (N,), after minus before."""
        return self.after - self.before


def trait_shift(
    classifier: Classifier,
    face: FaceParameters,
    trait: str,
    *,
    target: str | None = None,
    people: int = PEOPLE,
    progress: Progress = silent,
) -> Shift:
    """Draw many people with the units, pose and light of a face, each with a trait and without it.

    All else of a person stays as it is, so a difference comes from the trait alone. Drawn traits are simple: what is
    found here is a lead for a test on photographs, not a finding about people.

    Args:
        classifier: The network.
        face: Gives units, pose, light and camera; its identity does not matter.
        trait: Key of :data:`TRAITS`.
        target: The class whose probability is followed; by default the answer to the face.
        people: Number of people, at least 2.
        progress: Called with the fraction done and a message.

    Raises:
        UserError: If the trait or class is unknown, or there are fewer than two people.

    Example:
        >>> from fer_models import load_checkpoint
        >>> network = load_checkpoint("checkpoints/fcsdnet-synthetic")
        >>> shift = trait_shift(network, FaceParameters(units={"AU12": 0.9, "AU06": 0.9}), "glasses", people=4)
        >>> shift.target, shift.moves.shape
        ('happy', (4,))
    """
    if trait not in TRAITS:
        raise UserError(f"There is no trait {trait!r}; choose one of {', '.join(TRAITS)}.")
    if people < 2:
        raise UserError(f"A distribution needs at least two people, not {people}.")
    if target is None:
        target = classifier.classes[int(scores([classifier], [face])[0][0].argmax())]
    if target not in classifier.classes:
        raise UserError(f"The network has no class {target!r}; it has {', '.join(classifier.classes)}.")
    _, *ends = TRAITS[trait]
    answers: list[list[np.ndarray]] = [[], []]
    for start in range(0, people, _PIECE):
        group = range(start, min(people, start + _PIECE))
        for end, found in zip(ends, answers, strict=True):
            faces = [dataclasses.replace(face, identity=FIRST_PERSON + person, **end) for person in group]
            found.append(scores([classifier], faces)[0])
        progress(group.stop / people, f"{group.stop} of {people} people")
    without, having = (np.concatenate(found).astype(np.float64) for found in answers)
    column = classifier.classes.index(target)
    turned = without.argmax(1) != having.argmax(1)
    before, after = without[:, column], having[:, column]
    return Shift(trait, target, before, after, turned, _mean(after - before), share_estimate(turned))


def _mean(moves: np.ndarray) -> Estimate:
    """The mean with a percentile interval over resampled people."""
    draws = np.random.default_rng(0).integers(0, len(moves), (_RESAMPLES, len(moves)))
    low, high = np.percentile(moves[draws].mean(1), [2.5, 97.5])
    return Estimate(float(moves.mean()), float(low), float(high))
