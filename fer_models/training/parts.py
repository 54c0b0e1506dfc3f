"""Which pictures a recipe trains, validates and tests on, and what each part is called beside a figure."""

from __future__ import annotations

import numpy as np

from fer_models.data.dataset import FaceDataset
from fer_models.data.duplicate_cache import duplicates_of
from fer_models.data.splits import Split, make_split
from fer_models.training.recipe import Recipe


def split_of(recipe: Recipe, dataset: FaceDataset) -> Split:
    """The recipe's split of its data set, without leaked training pictures where it asks for that.

    Raises:
        UserError: If the protocol does not fit the data set.
    """
    split = make_split(dataset, recipe.protocol, fold=recipe.fold, seed=recipe.seed)
    return split.without_leaks(duplicates_of(dataset)) if recipe.exclude_leaks else split


def part_name(dataset: FaceDataset, split: Split, index: np.ndarray, role: str) -> str:
    """What a part of a split is called beside a figure: the data set's own split name where the part is all of it."""
    for number, name in enumerate(dataset.split_names):
        whole = np.flatnonzero((dataset.split == number) & (dataset.labels >= 0))
        if np.array_equal(whole, index):
            return name
    return f"{role} part ({split.name}, seed {split.seed})"
