"""Copies of pictures: byte-identical ones, and the same photograph with another crop, watermark, light or mirrored.

A copy is a picture whose best correlation with the inner part of another one, moved by up to four pixels of 48 and
scaled by up to 6 %, is above a threshold. Candidates are pairs whose low frequencies, weighted by how rarely they
vary, are alike. How many planted copies that finds, and how often it is right: ``docs/statistics.md``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from fer_models.progress import Progress

#: Correlation after alignment above which two pictures count as copies.
NEAR = 0.93
#: Standard deviation of the grey levels (0 to 255) below which a picture is nearly blank and no copy of anything.
FLAT = 8.0
_FREQUENCIES, _COMPARED = 12, 10
#: Cosine of the weighted low frequencies above which a pair is a candidate.
CANDIDATE = 0.62
#: Sets with fewer pictures have no reliable weights; their frequencies are compared as they are.
_FEW = 500
_ROWS = 256
_LUMA = np.asarray((0.299, 0.587, 0.114), np.float32)
#: Pictures are aligned at this side; the inner part leaves so many pixels on each side to move in.
_SIDE, _MARGIN = 48, 4
_SCALES = (45, 48, 51)
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
    """All exact copies, and near and mirrored ones, among uint8 pictures (N, H, W, C), which may be memory-mapped.

    Nearly blank pictures have exact copies only. Half a minute of one core for FER2013, 0.8 GB.
    """
    first = _first_with_same_bytes(images)
    vectors, _ = spectrum(images)
    deviations = np.concatenate([_deviation(images[i : i + _ROWS]) for i in range(0, len(images), _ROWS)])
    different = np.flatnonzero((first == np.arange(len(first))) & (deviations >= FLAT))
    found: list[np.ndarray] = []
    count, complete = 0, True
    for mirrored, i, j in _candidates(vectors[different], progress):
        found.append(np.stack([different[i], different[j], np.full(len(i), mirrored)], axis=1))
        count += len(i)
        if count > _MAX_CANDIDATES:
            complete = False
            break
    candidates = np.concatenate(found) if found else np.empty((0, 3), np.int64)
    correlation = np.empty(len(candidates), np.float32)
    for n, (i, j, mirrored) in enumerate(candidates.tolist()):
        if progress is not None and n % 2000 == 0:
            progress(0.4 + 0.6 * n / len(candidates), f"aligning pictures: {n:,} of {len(candidates):,} pairs")
        correlation[n] = aligned(images[i], images[j][:, ::-1] if mirrored else images[j])
    order = np.argsort(-correlation, kind="stable")  # of a pair and its mirror image the more similar one counts
    best = order[np.unique(candidates[order, :2], axis=0, return_index=True)[1]]
    keep = best[correlation[best] > threshold]
    constant = deviations == 0
    pairs, flips = candidates[keep, :2], candidates[keep, 2].astype(bool)
    return Duplicates(first, pairs, correlation[keep], flips, constant, threshold, complete)


def _candidates(vectors: np.ndarray, progress: Progress | None) -> Iterator[tuple[bool, np.ndarray, np.ndarray]]:
    """Pairs i < j with similar low frequencies (N, K, K), as they are and with the second one mirrored."""
    left, mirror = comparable(vectors)
    for start in range(0, len(left), _ROWS):
        if progress is not None:
            part = start / len(left)
            progress(0.4 * part * (2 - part), f"comparing pictures: {start:,} of {len(left):,}")
        for mirrored, table in ((False, left), (True, mirror)):
            close = left[start : start + _ROWS] @ table[start:].T > CANDIDATE
            i, j = np.divmod(np.flatnonzero(close), close.shape[1])
            yield mirrored, i[i < j] + start, j[i < j] + start


def comparable(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Low frequencies (N, K, K), weighted and at unit length, float32 (N, 99), as they are and mirrored."""
    signs = np.where(np.arange(vectors.shape[2]) % 2, -1, 1).astype(np.float32)
    low = [_flat(each[:, :_COMPARED, :_COMPARED])[:, 1:] for each in (vectors, vectors * signs)]
    if len(vectors) < _FEW:
        return _unit(low[0]), _unit(low[1])
    mean, weight = low[0].mean(0), 1 / np.sqrt(low[0].std(0) + 1e-6)
    return _unit((low[0] - mean) * weight), _unit((low[1] - mean) * weight)


def _flat(values: np.ndarray) -> np.ndarray:
    return values.reshape(len(values), values.shape[1] * values.shape[2])


def is_textured(images: np.ndarray) -> np.ndarray:
    """bool (N,): pictures that are not nearly blank."""
    return np.asarray(_deviation(np.asarray(images)) >= FLAT)


def _unit(rows: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-9), np.float32)


def aligned(picture: np.ndarray, other: np.ndarray) -> float:
    """Largest correlation of the inner part of one picture with another one, over small moves and scales.

    Args:
        picture, other: uint8 (H, W, C).

    Example:
        >>> face = np.random.default_rng(0).integers(0, 255, (48, 48, 1), np.uint8)
        >>> round(aligned(face, np.roll(face, 2, axis=1)), 3)
        1.0
    """
    import cv2

    inner = _grey(picture)[_MARGIN:-_MARGIN, _MARGIN:-_MARGIN]
    second = _grey(other)
    scaled = [second if side == _SIDE else cv2.resize(second, (side, side)) for side in _SCALES]
    return max(float(cv2.matchTemplate(each, inner, cv2.TM_CCOEFF_NORMED).max()) for each in scaled)


def _grey(picture: np.ndarray) -> np.ndarray:
    """float32 (48, 48)."""
    import cv2

    grey = picture.astype(np.float32) @ _LUMA if picture.shape[2] == 3 else picture[..., 0].astype(np.float32)
    return grey if grey.shape == (_SIDE, _SIDE) else cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)


def _deviation(images: np.ndarray) -> np.ndarray:
    """Standard deviation of each picture's grey levels, exactly 0 for one colour."""
    grey = images.astype(np.float32) @ _LUMA if images.shape[3] == 3 else images[..., 0].astype(np.float32)
    return np.where(is_constant(images), 0.0, np.maximum(grey.std(axis=(1, 2)), 1e-6))


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
