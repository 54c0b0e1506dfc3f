"""How well classes separate in the original features, and how faithful a map is to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fer_models.embedding.nearest import nearest
from fer_models.embedding.project import distinct

#: Neighbours that a face is judged by.
K = 15
#: Faces whose neighbours are looked at in a larger set.
_QUERIES = 2000
#: Share of copies above which a map's figures say nothing.
_COPIES = 0.1


@dataclass(frozen=True)
class ClassQuality:
    """One class in the original features; ``accuracy`` is its recall by nearest neighbours, ``None`` without faces."""

    name: str
    n: int
    intra: float | None
    accuracy: float | None


@dataclass(frozen=True)
class Separation:
    """How the classes of N faces lie in the original features.

    Args:
        silhouette: in [-1, 1], higher is better.
        davies_bouldin: 0 or more, lower is better.
        calinski_harabasz: 0 or more, higher is better. All three ``None`` where fewer than two classes have faces.
        intra: mean distance of a face to the centre of its class.
        inter: mean distance between centres of classes.
        knn_accuracy: share of faces whose class is the most frequent one of their ``k`` nearest other faces.
    """

    n: int
    k: int
    silhouette: float | None
    davies_bouldin: float | None
    calinski_harabasz: float | None
    intra: float
    inter: float | None
    knn_accuracy: float
    classes: tuple[ClassQuality, ...]

    @property
    def ratio(self) -> float | None:
        """``inter`` over ``intra``: above 1, centres lie farther apart than faces from their own centre."""
        return None if self.inter is None or self.intra <= 0 else self.inter / self.intra


@dataclass(frozen=True)
class Faithfulness:
    """How well a map preserves the neighbourhoods of the original features, each in [0, 1], higher is better.

    Args:
        k: size of a neighbourhood.
        trustworthiness: low where the map shows false neighbours.
        continuity: low where it tears neighbours apart.
        overlap: mean share of a face's ``k`` nearest faces that are the same in both.
        queries: number of faces whose neighbours were compared, among all N.
        copies: number of faces among all N that have the features of another one.
        n: number of faces N; 0 where copies were not counted.
    """

    k: int
    queries: int
    trustworthiness: float
    continuity: float
    overlap: float
    copies: int = 0
    n: int = 0

    def sentence(self) -> str:
        """The figures in a sentence for a reader of the map."""
        if self.copies > _COPIES * self.n:
            return (
                f"{self.copies:,} of {self.n:,} faces are copies of others: which of them are neighbours says nothing, "
                "so the figures below flatter the map. Leave copies out before reading it."
            )
        share = (
            f"Of the {self.k} faces nearest to a face on the map, {100 * self.overlap:.0f} % are among its {self.k} "
            "nearest in the original features."
        )
        worst = min(self.trustworthiness, self.continuity)
        if worst >= 0.95:
            return f"{share} Neighbourhoods can be read from it; distances between clumps and their sizes cannot."
        if self.trustworthiness < 0.9:
            return f"{share} This map is not faithful: faces side by side need not be alike, so check them by a click."
        if self.continuity < 0.9:
            return f"{share} This map tears like faces apart: a gap on it need not be a gap in the features."
        return f"{share} Clumps can be read from it roughly; check single neighbours by a click."


def separation(rows: np.ndarray, targets: np.ndarray, classes: Sequence[str], k: int = K) -> Separation:
    """Measure the classes in the original features.

    Args:
        rows: (N, F), as they are compared (of length 1 for cosine).
        targets: int (N,), positions in ``classes``.
    """
    rows = np.asarray(rows, np.float32)
    n, present = len(rows), np.unique(targets)
    k = min(k, n - 1)
    centres = np.stack([rows[targets == c].mean(0) for c in present])
    distances = np.linalg.norm(rows - centres[np.searchsorted(present, targets)], axis=1)
    voted = vote(nearest(rows, k)[0], targets, len(classes))
    right = voted == targets
    scores: tuple[float, float, float] | tuple[None, None, None] = (None, None, None)
    if 1 < len(present) < n:
        from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score, silhouette_score

        few = {} if n <= 5000 else {"sample_size": 5000, "random_state": 0}
        scores = (
            float(silhouette_score(rows, targets, **few)),
            float(davies_bouldin_score(rows, targets)),
            float(calinski_harabasz_score(rows, targets)),
        )
    pairs = np.triu_indices(len(present), 1)
    between = np.linalg.norm(centres[pairs[0]] - centres[pairs[1]], axis=1)
    class_qualities = []
    for c, name in enumerate(classes):
        mask = targets == c
        has_faces = bool(mask.any())
        class_qualities.append(
            ClassQuality(
                name,
                int(mask.sum()),
                float(distances[mask].mean()) if has_faces else None,
                float(right[mask].mean()) if has_faces else None,
            )
        )
    return Separation(
        n=n,
        k=k,
        silhouette=scores[0],
        davies_bouldin=scores[1],
        calinski_harabasz=scores[2],
        intra=float(distances.mean()),
        inter=float(between.mean()) if len(between) else None,
        knn_accuracy=float(right.mean()),
        classes=tuple(class_qualities),
    )


def vote(neighbours: np.ndarray, targets: np.ndarray, classes: int) -> np.ndarray:
    """The most frequent class, int64 (N,), among each face's neighbours (N, k); of equals the first class."""
    counts = np.zeros((len(neighbours), classes), np.int64)
    np.add.at(counts, (np.arange(len(neighbours))[:, None], targets[neighbours]), 1)
    return counts.argmax(1)


