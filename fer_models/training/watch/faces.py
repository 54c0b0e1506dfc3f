"""The eight faces that a run is watched on: rows of its validation part, and drawn faces whose truth is known."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fer_models.data import builtin
from fer_models.data.dataset import FaceDataset
from fer_models.data.opening import split_options
from fer_models.data.splits import Split
from fer_models.data.synthetic import EMOTION_ACTION_UNITS, SyntheticOptions, generate_face
from fer_models.data.synthetic.generator import class_and_subject
from fer_models.labels import canonical, is_emotion
from fer_models.preprocess import Preprocess
from fer_models.settings import from_text

if TYPE_CHECKING:
    from fer_models.explain.face_parts.drawn import DrawnTruth

#: Faces of a run.
FACES = 8
#: Of these, drawn ones where the data set holds photographs.
DRAWN = 4
#: Expressions whose units lie in different parts of the face, first.
_FIRST = ("happy", "surprise", "angry", "disgust", "sad", "fear")
_SMALLEST, _LARGEST = 48, 224


@dataclass(frozen=True)
class WatchedFaces:
    """Which faces are watched. No picture is kept: rows name them in the data set, drawn ones are drawn again.

    Args:
        rows: int64 (P,), row numbers of the data set (``FaceDataset.rows``), for drawn faces their number in the set.
        drawn: bool (P,), whether a face is drawn.
        targets: int64 (P,), class numbers of the network.
        drawn_set: The set of the drawn faces, as :func:`fer_models.data.open_dataset` takes it; ``""`` without any.
    """

    rows: np.ndarray
    drawn: np.ndarray
    targets: np.ndarray
    drawn_set: str

    @property
    def options(self) -> SyntheticOptions:
        """Of the drawn faces."""
        return from_text(SyntheticOptions, split_options(self.drawn_set)[1])

    def units(self) -> list[tuple[str, ...]]:
        """The action units of each face; none for photographs and neutral faces."""
        options = self.options if self.drawn.any() else None
        return [
            tuple(sorted(generate_face(options, int(row)).action_units)) if drawn and options is not None else ()
            for row, drawn in zip(self.rows, self.drawn, strict=True)
        ]

    def images(self, dataset: FaceDataset | None, preprocess: Preprocess) -> list[np.ndarray | None]:
        """The faces as the network gets them, uint8 (S, S, C); ``None`` for rows that the data set does not have.

        Args:
            dataset: That of the run; ``None`` where it is not here.
            preprocess: Of the network.
        """
        options = self.options if self.drawn.any() else None
        place = {} if dataset is None else {int(row): at for at, row in enumerate(dataset.rows)}
        images: list[np.ndarray | None] = []
        for row, drawn in zip(self.rows.tolist(), self.drawn, strict=True):
            if drawn and options is not None:
                images.append(preprocess.stored(generate_face(options, row).image))
            elif dataset is not None and row in place:
                images.append(preprocess.stored(np.asarray(dataset.images[place[row]])))
            else:
                images.append(None)
        return images

    def truth(self, size: int) -> DrawnTruth | None:
        """Parts and units of the drawn faces, in their order, for maps of ``size`` pixels a side."""
        from fer_models.explain.face_parts.drawn import drawn_truth  # late: a run loads without it

        return drawn_truth(self.options, self.rows[self.drawn], size) if self.drawn.any() else None


def choose_faces(dataset: FaceDataset, split: Split, preprocess: Preprocess, seed: int) -> WatchedFaces:
    """Eight validation faces of a built-in set; of any other four, and four drawn faces of the classes that it has.

    Classes take turns, so that as many as possible are among them. The same seed gives the same faces.

    Args:
        dataset: That the run trains on.
        split: Its parts.
        preprocess: Of the network.
        seed: Of the run.
    """
    own = dataset.name == builtin.NAME
    drawn_set, numbers, labels = ("", [], []) if own else _drawn(dataset.classes, preprocess)
    positions = split.val[dataset.labels[split.val] >= 0]
    chosen = _in_turns(dataset.labels[positions], FACES - len(numbers), seed)
    rows = [*dataset.rows[positions[chosen]].tolist(), *numbers]
    targets = [*dataset.labels[positions[chosen]].tolist(), *labels]
    drawn = np.array([own] * len(chosen) + [True] * len(numbers), bool)
    return WatchedFaces(
        np.array(rows, np.int64), drawn, np.array(targets, np.int64), dataset.source if own else drawn_set
    )


def _in_turns(labels: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Positions of faces in random order, those that are the first of their class before the second ones."""
    order = np.random.default_rng(seed).permutation(len(labels))
    turn, seen = np.zeros(len(labels), np.int64), dict[int, int]()
    for position in order:
        label = int(labels[position])
        turn[position] = seen[label] = seen.get(label, -1) + 1
    first = order[np.lexsort((labels[order], turn[order]))]
    return np.asarray(first[:count])


def _drawn(classes: Sequence[str], preprocess: Preprocess) -> tuple[str, list[int], list[int]]:
    """Set, numbers and class numbers of drawn faces with units, for a network of these classes."""
    known = {canonical(name): number for number, name in enumerate(classes) if is_emotion(name)}
    names = [name for name in _FIRST if name in known and EMOTION_ACTION_UNITS[name]][:DRAWN]
    if not names:
        return "", [], []
    options = SyntheticOptions(count=56, size=min(max(preprocess.size, _SMALLEST), _LARGEST), difficulty=0.2)
    options = dataclasses.replace(options, colour=preprocess.channels == 3)
    numbers = []
    for turn, name in enumerate(names):  # a person each
        label = options.classes.index(name)
        start = turn * len(options.classes)
        numbers.append(next(i for i in range(start, options.count) if class_and_subject(options, i)[0] == label))
    return builtin.describe(options), numbers, [known[name] for name in names]
