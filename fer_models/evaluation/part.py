"""Some pictures of a data set under a name: what a network is measured on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fer_models.data.dataset import FaceDataset
from fer_models.evaluation.class_match import LabelMap


@dataclass(frozen=True, eq=False)
class Part:
    """Some pictures of a data set under a name, for instance the held-out part of a fold.

    Args:
        name: What the part is called beside a figure.
        index: int64 ``(N,)``, positions of pictures with a known class; a boolean mask over the data set is turned
            into positions.
        label_map: Which of their classes count as another one, against their names.

    Example:
        >>> Part("test", np.array([3, 5])).key == Part("test", np.array([3, 5])).key
        True
    """

    name: str
    index: np.ndarray
    label_map: LabelMap = ()

    def __post_init__(self) -> None:
        index = np.asarray(self.index)
        object.__setattr__(self, "index", np.flatnonzero(index) if index.dtype == bool else index.astype(np.int64))

    @classmethod
    def of_split(cls, dataset: FaceDataset, split: str) -> Part:
        """The pictures of a split whose class is known; ``"all"`` takes every split.

        Raises:
            UserError: If there is no such split.
        """
        index = np.arange(len(dataset)) if split == "all" else dataset.split_index(split)
        return cls(split, index[np.asarray(dataset.labels)[index] >= 0])

    @cached_property
    def key(self) -> str:
        """Tells it from every other part of the same data set."""
        positions = hashlib.sha256(np.ascontiguousarray(self.index, "<i8").tobytes()).hexdigest()
        return f"{self.name} {positions} {self.label_map or ''}"
