"""Filter and order of the pictures of a gallery."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from fer_models.data import FaceDataset
from fer_models.data.leaks.duplicates import Duplicates

Order = Literal["source", "random", "dark", "bright", "doubt"]
Copies = Literal["all", "copies", "conflicts", "leaks"]


@dataclass(frozen=True)
class Filter:
    """A filter; ``None`` and empty mean no restriction.

    Args:
        classes: class names; ``"unlabelled"`` for pictures without a label.
        split: name of one of the set's own splits.
        subjects: names.
        brightness: lowest and highest mean pixel, 0 to 255.
        copies: pictures with an identical copy, those whose copies have another label, or those outside the first
            split with a copy in it.
        order: of the result; ``"random"`` uses a fixed seed.
    """

    classes: tuple[str, ...] = ()
    split: str | None = None
    subjects: tuple[str, ...] = ()
    brightness: tuple[int, int] = (0, 255)
    copies: Copies = "all"
    order: Order = "source"

    @property
    def needs_brightness(self) -> bool:
        """Whether :func:`positions` needs ``brightness``."""
        return self.brightness != (0, 255) or self.order in ("dark", "bright")

    @property
    def needs_copies(self) -> bool:
        """Whether :func:`positions` needs ``copies``."""
        return self.copies != "all"


def positions(
    dataset: FaceDataset,
    filters: Filter,
    *,
    brightness: np.ndarray | None = None,
    copies: Duplicates | None = None,
    doubt: np.ndarray | None = None,
) -> np.ndarray:
    """Positions (int64) of the pictures that fit, in the requested order.

    Args:
        brightness: float (N,) mean pixel; needed if ``filters.needs_brightness``.
        copies: identical pictures; needed if ``filters.needs_copies``. Copies are sorted side by side.
        doubt: float (N,), larger is more doubtful, NaN if unknown; pictures without are left out when
            ordered by doubt.

    Raises:
        ValueError: If a needed array is missing.
    """
    keep = np.ones(len(dataset), bool)
    if filters.classes:
        numbers = [dataset.classes.index(name) for name in filters.classes if name in dataset.classes]
        keep &= np.isin(dataset.labels, [*numbers, *([-1] if "unlabelled" in filters.classes else [])])
    if filters.split is not None:
        keep &= dataset.split == dataset.split_names.index(filters.split)
    if filters.subjects and dataset.subjects is not None:
        keep &= np.isin(dataset.subjects, filters.subjects)
    if filters.needs_brightness:
        if brightness is None:
            raise ValueError("brightness is needed")
        keep &= (np.rint(brightness) >= filters.brightness[0]) & (np.rint(brightness) <= filters.brightness[1])
    if filters.needs_copies:
        if copies is None:
            raise ValueError("copies are needed")
        keep &= copied(dataset, copies, filters.copies)
    indices = np.flatnonzero(keep)
    if filters.order == "random":
        return np.random.default_rng(0).permutation(indices)
    if filters.order in ("dark", "bright"):
        assert brightness is not None
        ranked = brightness[indices] if filters.order == "dark" else -brightness[indices]
        return indices[np.argsort(ranked, kind="stable")]
    if filters.order == "doubt":
        if doubt is None:
            raise ValueError("doubt is needed")
        indices = indices[np.isfinite(doubt[indices])]
        return indices[np.argsort(-doubt[indices], kind="stable")]
    if filters.needs_copies and copies is not None:
        return indices[np.argsort(copies.first[indices], kind="stable")]
    return indices


def copied(dataset: FaceDataset, copies: Duplicates, kind: Copies) -> np.ndarray:
    """bool (N,): pictures that have an identical one, of any kind or of ``kind``; never blank ones."""
    count = np.bincount(copies.first, minlength=len(dataset))
    several = (count[copies.first] > 1) & ~copies.constant
    if kind == "conflicts":
        labelled = several & (dataset.labels >= 0)
        low = np.full(len(dataset), len(dataset.classes), np.int64)
        high = np.full(len(dataset), -1, np.int64)
        np.minimum.at(low, copies.first[labelled], dataset.labels[labelled])
        np.maximum.at(high, copies.first[labelled], dataset.labels[labelled])
        return several & (low[copies.first] < high[copies.first])
    if kind == "leaks":
        return copies.exact_copy_in(dataset.split == 0) & (dataset.split != 0)
    return several
