"""Copies of pictures: byte-identical ones, nearly identical ones, and mirrored ones.

Near means a cosine of mean-removed grey pixels above a threshold. All pairs are compared without loss in seconds: the
low frequencies of a cosine transform are an orthonormal projection, which never increases the
distance of two pictures: comparing 143 numbers a picture finds every candidate, and only these are compared in full.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from fer_models.progress import Progress

#: Cosine of mean-removed pixels above which two pictures count as copies.
NEAR = 0.99
_FREQUENCIES = 12
_ROWS, _COLUMNS = 512, 2048
_LUMA = np.asarray((0.299, 0.587, 0.114), np.float32)
#: Rounding of float32 sums must not lose a pair at the threshold.
_SLACK = 1e-4
#: A tile with more candidates than this is compared by one matrix product instead of pair by pair.
_DENSE = 20_000
_MAX_PAIRS = 2_000_000


@dataclass(frozen=True)
class Duplicates:
    """Copies among N pictures; constant pictures (all pixels equal) are copies of nothing.

    Args:
        first: int64 (N,) position of the first picture with the same bytes; its own position where there is none.
        pairs: int64 (P, 2) positions ``i < j`` of near copies, between the first pictures of identical ones only.
        cosine: float32 (P,) of each pair, above the threshold.
        mirrored: bool (P,) whether the second picture had to be mirrored.
        constant: bool (N,) pictures of one grey level.
        threshold: the cosine above which a pair is near.
        complete: ``False`` if the set has more than two million near pairs and the list was cut.
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


def is_constant(images: np.ndarray) -> np.ndarray:
    """bool (N,): pictures (N, H, W, C) whose pixels are all of one colour."""
    return (images == images[:, :1, :1]).all(axis=(1, 2, 3))


def _first_with_same_bytes(images: np.ndarray) -> np.ndarray:
    """int64 (N,): position of the first picture with the same bytes."""
    seen: dict[bytes, int] = {}
    first = np.empty(len(images), np.int64)
    for position in range(len(images)):
        digest = hashlib.blake2b(images[position].tobytes(), digest_size=16).digest()
        first[position] = seen.setdefault(digest, position)
    return first


def find_duplicates(images: np.ndarray, *, threshold: float = NEAR, progress: Progress | None = None) -> Duplicates:
    """All exact, near and mirrored copies among uint8 pictures (N, H, W, C), which may be memory-mapped.

    Memory: about 0.6 kB a picture and 200 MB besides, whatever the size of the pictures.
    """
    first = _first_with_same_bytes(images)
    vectors, norms = spectrum(images)
    constant = norms == 0
    different = np.flatnonzero((first == np.arange(len(first))) & ~constant)
    left, right, mirror = _distance_tables(vectors[different])
    matches: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    count, complete = 0, True
    for start in range(0, len(different), _ROWS):
        if progress is not None:
            # Half of the square is compared: the part done is not the part of the rows.
            part = start / len(different)
            progress(part * (2 - part), f"comparing pictures: {start:,} of {len(different):,}")
        rows = slice(start, start + _ROWS)
        for begin in range(start, len(different), _COLUMNS):
            columns = slice(begin, begin + _COLUMNS)
            for flipped, table in ((False, right), (True, mirror)):
                close = left[rows] @ table[columns].T > threshold - 1 - _SLACK
                i, j = np.divmod(np.flatnonzero(close), close.shape[1])
                keep = i + start < j + begin
                i, j = i[keep] + start, j[keep] + begin
                if len(i):
                    pairs, cosine = _verify(images, different[i], different[j], flipped, threshold)
                    matches.append((pairs, cosine, np.full(len(pairs), flipped)))
                    count += len(pairs)
        if count > _MAX_PAIRS:
            complete = False
            break
    pairs = np.concatenate([part[0] for part in matches]) if matches else np.empty((0, 2), np.int64)
    cosine = np.concatenate([part[1] for part in matches]) if matches else np.empty(0, np.float32)
    mirrored = np.concatenate([part[2] for part in matches]) if matches else np.empty(0, bool)
    return Duplicates(first, pairs, cosine, mirrored, constant, threshold, complete)


