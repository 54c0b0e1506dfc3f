"""From features to a map: L2-normalise, PCA to 50, then t-SNE, UMAP, PCA or LDA."""

from __future__ import annotations

import numpy as np

from fer_models.embedding.layout import Neighbours, tsne, tsne_in_space, umap
from fer_models.embedding.nearest import nearest
from fer_models.embedding.settings import METHODS, MapSettings
from fer_models.errors import UserError
from fer_models.progress import Progress, silent

#: Neighbours of the local outlier factor.
OUTLIER_NEIGHBOURS = 20
#: Different faces that a map needs.
LEAST = 5


def prepare(features: np.ndarray, settings: MapSettings) -> np.ndarray:
    """Features (N, F) as the projections get them, float32 (N, D): of length 1 for cosine, reduced by PCA.

    Raises:
        UserError: If a feature is not finite, or the faces are copies of each other.
    """
    rows = normalised(features) if settings.metric == "cosine" else np.asarray(features, np.float32)
    if not np.isfinite(rows).all():
        raise UserError("Some features are not finite numbers, so there is no map; train the network again.")
    if distinct(rows) < LEAST:
        raise UserError(
            f"The network gives these {len(rows):,} faces fewer than {LEAST} different features, so there is no map; "
            "choose other faces or another network."
        )
    if 0 < settings.components < min(rows.shape):
        rows = _pca(rows, settings.components, settings.seed)
    return np.ascontiguousarray(rows, np.float32)


def normalised(features: np.ndarray) -> np.ndarray:
    """Features (N, F) of Euclidean length 1, float32; a row of zeros stays."""
    rows = np.asarray(features, np.float32)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)


def neighbours_of(rows: np.ndarray, settings: MapSettings, progress: Progress = silent) -> Neighbours:
    """Exact neighbours of the prepared features (N, D), as many as the projection and the outlier factor need."""
    needed = {"tsne": int(3 * settings.perplexity), "umap": settings.neighbours}.get(settings.method, 1)
    count = min(max(needed, OUTLIER_NEIGHBOURS), len(rows) - 1)
    return Neighbours(*nearest(rows, count, progress=progress))


def project(features: np.ndarray, settings: MapSettings, targets: np.ndarray | None = None) -> np.ndarray:
    """Coordinates of N faces on a map, float32 (N, dimensions), from features (N, F): :func:`prepare`, :func:`place`.

    Raises:
        UserError: If there are fewer than 5 faces, features are not finite, or LDA has too few classes.
    """
    settings = settings.fitted(len(features))
    return place(prepare(features, settings), settings, targets)


def place(
    rows: np.ndarray,
    settings: MapSettings,
    targets: np.ndarray | None = None,
    *,
    initial: np.ndarray | None = None,
    near: Neighbours | None = None,
    progress: Progress = silent,
) -> np.ndarray:
    """Coordinates of N prepared rows, float32 (N, dimensions); the same seed gives the same coordinates.

    Args:
        rows: (N, D).
        settings: fitted to N.
        targets: int (N,), needed by LDA only.
        initial: (N, dimensions), start of t-SNE and UMAP; PCA and LDA ignore it.
        near: result of :func:`neighbours_of`; computed here if ``None``.
        progress: called with the fraction done and a message; an error raised in it stops the work.

    Raises:
        UserError: If LDA has too few classes.

    Source:
        van der Maaten and Hinton 2008 (t-SNE); Linderman et al. 2019 (its forces by interpolation, as in openTSNE);
        McInnes et al. 2018 (UMAP); Kobak and Berens 2019 (initialisation by PCA and a learning rate that grows with N).
    """

    def report(part: float, steps: str) -> None:
        progress(part, f"{METHODS[settings.method]} places {len(rows):,} faces{steps}")

    if settings.method == "pca":
        coordinates = _pca(rows, min(settings.dimensions, *rows.shape), settings.seed)
    elif settings.method == "lda":
        coordinates = _lda(rows, settings, targets)
    elif settings.method == "tsne" and settings.dimensions == 3:
        report(0.0, ", in three dimensions without telling how far it is")
        coordinates = tsne_in_space(rows, settings, initial)
    else:
        neighbours = near or neighbours_of(rows, settings)
        projection = tsne if settings.method == "tsne" else umap
        coordinates = projection(rows, neighbours, settings, initial, report)
    if coordinates.shape != (len(rows), settings.dimensions) or not np.isfinite(coordinates).all():
        raise UserError(
            f"{METHODS[settings.method]} finds no place for these faces: too few of them differ. Choose more faces or "
            "another projection."
        )
    return np.ascontiguousarray(coordinates, np.float32)


def distinct(rows: np.ndarray) -> int:
    """How many of the rows (N, F) differ by more than rounding.

    Example:
        >>> distinct(np.array([[1.0, 2.0], [1.0, 2.0], [3.0, 4.0]]))
        2
    """
    scale = max(float(np.abs(rows).max(initial=0.0)), 1e-12)
    return len({row.tobytes() for row in np.rint(rows / scale * 1e4).astype(np.int32)})


def _pca(rows: np.ndarray, components: int, seed: int) -> np.ndarray:
    from sklearn.decomposition import PCA  # Late: it takes a second, and pages that draw no map import this module too.

    return PCA(components, random_state=seed).fit_transform(rows)


def _lda(rows: np.ndarray, settings: MapSettings, targets: np.ndarray | None) -> np.ndarray:
    present = 0 if targets is None else len(np.unique(targets))
    if present <= settings.dimensions:
        raise UserError(
            f"LDA in {settings.dimensions} dimensions needs more than {settings.dimensions} classes; there are "
            f"{present}. Choose another projection."
        )
    try:
        from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

        return LinearDiscriminantAnalysis(n_components=settings.dimensions).fit_transform(rows, targets)
    except (IndexError, np.linalg.LinAlgError):  # the classes have no spread, or one centre
        return np.empty((0, 0))


def align(coordinates: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Turn, mirror, scale and shift a map onto another map of the same faces, both (N, D), by least squares.

    Source:
        Orthogonal Procrustes: Schönemann, Psychometrika 1966.
    """
    middle, aim = coordinates.mean(0), reference.mean(0)
    centred, centred_reference = coordinates - middle, reference - aim
    left, values, right = np.linalg.svd(centred.T @ centred_reference)
    size = float((centred**2).sum())
    scale = float(values.sum()) / size if size > 0 else 1.0
    return (scale * centred @ (left @ right) + aim).astype(np.float32)
