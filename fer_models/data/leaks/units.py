"""What may be taken as independent: the people of the images, or the photographs, of which some are in a set twice."""

from __future__ import annotations

from math import prod
from typing import NamedTuple

import numpy as np

from fer_models.absent_images import AbsentImages
from fer_models.data.dataset import FaceDataset
from fer_models.data.leaks.cache import duplicates_of

#: Images, and bytes of them, among which copies are looked for unasked: a second or two.
_MOST, _BYTES = 10_000, 256_000_000


class Units(NamedTuple):
    """The group of images that each one belongs to; images of one group are not independent.

    Args:
        of: int64 (N,), ``None`` where every image is taken as independent.
        photographs: Whether the groups are copies of one photograph rather than images of one person.
    """

    of: np.ndarray | None = None
    photographs: bool = False

    def at(self, which: np.ndarray) -> Units:
        """Those of some of the images: indices or a boolean mask (N,)."""
        return self._replace(of=None if self.of is None else self.of[which])


def units_of(dataset: FaceDataset, positions: np.ndarray) -> np.ndarray | None:
    """int64 (N,), the person of each image at these positions; ``None`` where nobody is known."""
    return None if dataset.people is None else dataset.people[positions]


def people_in(units: np.ndarray | None) -> int | None:
    """Number of people in units (N,), one for each image; ``None`` where it is not known or each has one image."""
    found = 0 if units is None else len(np.unique(units))
    return found if units is not None and found < len(units) else None


def independent(dataset: FaceDataset, positions: np.ndarray) -> Units:
    """People where they are known, else photographs: copies among the images at these positions are one.

    The search for copies takes half a second for 3,589 faces and is cached. More than 10,000 images, or 256 MB of them,
    are taken as independent, and so are images that are not on this computer where nothing came with the predictions.

    Args:
        dataset: The data set.
        positions: int64 (N,).

    Example:
        >>> from fer_models.data import open_dataset
        >>> faces = open_dataset("synthetic:count=60,size=48")
        >>> independent(faces, np.arange(60)).photographs  # of drawn faces the people are known
        False
    """
    people = units_of(dataset, positions)
    if people is not None:
        return Units(people)
    if isinstance(dataset.images, AbsentImages):
        known = dataset.images.photographs
        return Units() if known is None else _photographs(known[positions])
    if not 1 < len(positions) <= _MOST or len(positions) * prod(dataset.images.shape[1:]) > _BYTES:
        return Units()
    found = duplicates_of(dataset.take(positions))
    labels = found.near_labels()
    labels[found.constant] = len(labels) + np.flatnonzero(found.constant)  # a blank image is a copy of nothing
    return _photographs(np.unique(labels, return_inverse=True)[1].reshape(-1).astype(np.int64))


def _photographs(labels: np.ndarray) -> Units:
    return Units() if len(np.unique(labels)) == len(labels) else Units(labels, photographs=True)
