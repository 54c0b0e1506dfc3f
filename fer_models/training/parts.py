"""Which pictures a recipe trains, validates and tests on."""

from __future__ import annotations

import dataclasses

import numpy as np

from fer_models.data.dataset import FaceDataset
from fer_models.data.leaks.cache import duplicates_of
from fer_models.data.splits import Split, make_split
from fer_models.training.recipe import Recipe
from fer_models.training.rows import read_rows


def split_of(recipe: Recipe, dataset: FaceDataset) -> Split:
    """The recipe's split of its data set, without leaked or listed training pictures where the recipe leaves them out.

    Raises:
        UserError: If the protocol does not fit the data set, or the list of rows to leave out cannot be read.
    """
    split = make_split(dataset, recipe.protocol, fold=recipe.fold, seed=recipe.seed)
    if recipe.exclude_leaks:
        split = split.without_leaks(duplicates_of(dataset))
    return without_rows(split, dataset, read_rows(recipe.exclude)) if recipe.exclude else split


def without_rows(split: Split, dataset: FaceDataset, rows: frozenset[int]) -> Split:
    """The split without those training pictures whose row number is listed; its name says how many went.

    Validation and test stay whole, so that figures of runs with and without the list can be compared.
    """
    listed = np.isin(dataset.rows[split.train], np.fromiter(rows, np.int64, len(rows)))
    if not listed.any():
        return split
    name = f"{split.name}, without {int(listed.sum()):,} training images left out by hand"
    return dataclasses.replace(split, train=split.train[~listed], name=name)
