"""What a part of a data set is called beside a figure."""

from __future__ import annotations

import numpy as np

from fer_models.data.dataset import FaceDataset
from fer_models.data.splits import Split


def part_name(dataset: FaceDataset, split: Split, index: np.ndarray, role: str) -> str:
    """What a part of a split is called beside a figure: the data set's own split name where the part is all of it."""
    for number, name in enumerate(dataset.split_names):
        whole = np.flatnonzero((dataset.split == number) & (dataset.labels >= 0))
        if np.array_equal(whole, index):
            return name
    return f"{role} part ({split.name}, seed {split.seed})"


def without_leaks(part: str) -> str:
    """What a part is called after the pictures with a copy in training were taken out."""
    return f"{part} without pictures that leak"