def faithfulness(rows: np.ndarray, coordinates: np.ndarray, k: int = K, seed: int = 0) -> Faithfulness:
    """Compare neighbourhoods of a map, (N, D), with those of the original features, (N, F).

    Above 2,000 faces, only 2,000 drawn ones are queries; their neighbours are still searched among all.

    Source:
        Venna and Kaski, "Neighborhood preservation in nonlinear projection methods", ICANN 2001, eq. 1 and 2.
    """
    n = len(rows)
    k = max(1, min(k, (n - 1) // 2))
    rng = np.random.default_rng(seed)
    queries = np.arange(n) if n <= _QUERIES else np.sort(rng.choice(n, _QUERIES, replace=False))
    original, mapped = nearest(rows, k, queries)[0], nearest(coordinates, k, queries)[0]
    worst = len(queries) * k * (2 * n - 3 * k - 1) / 2
    same = (original[:, :, None] == mapped[:, None, :]).any(2).mean()
    return Faithfulness(
        k,
        len(queries),
        trustworthiness=1 - _excess_ranks(rows, queries, mapped, k) / worst,
        continuity=1 - _excess_ranks(coordinates, queries, original, k) / worst,
        overlap=float(same),
        copies=n - distinct(rows),
        n=n,
    )


def _excess_ranks(rows: np.ndarray, queries: np.ndarray, neighbours: np.ndarray, k: int) -> float:
    """Sum of how far beyond ``k`` the chosen neighbours rank among the nearest ``rows`` of each query."""
    rows = np.asarray(rows, np.float32)
    squared = np.einsum("nf,nf->n", rows, rows)
    total = 0.0
    for start in range(0, len(queries), 512):
        block = queries[start : start + 512]
        gap = squared[None, :] - 2 * (rows[block] @ rows.T)
        gap[np.arange(len(block)), block] = np.inf
        rank = np.empty(gap.shape, np.int32)
        np.put_along_axis(rank, np.argsort(gap, axis=1), np.arange(1, len(rows) + 1, dtype=np.int32)[None, :], 1)
        excess = np.take_along_axis(rank, neighbours[start : start + 512], 1) - k
        total += float(np.maximum(excess, 0).sum())
    return total
