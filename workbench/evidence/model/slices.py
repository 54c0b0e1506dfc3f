"""Columns by which the images can be cut into slices, and the worst slices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fer_models.data import FaceDataset
from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.slicing.joined import Source, joined
from fer_models.evaluation.slicing.slices import (
    Slice,
    can_be_cut,
    column_values,
    single_values,
    slice_columns,
    worst_by,
    worst_of,
)
from fer_models.evaluation.slicing.worse import against_rest


@dataclass(frozen=True, eq=False)
class Columns:
    """Columns by which the images can be cut.

    Args:
        values: Values (N,) of each column.
        cuttable: Names of the columns that make several slices.
        same: Value of each column that is the same for all images.
    """

    values: Mapping[str, np.ndarray]
    cuttable: tuple[str, ...]
    same: Mapping[str, str]


def columns(evaluation: Evaluation, dataset: FaceDataset) -> Columns:
    """All columns of a data set, stored and measured."""
    return _of_values({name: column_values(dataset, evaluation.positions, name) for name in slice_columns(dataset)})


def across(_: Evaluation, sources: Sequence[Source]) -> tuple[Evaluation, Columns]:
    """A network's predictions on several data sets as one evaluation, and the columns they share.

    The first argument is the evaluation of the first source: the cache keys such results by it.
    """
    whole, values = joined(sources)
    return whole, _of_values(values)


def worst(evaluation: Evaluation, options: Columns, metric: str, column: str | None) -> list[Slice]:
    """The metric by one column, or by all columns with few values; worst first, small slices last."""
    if column is None:
        return against_rest(evaluation, worst_of(evaluation, options.values, metric), metric)
    return against_rest(evaluation, worst_by(evaluation, options.values[column], column, metric), metric)


def same_words(options: Columns) -> str:
    """``The same in all of these pictures: original side 48, split PublicTest.``; empty if nothing is."""
    pairs = ", ".join(f"{name} {value}" for name, value in options.same.items())
    return f"The same in all of these images: {pairs}." if pairs else ""


def _of_values(values: Mapping[str, np.ndarray]) -> Columns:
    cuttable = tuple(name for name, column in values.items() if can_be_cut(column))
    return Columns(values, cuttable, single_values(values))
