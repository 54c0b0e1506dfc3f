"""Slices: any metric by any column of the data, recorded or measured, worst slices first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from fer_models.data.dataset import FaceDataset
from fer_models.data.leaks.duplicates import exact_duplicates
from fer_models.errors import UserError
from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.intervals import Estimate
from fer_models.evaluation.metrics import METRICS
from fer_models.evaluation.sentence import interval_text
from fer_models.evaluation.slicing.occlusion import occlusion_proxy, usual_blocks

#: Slices with fewer pictures than this are marked: their figures say little.
SMALL = 30
#: Numbers with more distinct values than this are cut into groups of equal size.
_MOST_VALUES = 12
_GROUPS = 4
#: Pictures that others are compared with, at most and at least; sets of more bytes are not read as a whole.
_SAMPLE, _LEAST, _WHOLE = 1500, 10, 500_000_000


@dataclass(frozen=True)
class Slice:
    """A metric on the pictures that share a value of a column.

    ``small`` marks slices of fewer than :data:`SMALL` pictures; ``positions`` are their indices among the evaluation's
    pictures, int64. ``p`` is the corrected p-value of being worse than the rest, ``None`` where that was not tested.
    """

    column: str
    value: str
    n: int
    estimate: Estimate
    small: bool
    positions: np.ndarray
    p: float | None = None

    def sentence(self, metric: str) -> str:
        """The slice's figure in words, marked where it is small."""
        figure = interval_text(*self.estimate, percent=METRICS[metric].percent)
        return f"{self.column} {self.value}: {figure} · n = {self.n:,}{' (few images)' if self.small else ''}"


def brightness(images: np.ndarray) -> np.ndarray:
    """Mean pixel of each picture, float64 (N,), 0 to 255; ``images`` uint8 (N, H, W, C)."""
    return images.mean(axis=(1, 2, 3), dtype=np.float64)


def contrast(images: np.ndarray) -> np.ndarray:
    """Standard deviation of each picture's pixels, float64 (N,), in grey levels."""
    return images.mean(axis=3, dtype=np.float32).std(axis=(1, 2)).astype(np.float64)


def sharpness(images: np.ndarray) -> np.ndarray:
    """Standard deviation of each picture's Laplacian over that of its pixels, float64 (N,); low for a blurred picture.

    Dividing by the contrast keeps a dark picture from counting as blurred.
    """
    grey = images.mean(axis=3, dtype=np.float32)
    inner = grey[:, 1:-1, 1:-1]
    around = grey[:, :-2, 1:-1] + grey[:, 2:, 1:-1] + grey[:, 1:-1, :-2] + grey[:, 1:-1, 2:]
    edges = (around - 4 * inner).std(axis=(1, 2))
    spread = grey.std(axis=(1, 2))
    return np.divide(edges, spread, out=np.zeros_like(edges), where=spread > 0).astype(np.float64)


#: Columns that tell groups of people apart, in lower case.
PEOPLE = ("sex", "gender", "age", "age group", "ethnicity", "race", "skin colour", "skin color")
#: Columns that are measured on the stored pictures.
MEASURED: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "brightness": brightness,
    "contrast": contrast,
    "sharpness": sharpness,
}


def copies(dataset: FaceDataset, positions: np.ndarray) -> np.ndarray:
    """Where byte-identical copies of each picture are, in words, (N,)."""
    first = exact_duplicates(dataset.images).first
    splits = np.zeros((len(first), len(dataset.split_names)), np.int64)
    np.add.at(splits, (first, np.asarray(dataset.split).astype(np.int64)), 1)
    splits_of = np.asarray(dataset.split)[positions].astype(np.int64)
    others = splits[first[positions]]
    others[np.arange(len(positions)), splits_of] -= 1
    names = [f"in {name}" for name in dataset.split_names]
    return np.array([" and ".join(n for n, k in zip(names, row, strict=True) if k) or "none" for row in others])


def covered(dataset: FaceDataset, positions: np.ndarray, seed: int = 0) -> np.ndarray:
    """The occlusion proxy against a sample of the first split, float64 (N,).

    Raises:
        UserError: If there are fewer than 10 pictures to compare with.
    """
    first = dataset.split_index(dataset.split_names[0])
    usual = np.sort(np.random.default_rng(seed).choice(first, min(len(first), _SAMPLE), replace=False))
    blocks = usual_blocks(np.asarray(dataset.images[usual]))
    return np.concatenate([occlusion_proxy(np.asarray(dataset.images[piece]), blocks) for piece in _pieces(positions)])


#: Columns that are measured on pictures beside others of the set; for sets of a size that may be read at once.
AMONG_OTHERS: dict[str, Callable[[FaceDataset, np.ndarray], np.ndarray]] = {
    "identical copies": copies,
    "occlusion proxy": covered,
}


def _pieces(positions: np.ndarray) -> list[np.ndarray]:
    return [positions[start : start + 4096] for start in range(0, max(len(positions), 1), 4096)]


def slice_columns(dataset: FaceDataset) -> list[str]:
    """Columns to slice by: the class, those recorded with one value a picture, those that can be measured.

    Without the images nothing can be measured on them.
    """
    names = ["class"]
    if len(dataset.split_names) > 1:
        names.append("split")
    if dataset.subjects is not None:
        names.append("subject")
    names += [name for name, values in dataset.columns.items() if values.ndim == 1 and name not in names]
    if not dataset.has_images:
        return names
    names += [name for name in MEASURED if name not in names]
    few = dataset.images.nbytes > _WHOLE or len(dataset.split_index(dataset.split_names[0])) < _LEAST
    return names if few else names + [name for name in AMONG_OTHERS if name not in names]