def grey_vectors(images: np.ndarray, *, flip: bool = False) -> np.ndarray:
    """float32 (N, H * W): grey pixels without their mean, at unit length; zero for a constant picture."""
    if images.shape[3] == 3:
        grey = images.astype(np.float32) @ _LUMA
        grey[is_constant(images)] = 0  # No rounding noise on an even surface.
    else:
        grey = images[..., 0].astype(np.float32)
    if flip:
        grey = grey[:, :, ::-1]
    flat = grey.reshape(len(grey), -1)
    flat = flat - flat.mean(axis=1, keepdims=True, dtype=np.float64).astype(np.float32)
    norms = np.sqrt(np.einsum("ij,ij->i", flat, flat, dtype=np.float64)).astype(np.float32)
    norms[norms < 1e-2] = np.inf  # What rounding leaves of a constant picture.
    return flat / norms[:, None]


def spectrum(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Low frequencies float32 (N, 12, 12) of :func:`grey_vectors`, without the constant one, and their norms (N,)."""
    height, width = images.shape[1:3]
    down, across = _cosines(height), _cosines(width)
    vectors = np.empty((len(images), len(down), len(across)), np.float32)
    norms = np.empty(len(images), np.float32)
    for start in range(0, len(images), _ROWS):
        grey = grey_vectors(images[start : start + _ROWS])
        norms[start : start + _ROWS] = np.abs(grey).max(axis=1)
        vectors[start : start + _ROWS] = down @ (grey.reshape(-1, height, width) @ across.T)
    vectors[:, 0, 0] = 0
    return vectors, norms


def _cosines(length: int) -> np.ndarray:
    """The first orthonormal cosine waves (type II), float32 (K, length); odd ones change their sign when mirrored."""
    k = np.arange(min(_FREQUENCIES, length))[:, None]
    waves = np.cos(np.pi * k * (np.arange(length) + 0.5) / length)
    return (waves / np.linalg.norm(waves, axis=1, keepdims=True)).astype(np.float32)


def _distance_tables(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Tables whose products are minus half the squared distance of two pictures: left, right, and right mirrored."""
    flat = vectors.reshape(len(vectors), int(np.prod(vectors.shape[1:])))
    half = np.einsum("ij,ij->i", flat, flat)[:, None] / 2
    ones = np.ones_like(half)
    signs = np.where(np.arange(vectors.shape[2]) % 2, -1, 1).astype(np.float32)
    flipped = (vectors * signs).reshape(flat.shape)
    return np.hstack([flat, -half, ones]), np.hstack([flat, ones, -half]), np.hstack([flipped, ones, -half])


def _verify(
    images: np.ndarray, i: np.ndarray, j: np.ndarray, flip: bool, threshold: float
) -> tuple[np.ndarray, np.ndarray]:
    """The candidate pairs (i, j) whose full cosine is above the threshold, and that cosine."""
    rows, at_row = np.unique(i, return_inverse=True)
    columns, at_column = np.unique(j, return_inverse=True)
    if len(i) > _DENSE:
        table = grey_vectors(images[rows]) @ grey_vectors(images[columns], flip=flip).T
        cosine = table[at_row, at_column]
    else:
        left, right = grey_vectors(images[rows]), grey_vectors(images[columns], flip=flip)
        cosine = np.empty(len(i), np.float32)
        for start in range(0, len(i), 512):
            part = slice(start, start + 512)
            cosine[part] = np.einsum("ij,ij->i", left[at_row[part]], right[at_column[part]])
    keep = cosine > threshold
    return np.stack([i[keep], j[keep]], axis=1), cosine[keep]
