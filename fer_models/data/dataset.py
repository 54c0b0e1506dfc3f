"""FaceDataset: pictures of faces with labels and their origin."""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from fer_models.absent_images import AbsentImages, MeanFaces
from fer_models.display import Displayed
from fer_models.errors import UserError

#: Label of a picture whose class is not known (Kaggle's ``test.csv``).
UNLABELLED = -1


@dataclass(frozen=True)
class FaceDataset(Displayed):
    """Pictures of one size with labels, splits, subjects and origin; the arrays may be memory-mapped.

    Args:
        name: key of the reader and a short word for the source, for instance ``"fer2013"``.
        images: uint8 (N, H, W, C), C = 1 or 3 (RGB); :class:`~fer_models.absent_images.AbsentImages` where only
            predictions for them are on this computer.
        labels: int64 (N,), index into ``classes``, or :data:`UNLABELLED`.
        classes: class names in canonical order (see :func:`fer_models.labels.order`).
        split: int8 (N,), index into ``split_names``.
        split_names: for instance ``("Training", "PublicTest")``; the first one is the training split.
        subjects: (N,) strings, or ``None`` where the set has no subject names.
        rows: int64 (N,), row or file number in the source, before anything was left out.
        source: where the set was read from.
        soft_labels: float32 (N, K) class shares by annotators, or ``None``.
        columns: further columns by name, each (N, ...): original sides, file names, angles, action units, votes, ...
        notes: sentences about what the reader found (counts that differ from the official ones, files left out).
        unreadable: a sentence for each file that is left out because it cannot be read or shows nothing.

    Raises:
        UserError: If the arrays do not belong together.
    """

    name: str
    images: np.ndarray
    labels: np.ndarray
    classes: tuple[str, ...]
    split: np.ndarray
    split_names: tuple[str, ...]
    rows: np.ndarray
    source: str
    subjects: np.ndarray | None = None
    soft_labels: np.ndarray | None = None
    columns: dict[str, np.ndarray] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.images.ndim != 4 or self.images.dtype != np.uint8 or self.images.shape[3] not in (1, 3):
            shape = f"{self.images.shape} {self.images.dtype}"
            raise UserError(f"Images of a data set are uint8 (N, H, W, 1 or 3), not {shape}.")
        per_row: dict[str, np.ndarray | None] = {
            "labels": self.labels,
            "split": self.split,
            "rows": self.rows,
            "subjects": self.subjects,
            "soft_labels": self.soft_labels,
            **self.columns,
        }
        for name, values in per_row.items():
            if values is not None and len(values) != len(self.images):
                raise UserError(f"{self.name}: {len(self.images)} images but {len(values)} {name}.")
        if len(self.labels) and not (self.labels.min() >= UNLABELLED and self.labels.max() < len(self.classes)):
            raise UserError(f"{self.name}: labels must lie between 0 and {len(self.classes) - 1}.")

    def __len__(self) -> int:
        return len(self.images)

    @property
    def size(self) -> int:
        """Side of the stored pictures in pixels (their height)."""
        return int(self.images.shape[1])

    @property
    def channels(self) -> int:
        """1 (grey) or 3 (RGB)."""
        return int(self.images.shape[3])

    @property
    def has_images(self) -> bool:
        """Whether the images are on this computer; without them only labels and shipped predictions are known."""
        return not isinstance(self.images, AbsentImages)

    @property
    def display_images(self) -> np.ndarray | MeanFaces:
        """What to draw of the images, by position: they themselves, or the mean image of each one's class."""
        return self.images.display() if isinstance(self.images, AbsentImages) else self.images

    @cached_property
    def people(self) -> np.ndarray | None:
        """int64 (N,): the number of each picture's person; a picture whose person is unknown is a person of its own.

        ``None`` where no person is known.
        """
        if self.subjects is None:
            return None
        names = np.asarray(self.subjects)
        known = names != ""
        if not known.any():
            return None
        number = np.empty(len(names), np.int64)
        number[known] = np.unique(names[known], return_inverse=True)[1].reshape(-1)
        number[~known] = number[known].max() + 1 + np.arange((~known).sum())
        return number

    def split_index(self, split: str) -> np.ndarray:
        """Positions (int64) of a split's pictures in this data set; labelled ones and unlabelled ones alike.

        Raises:
            UserError: If there is no such split.
        """
        if split not in self.split_names:
            raise UserError(f"{self.name} has no split {split!r}; it has: {', '.join(self.split_names)}.")
        return np.flatnonzero(self.split == self.split_names.index(split))

    def take(self, index: np.ndarray) -> FaceDataset:
        """The pictures at ``index`` (positions or a boolean mask) as a data set of their own."""

        def part(values: np.ndarray | None) -> np.ndarray | None:
            return None if values is None else values[index]

        return dataclasses.replace(
            self,
            images=self.images[index],
            labels=self.labels[index],
            split=self.split[index],
            rows=self.rows[index],
            subjects=part(self.subjects),
            soft_labels=part(self.soft_labels),
            columns={name: values[index] for name, values in self.columns.items()},
        )

    def counts(self) -> np.ndarray:
        """int64 (splits, classes): labelled pictures by split and class."""
        table = np.zeros((len(self.split_names), len(self.classes)), np.int64)
        labelled = self.labels >= 0
        np.add.at(table, (self.split[labelled].astype(np.int64), self.labels[labelled]), 1)
        return table

    def fingerprint(self, index: np.ndarray | None = None) -> str:
        """SHA-256 (hex) of pictures and labels at ``index``, read in pieces: the identity of what was measured."""
        where = np.arange(len(self)) if index is None else np.asarray(index)
        if isinstance(self.images, AbsentImages):
            return self.images.fingerprint(where)
        digest = hashlib.sha256(repr((self.images.shape[1:], self.classes, len(where))).encode())
        for start in range(0, len(where), 4096):
            chunk = where[start : start + 4096]
            digest.update(self.images[chunk].tobytes())
            digest.update(self.labels[chunk].astype("<i8").tobytes())
        return digest.hexdigest()

    def facts(self, position: int) -> dict[str, Any]:
        """Label, split, subject and columns of one picture, for display."""
        label = int(self.labels[position])
        facts: dict[str, Any] = {
            "row": int(self.rows[position]),
            "class": self.classes[label] if label >= 0 else None,
            "split": self.split_names[int(self.split[position])],
        }
        if self.subjects is not None:
            facts["subject"] = str(self.subjects[position])
        if self.soft_labels is not None:
            shares = self.soft_labels[position]
            facts["annotators"] = {c: round(float(s), 3) for c, s in zip(self.classes, shares, strict=True) if s > 0}
        for name, values in self.columns.items():
            value = values[position]
            facts[name] = value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value
        return facts