def column_values(dataset: FaceDataset, positions: np.ndarray, column: str) -> np.ndarray:
    """Values (N,) of a column of :func:`slice_columns` for the pictures at ``positions``.

    Raises:
        UserError: If there is no such column.
    """
    if column not in slice_columns(dataset):
        raise UserError(
            f"{dataset.name} has no column {column!r} to slice by; choose one of: {', '.join(slice_columns(dataset))}."
        )
    if column == "class":
        return np.asarray(dataset.classes)[np.asarray(dataset.labels)[positions]]
    if column == "split":
        return np.asarray(dataset.split_names)[np.asarray(dataset.split)[positions].astype(np.int64)]
    if column == "subject" and dataset.subjects is not None:
        return np.asarray(dataset.subjects)[positions]
    if column in dataset.columns:
        return np.asarray(dataset.columns[column])[positions]
    if column in AMONG_OTHERS:
        return AMONG_OTHERS[column](dataset, positions)
    return np.concatenate([MEASURED[column](np.asarray(dataset.images[piece])) for piece in _pieces(positions)])


def grouped(values: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Group of each value, int64 (N,), and the groups' names: distinct values, or quarters of many different numbers.

    Missing values (NaN, empty text) are a group of their own, "unknown".
    """
    values = np.asarray(values)
    number = np.issubdtype(values.dtype, np.number)
    missing = np.isnan(values) if np.issubdtype(values.dtype, np.floating) else np.zeros(len(values), bool)
    if number and len(np.unique(values[~missing])) > _MOST_VALUES:
        numbers = values[~missing].astype(np.float64)
        edges = np.unique(np.quantile(numbers, np.linspace(0, 1, _GROUPS + 1)))
        group = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)
        names = [f"{low:.3g} to {high:.3g}" for low, high in pairwise(edges)]
    else:
        words = np.array([str(value).strip() for value in values.tolist()])
        missing = missing | (words == "")
        distinct, group = np.unique(words, return_inverse=True)
        names = [str(word) for word in distinct]
    if missing.any():
        group, names = np.where(missing, len(names), group), [*names, "unknown"]
    return group.astype(np.int64), names


def slice_metric(
    evaluation: Evaluation, values: np.ndarray, column: str, metric: str = "accuracy", *, small: int = SMALL
) -> list[Slice]:
    """The metric on every group of pictures, the worst first; the order among small slices is as good as chance.

    Args:
        values: (N,), one a picture of the evaluation, of any kind (see :func:`grouped`).
        column: its name, for display.
        small: slices of fewer pictures are marked.

    Raises:
        UserError: If ``values`` are not as many as the pictures, or the metric is unknown.
    """
    definition = METRICS[metric]
    if len(values) != evaluation.n:
        raise UserError(f"The column {column} has {len(values)} values for {evaluation.n} images.")
    group, names = grouped(values)
    slices = []
    for k, name in enumerate(names):
        positions = np.flatnonzero(group == k)
        if len(positions):
            selected = evaluation.take(positions)
            # One class alone has no area under a curve: nothing to resample then.
            undefined = bool(np.isnan(selected.value(metric)))
            estimate = Estimate(np.nan, np.nan, np.nan) if undefined else selected.estimate((metric,))[metric]
            slices.append(Slice(column, name, len(positions), estimate, len(positions) < small, positions))
    worst_first = 1 if definition.direction == "higher" else -1
    return sorted(slices, key=lambda part: (np.isnan(part.estimate.value), worst_first * part.estimate.value))


def people_slices(evaluation: Evaluation, dataset: FaceDataset) -> list[Slice]:
    """Accuracy by each column of :data:`PEOPLE` that the data set has, the worst first in each."""
    columns = [name for name in slice_columns(dataset) if name.lower() in PEOPLE]
    return [
        part
        for name in columns
        for part in slice_metric(evaluation, column_values(dataset, evaluation.positions, name), name)
    ]


def worst_of(evaluation: Evaluation, columns: Mapping[str, np.ndarray], metric: str = "accuracy") -> list[Slice]:
    """Slices by every column but those with a value for nearly every picture; worst first, small ones last.

    Slices on which the metric is not defined, such as an area under a curve of one class alone, are left out.

    Args:
        columns: values (N,) by name; those of a single value give no slice.
    """
    slices: list[Slice] = []
    for column, values in columns.items():
        if 1 < len(_present(values)) <= max(_MOST_VALUES, evaluation.n // SMALL):
            slices += slice_metric(evaluation, values, column, metric)
    return _ranked(slices, metric)


def worst_by(evaluation: Evaluation, values: np.ndarray, column: str, metric: str = "accuracy") -> list[Slice]:
    """As :func:`worst_of`, by one column of however many values: a hundred subjects give a hundred slices."""
    return _ranked(slice_metric(evaluation, values, column, metric), metric)


def can_be_cut(values: np.ndarray) -> bool:
    """Whether a column has several values, a dozen at most or on average two pictures for each."""
    return 1 < len(_present(values)) <= max(_MOST_VALUES, len(values) / 2)


def single_values(columns: Mapping[str, np.ndarray]) -> dict[str, str]:
    """The columns that have the same value for every picture, with that value."""
    names = {column: _present(values) for column, values in columns.items()}
    return {column: found[0] for column, found in names.items() if len(found) == 1}


def _present(values: np.ndarray) -> list[str]:
    group, names = grouped(values)
    return [names[k] for k in np.unique(group)]


def _ranked(slices: list[Slice], metric: str) -> list[Slice]:
    worst_first = 1 if METRICS[metric].direction == "higher" else -1
    defined = [part for part in slices if not np.isnan(part.estimate.value)]
    return sorted(defined, key=lambda part: (part.small, worst_first * part.estimate.value))
