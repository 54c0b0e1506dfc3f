"""Exact nearest neighbours by Euclidean distance, in blocks of matrix products."""

from __future__ import annotations

import numpy as np

from fer_models.progress import Progress, silent

#: Faces whose mean is the place of a face that a map does not have.
CLOSEST = 5
_BLOCK = 1024


def place_between(coordinates: np.ndarray, indices: np.ndarray, distances: np.ndarray) -> tuple[float, ...]:
    """Coordinates for a face that a map does not have: the mean of the :data:`CLOSEST` nearest, the nearer the heavier.

    The weights are inverse distances; the map itself is not computed again.

    Args:
        coordinates: (N, D) of the faces of the map.
        indices: int (K,), its nearest faces, the closest first.
        distances: (K,) to them.

    Example:
        >>> place_between(np.array([[0.0, 0.0], [3.0, 3.0]]), np.array([0, 1]), np.array([1.0, 2.0]))
        (1.0, 1.0)
    """
    weights = 1 / np.maximum(distances[:CLOSEST], 1e-6)
    point = (coordinates[indices[:CLOSEST]] * weights[:, None]).sum(0) / weights.sum()
    return tuple(float(value) for value in point)


def nearest(
    rows: np.ndarray,
    count: int,
    queries: np.ndarray | None = None,
    *,
    include_self: bool = False,
    progress: Progress = silent,
) -> tuple[np.ndarray, np.ndarray]:
    """Indices, int64 (Q, count), and distances, float32 (Q, count), of the nearest rows, the closest first.

    Args:
        rows: (N, F).
        count: neighbours a row.
        queries: int (Q,), indices of the rows whose neighbours are searched; all by default.
        include_self: whether a row counts as its own first neighbour.
        progress: called with the fraction done and a message; an error raised in it stops the search.

    Raises:
        ValueError: If there are not ``count`` neighbours.
    """
    rows = np.asarray(rows, np.float32)
    query_rows = np.arange(len(rows)) if queries is None else np.asarray(queries)
    if not 0 < count <= len(rows) - (not include_self):
        raise ValueError(f"{len(rows)} rows have no {count} neighbours each")
    squared = np.einsum("nf,nf->n", rows, rows)
    indices = np.empty((len(query_rows), count), np.int64)
    distances = np.empty((len(query_rows), count), np.float32)
    for start in range(0, len(query_rows), _BLOCK):
        block = query_rows[start : start + _BLOCK]
        gap = squared[None, :] - 2 * (rows[block] @ rows.T)  # the query's own length does not change the order
        diagonal = np.arange(len(block))
        gap[diagonal, block] = -np.inf if include_self else np.inf
        closest = np.argpartition(gap, count - 1, axis=1)[:, :count]
        closest = np.take_along_axis(closest, np.argsort(np.take_along_axis(gap, closest, 1), axis=1, kind="stable"), 1)
        indices[start : start + _BLOCK] = closest
        # Differences, not the expanded square, which loses digits between near neighbours.
        for i, row in enumerate(block):
            distances[start + i] = np.linalg.norm(rows[closest[i]] - rows[row], axis=1)
        done = min(start + _BLOCK, len(query_rows))
        progress(done / len(query_rows), f"neighbours of {done:,} of {len(query_rows):,} faces")
    return indices, distances
