"""Whether the class names of an imported network stand in the order of its outputs, tested on labelled faces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fer_models.data import FaceDataset
from fer_models.errors import UserError
from fer_models.labels import FER7, canonical

#: Orders in which published sets and programs number the emotions; alphabetical is what class folders give.
ORDERS: dict[str, tuple[str, ...]] = {
    "FER2013": FER7,
    "alphabetical": ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise"),
    "alphabetical, with contempt": ("angry", "contempt", "disgust", "fear", "happy", "neutral", "sad", "surprise"),
    "FERPlus": ("neutral", "happy", "surprise", "sad", "angry", "disgust", "fear", "contempt"),
    "RAF-DB": ("surprise", "fear", "disgust", "happy", "sad", "angry", "neutral"),
    "AffectNet": ("neutral", "happy", "sad", "surprise", "fear", "disgust", "angry", "contempt"),
    "AffectNet, without contempt": ("neutral", "happy", "sad", "surprise", "fear", "disgust", "angry"),
}
#: Chance of being wrong that is accepted when another order is said to fit better.
_LEVEL = 0.001
#: Labelled faces of a class that a check of the order reads.
EACH = 30


@dataclass(frozen=True, eq=False)
class OrderCheck:
    """What labelled faces say of the order.

    Args:
        classes: The K names as given.
        confusion: int64 (K, K), rows are labels.
        other: The order that fits better, ``()`` if none does.
        other_name: What that order is called.
        other_right: Faces that are right with it.
    """

    classes: tuple[str, ...]
    confusion: np.ndarray
    other: tuple[str, ...] = ()
    other_name: str = ""
    other_right: int = 0

    @property
    def n(self) -> int:
        """Number of faces."""
        return int(self.confusion.sum())

    @property
    def right(self) -> int:
        """Faces that are right with the names as given."""
        return int(np.trace(self.confusion))

    @property
    def reads(self) -> bool:
        """Whether more faces are right than chance explains, with the names as given."""
        from scipy.stats import binomtest

        chance = 1 / max(2, int((self.confusion.sum(1) > 0).sum()))
        return bool(binomtest(self.right, self.n, chance, alternative="greater").pvalue < _LEVEL)


def check_order(predicted: np.ndarray, labels: Sequence[str], classes: Sequence[str]) -> OrderCheck:
    """Compare the given order with those of :data:`ORDERS`, and with the one that fits the faces best.

    Another order is named if the faces of which only one of both is right speak for it (exact sign test, 0.1 %). The
    best order is found on every second face and tested on the others, since the best of 5,040 orders always fits a bit.

    Args:
        predicted: int (N,), number of the output with the highest score.
        labels: N class names, all among ``classes``.
        classes: Names of the outputs in the order that was given.

    Raises:
        UserError: If there is no face, or a label is no class.

    Example:
        >>> given = ORDERS["FER2013"]
        >>> labels = [name for name in given for _ in range(9)]
        >>> outputs = np.array([ORDERS["alphabetical"].index(name) for name in labels])
        >>> check_order(outputs, labels, given).other_name
        'alphabetical'
    """
    names = tuple(classes)
    if not len(predicted) or set(labels) - set(names):
        raise UserError("The labelled faces have no class of this network; choose another data set.")
    truth = np.array([names.index(label) for label in labels])
    outputs = np.asarray(predicted, np.int64)
    confusion = np.zeros((len(names), len(names)), np.int64)
    np.add.at(confusion, (truth, outputs), 1)
    right = outputs == truth
    found: tuple[int, tuple[str, ...], str] = (int(right.sum()), (), "")
    for title, order in {**ORDERS, "alphabetical by name": tuple(sorted(names))}.items():
        if set(order) == set(names) and order != names:
            renamed = np.array([names.index(name) for name in order])[outputs] == truth
            if renamed.sum() > found[0] and _better(renamed, right):
                found = (int(renamed.sum()), order, title)
    if not found[1]:
        order = _best(outputs[::2], truth[::2], names)
        renamed = np.array([names.index(name) for name in order])[outputs] == truth
        if order != names and _better(renamed[1::2], right[1::2]):
            found = (int(renamed.sum()), order, "that these faces speak for")
    return OrderCheck(names, confusion, found[1], found[2], found[0] if found[1] else 0)


def labelled_sample(dataset: FaceDataset, classes: Sequence[str], each: int = EACH) -> tuple[np.ndarray, list[str]]:
    """Positions of labelled faces of the last split, equally many of each class, and their names.

    Args:
        dataset: The labelled set.
        classes: Names that are looked for; faces of others are left out.
        each: Faces of a class, fewer where there are fewer.

    Example:
        >>> from fer_models.data import open_dataset
        >>> positions, names = labelled_sample(open_dataset("synthetic:count=70"), ["happy", "sad"], each=1)
        >>> names
        ['happy', 'sad']
    """
    index = dataset.split_index(dataset.split_names[-1])
    numbers = dataset.labels[index]
    known = {canonical(name): number for number, name in enumerate(dataset.classes)}
    positions: list[int] = []
    names: list[str] = []
    for name in classes:
        chosen = index[numbers == known[name]][:each] if name in known else index[:0]
        positions += [int(position) for position in chosen]
        names += [name] * len(chosen)
    mixed = np.random.default_rng(0).permutation(len(positions)) if each > 1 else np.arange(len(positions))
    return np.array(positions, np.int64)[mixed], [names[i] for i in mixed]


def _better(other: np.ndarray, given: np.ndarray) -> bool:
    from scipy.stats import binomtest

    wins, losses = int((other & ~given).sum()), int((given & ~other).sum())
    return wins > losses and bool(binomtest(wins, wins + losses, 0.5, alternative="greater").pvalue < _LEVEL)


def _best(outputs: np.ndarray, truth: np.ndarray, names: tuple[str, ...]) -> tuple[str, ...]:
    """The names in the order that makes most of these faces right."""
    from scipy.optimize import linear_sum_assignment

    counts = np.zeros((len(names), len(names)), np.int64)
    np.add.at(counts, (outputs, truth), 1)
    return tuple(names[int(column)] for column in linear_sum_assignment(-counts)[1])
