"""The smallest set of action units that turns one answer into another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import TYPE_CHECKING

import numpy as np

from fer_models.errors import UserError
from fer_models.lab.parameters import UNITS, FaceParameters
from fer_models.lab.scoring import scores

if TYPE_CHECKING:
    from fer_models.classifier import Classifier

#: Sets up to this size are searched completely.
EXACT = 3
_MOST_UNITS = len(UNITS)
#: Of the sets that turn the answer, so many are compared by how far their units must move.
_COMPARED, _HALVINGS = 6, 5
_BATCH = 256

Move = tuple[str, float]


@dataclass(frozen=True)
class MinimalChange:
    """A change of the face that changes the answer.

    Args:
        before: The face.
        after: The changed face; its answer is :attr:`answer`.
        units: Level before and after of each changed unit.
        was: The class before.
        answer: The class after.
        exact: Whether no smaller set of units does it, with each unit at 0 or 1.
    """

    before: FaceParameters
    after: FaceParameters
    units: dict[str, tuple[float, float]]
    was: str
    answer: str
    exact: bool


def minimal_change(classifier: Classifier, face: FaceParameters, target: str | None = None) -> MinimalChange | None:
    """The fewest units that turn the network's answer, and how far they must move.

    Every unit may go to 0 or to 1. First units are added greedily, each the one that brings the target nearest. Where
    that takes more than one, all smaller sets of up to three units are tried. Of the sets of the smallest size, those
    that win most clearly are moved back as far as the answer allows, and the one that moves least is returned.

    Args:
        classifier: The network.
        face: The face.
        target: The class that is wanted; any other one if ``None``.

    Returns:
        The change, or ``None`` where neither the greedy sets nor those of up to three units turn the answer.

    Raises:
        UserError: If the network has no such class or gives it already.

    Example:
        >>> from fer_models import load_checkpoint
        >>> network = load_checkpoint("checkpoints/fcsdnet-synthetic")
        >>> change = minimal_change(network, FaceParameters(), "happy")
        >>> change.was, change.answer, change.exact
        ('neutral', 'happy', True)
    """
    search = _Search(classifier, face, target)
    greedy = search.greedy()
    known = _MOST_UNITS + 1 if greedy is None else len(greedy)
    found, exact = ([greedy] if greedy else []), known <= 2
    for size in range(2, min(EXACT, known) + 1):
        if sets := search.complete(size):
            found, exact = sets, True
            break
        exact = size + 1 >= known
    if not found:
        return None
    best = min((search.moved_back(moves) for moves in found[:_COMPARED]), key=search.distance)
    after = face.with_units(**dict(best))
    return MinimalChange(
        face,
        after,
        {unit: (face.units.get(unit, 0.0), level) for unit, level in best},
        classifier.classes[search.start],
        search.answer(after),
        exact,
    )


class _Search:
    def __init__(self, classifier: Classifier, face: FaceParameters, target: str | None):
        self.classifier, self.face = classifier, face
        self.start = int(scores([classifier], [face])[0][0].argmax())
        self.target = None
        if target is not None:
            if target not in classifier.classes:
                raise UserError(f"The network has no class {target!r}; it has {', '.join(classifier.classes)}.")
            self.target = classifier.classes.index(target)
            if self.target == self.start:
                raise UserError(f"The answer is {target} already; choose another class.")
        self.moves: list[Move] = [
            (unit, end) for unit in UNITS for end in (0.0, 1.0) if face.units.get(unit, 0.0) != end
        ]

    def margins(self, sets: Sequence[Sequence[Move]]) -> np.ndarray:
        """How far the wanted answer leads after each set of moves; positive where it wins, float64 (N,)."""
        parts = []
        for start in range(0, len(sets), _BATCH):
            faces = [self.face.with_units(**dict(moves)) for moves in sets[start : start + _BATCH]]
            probabilities = scores([self.classifier], faces)[0].astype(np.float64)
            classes = np.arange(probabilities.shape[1])
            wanted = classes != self.start if self.target is None else classes == self.target
            parts.append(probabilities[:, wanted].max(1) - probabilities[:, ~wanted].max(1))
        return np.concatenate(parts)

    def greedy(self) -> list[Move] | None:
        """Moves added one by one until the answer turns; ``None`` if no further one helps."""
        chosen: list[Move] = []
        lead = float(self.margins([[]])[0])
        while True:
            used = {unit for unit, _ in chosen}
            sets = [[*chosen, move] for move in self.moves if move[0] not in used]
            if not sets:
                return None
            margins = self.margins(sets)
            best = int(margins.argmax())
            if margins[best] <= lead:
                return None
            chosen, lead = sets[best], float(margins[best])
            if lead > 0:
                return chosen

    def complete(self, size: int) -> list[list[Move]]:
        """Every set of that size that turns the answer, the clearest first."""
        by_unit: dict[str, list[Move]] = {}
        for move in self.moves:
            by_unit.setdefault(move[0], []).append(move)
        sets = [list(moves) for units in combinations(by_unit.values(), size) for moves in product(*units)]
        margins = self.margins(sets)
        return [sets[at] for at in np.argsort(-margins, kind="stable") if margins[at] > 0]

    def moved_back(self, moves: list[Move]) -> list[Move]:
        """The set at the smallest common share of its way that still turns the answer, by halving."""
        low, high, best = 0.0, 1.0, moves
        for _ in range(_HALVINGS):
            share = (low + high) / 2
            part = [(unit, round(self._between(unit, end, share), 3)) for unit, end in moves]
            if float(self.margins([part])[0]) > 0:
                high, best = share, part
            else:
                low = share
        return best

    def _between(self, unit: str, end: float, share: float) -> float:
        start = self.face.units.get(unit, 0.0)
        return start + share * (end - start)

    def distance(self, moves: list[Move]) -> float:
        """How far the units of a set move in all."""
        return sum(abs(level - self.face.units.get(unit, 0.0)) for unit, level in moves)

    def answer(self, face: FaceParameters) -> str:
        """The class of a face."""
        return self.classifier.classes[int(scores([self.classifier], [face])[0][0].argmax())]
