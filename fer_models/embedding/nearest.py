"""Exact nearest neighbours by Euclidean distance, in blocks of matrix products."""

from __future__ import annotations

import numpy as np

from fer_models.progress import Progress, silent

_BLOCK = 1024


def nearest(
    rows: np.ndarray,
    count: int,
    queries: np.ndarray | None = None,
    *,
    include_self: bool = False,
    progress: Progress = silent,
) -> tuple[np.ndarray, np.ndarray]:
    """Places, int64 (Q, count), and distances, float32 (Q, count), of the nearest rows, the closest first.

    Args:
        rows: (N, F).
        queries: int (Q,), places of the rows asked for; all by default.
        include_self: whether a row counts as its own first neighbour.
        progress: told how far it is; an error that it raises stops the search.

    Raises:
        ValueError: If there are not ``count`` neighbours.
    """
    rows = np.asarray(rows, np.float32)
    asked = np.arange(len(rows)) if queries is None else np.asarray(queries)
    if not 0 < count <= len(rows) - (not include_self):
        raise ValueError(f"{len(rows)} rows have no {count} neighbours each")
    squared = np.einsum("nf,nf->n", rows, rows)
    places = np.empty((len(asked), count), np.int64)
    distances = np.empty((len(asked), count), np.float32)
    for start in range(0, len(asked), _BLOCK):
        block = asked[start : start + _BLOCK]
        gap = squared[None, :] - 2 * (rows[block] @ rows.T)  # the rows' own lengths change no order
        own = np.arange(len(block))
        gap[own, block] = -np.inf if include_self else np.inf
        found = np.argpartition(gap, count - 1, axis=1)[:, :count]
        found = np.take_along_axis(found, np.argsort(np.take_along_axis(gap, found, 1), axis=1, kind="stable"), 1)
        places[start : start + _BLOCK] = found
        # Differences and not the expanded square: near neighbours would lose their digits.
        for i, place in enumerate(block):
            distances[start + i] = np.linalg.norm(rows[found[i]] - rows[place], axis=1)
        done = min(start + _BLOCK, len(asked))
        progress(done / len(asked), f"neighbours of {done:,} of {len(asked):,} faces")
    return places, distances
