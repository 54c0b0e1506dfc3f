"""Mean heatmap of each class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class ClassMaps:
    """Mean heatmaps of K groups of pictures.

    Args:
        maps: float32 (K, H, W), mean of the heatmaps in [0, 1]; zeros for an empty group.
        counts: int64 (K,), maps in each mean. Maps without positive relevance do not count.
    """

    maps: np.ndarray
    counts: np.ndarray

    def overall(self) -> np.ndarray:
        """float32 (H, W): the mean over all pictures of all groups."""
        weights = self.counts / max(1, int(self.counts.sum()))
        return np.asarray(np.tensordot(weights, self.maps, 1), np.float32)


class MapMeans:
    """Sums heatmaps part by part, so that a whole split needs the memory of one part.

    Args:
        groups: number of groups K.
        size: (H, W) of the maps.
    """

    def __init__(self, groups: int, size: tuple[int, int]):
        self._sums = np.zeros((groups, *size), np.float64)
        self._counts = np.zeros(groups, np.int64)

    def add(self, heatmaps: np.ndarray, group: np.ndarray) -> None:
        """Add heatmaps (B, H, W) of the groups (B,); a negative group and an empty map are left out."""
        usable = (np.asarray(group) >= 0) & heatmaps.any((1, 2))
        np.add.at(self._sums, group[usable], heatmaps[usable])
        np.add.at(self._counts, group[usable], 1)

    def result(self) -> ClassMaps:
        """The means so far."""
        counts = np.maximum(self._counts, 1)[:, None, None]
        return ClassMaps((self._sums / counts).astype(np.float32), self._counts.copy())


def mean_face(images: np.ndarray, positions: Sequence[int] | np.ndarray) -> np.ndarray:
    """Mean of uint8 ``images`` (N, H, W, C) at ``positions``, uint8 (H, W, C); mid grey where there are none."""
    if not len(positions):
        return np.full(images.shape[1:], 128, np.uint8)
    total = np.zeros(images.shape[1:], np.float64)
    ordered = np.sort(np.asarray(positions))
    for start in range(0, len(ordered), 1024):
        total += images[ordered[start : start + 1024]].sum(0, dtype=np.float64)
    return np.rint(total / len(ordered)).astype(np.uint8)
