"""Names of the parts of a data set, for figures."""

from __future__ import annotations

import numpy as np

from fer_models.data.dataset import FaceDataset
from fer_models.data.splits import Split


def part_name(dataset: FaceDataset, split: Split, index: np.ndarray, role: str) -> str:
    """Name of a part of a split: the data set's own split name where the part is the whole split."""
    for number, name in enumerate(dataset.split_names):
        whole = np.flatnonzero((dataset.split == number) & (dataset.labels >= 0))
        if np.array_equal(whole, index):
            return name
    return f"{role} part ({split.name}, seed {split.seed})"


def without_leaks(part: str) -> str:
    """Name of a part without the pictures that have a copy in training."""
    return f"{part} without pictures that leak"
