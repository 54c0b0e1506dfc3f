"""t-SNE and UMAP from exact neighbours: the slow part of a map. It reports progress; an error raised there stops it."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np

from fer_models.embedding.settings import MapSettings
from fer_models.progress import Progress

#: Iterations of t-SNE with attraction exaggerated, then as it is: the usual numbers of openTSNE.
_EARLY, _LATE = 250, 500
_EVERY = 10


@dataclass(frozen=True)
class Neighbours:
    """Nearest other rows of N rows: ``indices`` int64 (N, K) and ``distances`` float32 (N, K), closest first."""

    indices: np.ndarray
    distances: np.ndarray


def tsne(
    rows: np.ndarray, near: Neighbours, settings: MapSettings, initial: np.ndarray | None, step: Progress
) -> np.ndarray:
    """Coordinates (N, 2) of prepared rows (N, D) by t-SNE.

    One thread: sums of several threads differ in their last digits, and the same seed would not give the same map.

    Source:
        van der Maaten and Hinton 2008; above 10,000 rows, forces by interpolation: Linderman et al. 2019.
    """
    from openTSNE import TSNE, initialization  # Late: it may not be installed where networks are only trained.
    from openTSNE.affinity import PerplexityBasedNN
    from openTSNE.nearest_neighbors import PrecomputedNeighbors

    count = min(int(3 * settings.perplexity), near.indices.shape[1])
    neighbours = PrecomputedNeighbors(near.indices[:, :count], near.distances[:, :count].astype(np.float64))
    if initial is None:
        start = initialization.pca(rows, random_state=settings.seed)
    else:
        start = initialization.rescale(np.asarray(initial, np.float64))
    total, done = _EARLY + _LATE, 0

    def report(iteration: int, error: float, embedding: np.ndarray) -> None:
        nonlocal done
        done += _EVERY  # Counted here, because each of the two phases counts from 1.
        step(min(done / total, 1.0), f", round {min(done, total)} of {total}")

    return np.asarray(
        TSNE(
            2,
            perplexity=settings.perplexity,
            early_exaggeration_iter=_EARLY,
            n_iter=_LATE,
            random_state=settings.seed,
            callbacks=report,
            callbacks_every_iters=_EVERY,
        ).fit(affinities=PerplexityBasedNN(perplexity=settings.perplexity, knn_index=neighbours), initialization=start)
    )


def tsne_in_space(rows: np.ndarray, settings: MapSettings, initial: np.ndarray | None) -> np.ndarray:
    """Coordinates (N, 3) by scikit-learn's t-SNE, since openTSNE places on a line or a plane only."""
    from sklearn.manifold import TSNE

    start = "pca" if initial is None else (initial / max(float(initial[:, 0].std()), 1e-12) * 1e-4).astype(np.float32)
    return TSNE(
        3, perplexity=settings.perplexity, init=start, learning_rate="auto", random_state=settings.seed
    ).fit_transform(rows)


def umap(
    rows: np.ndarray, near: Neighbours, settings: MapSettings, initial: np.ndarray | None, step: Progress
) -> np.ndarray:
    """Coordinates (N, dimensions) of prepared rows (N, D) by UMAP.

    Exact neighbours by matrix products: at these sizes faster than UMAP's own search, which is compiled first.
    """
    from umap import UMAP  # Takes seconds to import, and may not be installed where networks are only trained.

    self_index = np.arange(len(rows))[:, None]
    count = settings.neighbours - 1  # UMAP counts a row as its own first neighbour.
    indices = np.hstack([self_index, near.indices[:, :count]]).astype(np.int32)
    distances = np.hstack([np.zeros((len(rows), 1), np.float32), near.distances[:, :count]])
    step(0.0, "")
    return UMAP(
        n_components=settings.dimensions,
        n_neighbors=settings.neighbours,
        min_dist=settings.minimum_distance,
        random_state=settings.seed,
        init="spectral" if initial is None else np.asarray(initial, np.float32),
        precomputed_knn=(indices, distances, None),
        tqdm_kwds={"disable": False, "file": _Bar(step), "bar_format": "{n} {total}", "mininterval": 0.3},
    ).fit_transform(rows)


class _Bar(io.StringIO):
    """The file that UMAP writes its progress bar to; it passes the numbers to ``step``."""

    def __init__(self, step: Progress):
        super().__init__()
        self._step: Progress | None = step

    def write(self, text: str) -> int:
        words = text.split()
        if len(words) == 2 and all(word.isdecimal() for word in words) and self._step is not None:
            done, total = int(words[0]), max(int(words[1]), 1)
            step, self._step = self._step, None  # After an error, closing the bar writes once more.
            step(done / total, f", round {done} of {total}")
            self._step = step
        return len(text)
