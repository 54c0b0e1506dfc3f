"""Copies of pictures: byte-identical ones, and the same photograph with another crop, watermark, light or mirrored.

A copy is a picture whose best correlation with the inner part of another one, moved by up to four pixels of 48 and
scaled by up to 8 %, is above a threshold. Candidates are pairs whose low frequencies, weighted by how rarely they
vary, are alike. How many planted copies that finds, and how often it is right: ``docs/statistics.md``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from fer_models.data.leaks.likeness import (
    CANDIDATE,
    FLAT,
    aligned,
    deviation,
    is_constant,
    is_mirrored,
    low_frequencies,
)
from fer_models.progress import Progress

#: Correlation after alignment above which two pictures count as copies.
NEAR = 0.93
_ROWS = 256
_MAX_CANDIDATES = 2_000_000


@dataclass(frozen=True)
class Duplicates:
    """Copies among N pictures; constant pictures (all pixels equal) are copies of nothing.

    Args:
        first: int64 (N,) position of the first picture with the same bytes; its own position where there is none.
        pairs: int64 (P, 2) positions ``i < j`` of near copies, between the first pictures of identical ones only.
        cosine: float32 (P,) correlation of each pair after alignment, above the threshold.
        mirrored: bool (P,) whether the second picture had to be mirrored.
        constant: bool (N,) pictures of one grey level.
        threshold: the correlation above which a pair is near.
        complete: ``False`` if there were more than two million candidates and the list was cut.
    """

    first: np.ndarray
    pairs: np.ndarray
    cosine: np.ndarray
    mirrored: np.ndarray
    constant: np.ndarray
    threshold: float = NEAR
    complete: bool = True

    def exact_groups(self) -> list[np.ndarray]:
        """Positions of each group of two or more identical pictures, in order."""
        return _groups(self.first, self.constant)

    def near_labels(self, *, mirrored: bool = True) -> np.ndarray:
        """int64 (N,): pictures that are joined by chains of copies, exact or near, share a number."""
        from scipy.sparse import coo_matrix
        from scipy.sparse.csgraph import connected_components

        count = len(self.first)
        pairs = self.pairs if mirrored else self.pairs[~self.mirrored]
        rows = np.concatenate([np.arange(count), pairs[:, 0]])
        columns = np.concatenate([self.first, pairs[:, 1]])
        graph = coo_matrix((np.ones(len(rows), bool), (rows, columns)), shape=(count, count))
        return connected_components(graph, directed=False)[1].astype(np.int64)

    def near_groups(self) -> list[np.ndarray]:
        """Positions of each group of two or more pictures joined by copies, mirrored ones too, in order."""
        return _groups(self.near_labels(), self.constant)

    def exact_copy_in(self, source: np.ndarray) -> np.ndarray:
        """bool (N,): whether a picture has an identical one in the mask ``source`` (N,), itself included."""
        has = np.zeros(len(self.first), bool)
        has[self.first[source & ~self.constant]] = True
        return has[self.first] & ~self.constant

    def near_copy_in(self, source: np.ndarray, *, mirrored: bool = False) -> np.ndarray:
        """bool (N,): whether it has an identical or near copy in ``source``; ``mirrored`` adds mirrored copies."""
        pairs = self.pairs if mirrored else self.pairs[~self.mirrored]
        has = np.zeros(len(self.first), bool)
        has[self.first[source & ~self.constant]] = True
        reached = has.copy()
        reached[pairs[has[pairs[:, 1]], 0]] = True
        reached[pairs[has[pairs[:, 0]], 1]] = True
        return reached[self.first] & ~self.constant


def _groups(numbers: np.ndarray, constant: np.ndarray) -> list[np.ndarray]:
    positions = np.flatnonzero(~constant)
    ordered = positions[np.argsort(numbers[positions], kind="stable")]
    cuts = np.flatnonzero(np.diff(numbers[ordered])) + 1
    groups = [group for group in np.split(ordered, cuts) if len(group) > 1]
    return sorted(groups, key=lambda group: int(group[0]))


def exact_duplicates(images: np.ndarray) -> Duplicates:
    """Byte-identical copies among uint8 pictures (N, H, W, C) only, read in pieces; tenths of a second for FER2013."""
    first = _first_with_same_bytes(images)
    constant = np.zeros(len(images), bool)
    for start in range(0, len(images), _ROWS):
        constant[start : start + _ROWS] = is_constant(images[start : start + _ROWS])
    return Duplicates(first, np.empty((0, 2), np.int64), np.empty(0, np.float32), np.empty(0, bool), constant)


def _first_with_same_bytes(images: np.ndarray) -> np.ndarray:
    """int64 (N,): position of the first picture with the same bytes."""
    seen: dict[bytes, int] = {}
    first = np.empty(len(images), np.int64)
    for position in range(len(images)):
        digest = hashlib.blake2b(images[position].tobytes(), digest_size=16).digest()
        first[position] = seen.setdefault(digest, position)
    return first


def find_duplicates(images: np.ndarray, *, threshold: float = NEAR, progress: Progress | None = None) -> Duplicates:
    """All exact copies, and near and mirrored ones, among uint8 pictures (N, H, W, C), which may be memory-mapped.

    Nearly blank pictures have exact copies only. Half a minute of one core for FER2013, 0.8 GB.
    """
    first = _first_with_same_bytes(images)
    deviations = np.concatenate([deviation(images[i : i + _ROWS]) for i in range(0, len(images), _ROWS)])
    different = np.flatnonzero((first == np.arange(len(first))) & (deviations >= FLAT))
    found: list[np.ndarray] = []
    count, complete = 0, True
    for candidates in _candidates(low_frequencies(images)[:, different], progress):
        found.append(candidates)
        count += len(candidates)
        if count > _MAX_CANDIDATES:
            complete = False
            break
    candidates = np.concatenate(found) if found else np.empty((0, 3), np.int64)
    candidates[:, :2] = different[candidates[:, :2]]
    correlation = np.empty(len(candidates), np.float32)
    for n, (i, j, mirrored) in enumerate(candidates.tolist()):
        if progress is not None and n % 2000 == 0:
            progress(0.6 + 0.4 * n / len(candidates), f"aligning images: {n:,} of {len(candidates):,} pairs")
        correlation[n] = aligned(images[i], images[j][:, ::-1] if mirrored else images[j])
    order = np.argsort(-correlation, kind="stable")  # of a pair and its mirror image the more similar one counts
    best = order[np.unique(candidates[order, :2], axis=0, return_index=True)[1]]
    keep = best[correlation[best] > threshold]
    pairs, flips = candidates[keep, :2], candidates[keep, 2].astype(bool)
    return Duplicates(first, pairs, correlation[keep], flips, deviations == 0, threshold, complete)


def _candidates(tables: np.ndarray, progress: Progress | None) -> Iterator[np.ndarray]:
    """int64 (M, 3): pairs i < j with similar low frequencies (V, N, F), and whether the second one is mirrored."""
    count = tables.shape[1]
    for start in range(0, count, _ROWS):
        if progress is not None:
            part = start / count
            progress(0.6 * part * (2 - part), f"comparing images: {start:,} of {count:,}")
        rows = tables[0, start : start + _ROWS]
        for mirrored in (False, True):
            close = np.zeros((len(rows), count - start), bool)
            for variant in range(len(tables)):
                if is_mirrored(variant) == mirrored:
                    close |= rows @ tables[variant, start:].T > CANDIDATE
            i, j = np.divmod(np.flatnonzero(close), close.shape[1])
            later = i < j
            yield np.stack([i[later] + start, j[later] + start, np.full(int(later.sum()), mirrored)], axis=1)
