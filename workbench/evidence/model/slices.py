"""Where a network fails: which columns the pictures can be cut by, and the worst slices of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fer_models.data import FaceDataset
from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.joined import Source, joined
from fer_models.evaluation.slices import (
    Slice,
    can_be_cut,
    column_values,
    single_values,
    slice_columns,
    worst_by,
    worst_of,
)


@dataclass(frozen=True, eq=False)
class Columns:
    """What the pictures can be cut by.

    Args:
        values: each column's values (N,). cuttable: names of those with several values.
        same: value of each column that is the same for all of these pictures.
    """

    values: Mapping[str, np.ndarray]
    cuttable: tuple[str, ...]
    same: Mapping[str, str]


def columns(evaluation: Evaluation, dataset: FaceDataset) -> Columns:
    """Every known and measured column of a data set's pictures."""
    return _told({name: column_values(dataset, evaluation.positions, name) for name in slice_columns(dataset)})


def across(_: Evaluation, sources: Sequence[Source]) -> tuple[Evaluation, Columns]:
    """One network's predictions on several data sets as one, and what they can be cut by together.

    The first argument is that of the first source, by which such results are kept.
    """
    whole, values = joined(sources)
    return whole, _told(values)


def worst(evaluation: Evaluation, known: Columns, metric: str, column: str | None) -> list[Slice]:
    """The metric by one column, or by all that have not a value for nearly every picture; worst first, small last."""
    if column is None:
        return worst_of(evaluation, known.values, metric)
    return worst_by(evaluation, known.values[column], column, metric)


def same_words(known: Columns) -> str:
    """``The same in all of these pictures: original side 48, split PublicTest.``; empty where nothing is."""
    told = ", ".join(f"{name} {value}" for name, value in known.same.items())
    return f"The same in all of these pictures: {told}." if told else ""


def _told(values: Mapping[str, np.ndarray]) -> Columns:
    cuttable = tuple(name for name, own in values.items() if can_be_cut(own))
    return Columns(values, cuttable, single_values(values))
