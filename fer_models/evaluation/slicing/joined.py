"""One network's predictions on several data sets as one table, to be cut by data set and by what the sets share."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from fer_models.data.dataset import FaceDataset
from fer_models.errors import UserError
from fer_models.evaluation.class_match import class_key
from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.slicing.slices import AMONG_OTHERS, column_values, slice_columns

#: The column that tells which data set a picture comes from.
DATA_SET = "data set"
#: Columns whose values mean something else in each data set, so that its name goes before them.
_OWN = ("split", "subject")
#: Measured against other pictures of the set, or dependent on the side at which a set is stored.
_NOT_COMPARABLE = (*AMONG_OTHERS, "sharpness")

#: Name of a data set, the set, and the predictions for some of its pictures.
Source = tuple[str, FaceDataset, Evaluation]


def joined(sources: Sequence[Source]) -> tuple[Evaluation, dict[str, np.ndarray]]:
    """The predictions for all pictures as one evaluation, and the columns to cut it by, each (N,), data set first.

    Classes are those of any of the sets; one that a set has not gets probability 0 there. A column that some of the
    sets lack is not known for their pictures. Sharpness, copies and the occlusion proxy cannot be compared across sets
    and are left out.

    Raises:
        UserError: If there is no table.
    """
    if not sources:
        raise UserError("There are no predictions to join; choose one data set or more.")
    parts = [evaluation for _, _, evaluation in sources]
    names = {class_key(name): name for part in reversed(parts) for name in part.classes}
    keys = list(dict.fromkeys(class_key(name) for part in parts for name in part.classes))
    positions = [np.array([keys.index(class_key(name)) for name in part.classes], np.int64) for part in parts]

    def spread(field: str, missing: float) -> np.ndarray:
        tables = [np.full((part.n, len(keys)), missing, np.float32) for part in parts]
        for table, part, at in zip(tables, parts, positions, strict=True):
            table[:, at] = getattr(part, field)
        return np.concatenate(tables)

    indices: dict[str, Any] = {
        field: np.concatenate([at[getattr(part, field)] for part, at in zip(parts, positions, strict=True)])
        for field in ("targets", "predictions")
    }
    whole = replace(
        parts[0],
        **indices,
        classes=tuple(names[key] for key in keys),
        logits=spread("logits", -np.inf),
        probabilities=spread("probabilities", 0.0),
        embeddings=None,
        positions=np.arange(sum(part.n for part in parts)),
        rows=np.concatenate([part.rows for part in parts]),
        data=" + ".join(part.data for part in parts),
        fingerprint=hashlib.sha256(" ".join(part.fingerprint for part in parts).encode()).hexdigest(),
        split=" + ".join(dict.fromkeys(part.split for part in parts)),
        notes=tuple(dict.fromkeys(note for part in parts for note in part.notes)),
        label_map=(),
        units=_units(parts),
        of_photographs=all(part.people is None for part in parts),
    )
    classes = np.asarray(whole.classes)[whole.targets]
    return whole, _columns(sources, classes)


def _units(parts: Sequence[Evaluation]) -> np.ndarray | None:
    """People or photographs of the several sets, none of which is in two of them; other images count alone."""
    if all(part.units is None for part in parts):
        return None
    found, first = [], 0
    for part in parts:
        units = np.arange(part.n) if part.units is None else np.unique(part.units, return_inverse=True)[1].reshape(-1)
        found.append(units + first)
        first += part.n
    return np.concatenate(found)


def _columns(sources: Sequence[Source], classes: np.ndarray) -> dict[str, np.ndarray]:
    counts = [evaluation.n for _, _, evaluation in sources]
    columns = {DATA_SET: np.repeat([name for name, _, _ in sources], counts), "class": classes}
    column_names = [slice_columns(dataset) for _, dataset, _ in sources]
    for column in dict.fromkeys(
        name for names in column_names for name in names if name not in (*columns, *_NOT_COMPARABLE)
    ):
        values: list[np.ndarray | None] = [
            column_values(dataset, evaluation.positions, column) if column in names else None
            for (_, dataset, evaluation), names in zip(sources, column_names, strict=True)
        ]
        if all(part is None or np.issubdtype(part.dtype, np.number) for part in values):
            filled = [
                np.full(n, np.nan) if part is None else part.astype(np.float64)
                for part, n in zip(values, counts, strict=True)
            ]
            columns[column] = np.concatenate(filled)
            continue
        words = []
        for (name, _, _), part, n in zip(sources, values, counts, strict=True):
            texts = [""] * n if part is None else [str(value).strip() for value in part.tolist()]
            if column in _OWN:
                texts = [f"{name}, {text}" if text else "" for text in texts]
            words += texts
        columns[column] = np.array(words)
    return columns
