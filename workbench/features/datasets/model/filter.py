"""Which pictures a gallery shows, and in which order: pure functions of small arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from fer_models.data import FaceDataset
from fer_models.data.duplicates import Duplicates

Order = Literal["source", "random", "dark", "bright", "doubt"]
Copies = Literal["all", "copies", "conflicts", "leaks"]


@dataclass(frozen=True)
class Filter:
    """What is asked for; ``None`` and empty mean everything.

    Args:
        classes: class names; ``"unlabelled"`` for pictures without a label.
        split: name of one of the set's own splits.
        subjects: names.
        brightness: lowest and highest mean pixel, 0 to 255.
        copies: pictures with an identical copy, those whose copies have another label, or those outside the first
            split with a copy in it.
        order: of the result; ``"random"`` is the same at every visit.
    """

    classes: tuple[str, ...] = ()
    split: str | None = None
    subjects: tuple[str, ...] = ()
    brightness: tuple[int, int] = (0, 255)
    copies: Copies = "all"
    order: Order = "source"

    @property
    def needs_brightness(self) -> bool:
        """Whether every picture's brightness must be known."""
        return self.brightness != (0, 255) or self.order in ("dark", "bright")

    @property
    def needs_copies(self) -> bool:
        """Whether identical pictures must be known."""
        return self.copies != "all"


def positions(
    dataset: FaceDataset,
    asked: Filter,
    *,
    brightness: np.ndarray | None = None,
    copies: Duplicates | None = None,
    doubt: np.ndarray | None = None,
) -> np.ndarray:
    """Positions (int64) of the pictures that fit, in the order asked for.

    Args:
        brightness: float (N,) mean pixel; needed where ``asked.needs_brightness``.
        copies: identical pictures; needed where ``asked.needs_copies``. Copies of one picture stand side by side.
        doubt: float (N,), larger is more doubtful, NaN where it is not known; pictures without are left out when
            ordered by doubt.

    Raises:
        ValueError: If an array that the question needs is missing.
    """
    keep = np.ones(len(dataset), bool)
    if asked.classes:
        wanted = [dataset.classes.index(name) for name in asked.classes if name in dataset.classes]
        keep &= np.isin(dataset.labels, [*wanted, *([-1] if "unlabelled" in asked.classes else [])])
    if asked.split is not None:
        keep &= dataset.split == dataset.split_names.index(asked.split)
    if asked.subjects and dataset.subjects is not None:
        keep &= np.isin(dataset.subjects, asked.subjects)
    if asked.needs_brightness:
        if brightness is None:
            raise ValueError("brightness is needed")
        keep &= (np.rint(brightness) >= asked.brightness[0]) & (np.rint(brightness) <= asked.brightness[1])
    if asked.needs_copies:
        if copies is None:
            raise ValueError("copies are needed")
        keep &= copied(dataset, copies, asked.copies)
    found = np.flatnonzero(keep)
    if asked.order == "random":
        return np.random.default_rng(0).permutation(found)
    if asked.order in ("dark", "bright"):
        assert brightness is not None
        ranked = brightness[found] if asked.order == "dark" else -brightness[found]
        return found[np.argsort(ranked, kind="stable")]
    if asked.order == "doubt":
        if doubt is None:
            raise ValueError("doubt is needed")
        found = found[np.isfinite(doubt[found])]
        return found[np.argsort(-doubt[found], kind="stable")]
    if asked.needs_copies and copies is not None:
        return found[np.argsort(copies.first[found], kind="stable")]
    return found


def copied(dataset: FaceDataset, copies: Duplicates, kind: Copies) -> np.ndarray:
    """bool (N,): pictures that have an identical one, of any kind or of the kind asked for; blank ones never."""
    count = np.bincount(copies.first, minlength=len(dataset))
    several = (count[copies.first] > 1) & ~copies.constant
    if kind == "conflicts":
        known = several & (dataset.labels >= 0)
        low = np.full(len(dataset), len(dataset.classes), np.int64)
        high = np.full(len(dataset), -1, np.int64)
        np.minimum.at(low, copies.first[known], dataset.labels[known])
        np.maximum.at(high, copies.first[known], dataset.labels[known])
        return several & (low[copies.first] < high[copies.first])
    if kind == "leaks":
        return copies.exact_copy_in(dataset.split == 0) & (dataset.split != 0)
    return several
