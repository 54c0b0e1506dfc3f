"""From features to a map: L2-normalise, PCA to 50, then t-SNE, UMAP, PCA or LDA."""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.manifold import TSNE

from fer_models.embedding.nearest import nearest
from fer_models.embedding.settings import MapSettings
from fer_models.errors import UserError


def prepare(features: np.ndarray, settings: MapSettings) -> np.ndarray:
    """Features (N, F) as the projections get them, float32 (N, D): of length 1 for cosine, reduced by PCA.

    Raises:
        UserError: If a feature is not finite.
    """
    rows = normalised(features) if settings.metric == "cosine" else np.asarray(features, np.float32)
    if not np.isfinite(rows).all():
        raise UserError("Some features are not finite numbers, so there is no map; train the network again.")
    if 0 < settings.components < min(rows.shape):
        rows = PCA(settings.components, random_state=settings.seed).fit_transform(rows)
    return np.ascontiguousarray(rows, np.float32)


def normalised(features: np.ndarray) -> np.ndarray:
    """Features (N, F) of Euclidean length 1, float32; a row of zeros stays."""
    rows = np.asarray(features, np.float32)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)


def project(features: np.ndarray, settings: MapSettings, targets: np.ndarray | None = None) -> np.ndarray:
    """Coordinates of N faces on a map, float32 (N, dimensions); the same seed gives the same coordinates.

    Args:
        features: (N, F). targets: int (N,), needed by LDA only.

    Raises:
        UserError: If there are fewer than 5 faces, features are not finite, or LDA has too few classes.

    Source:
        van der Maaten and Hinton 2008 (t-SNE; Barnes-Hut as in scikit-learn); McInnes et al. 2018 (UMAP); Kobak and
        Berens 2019 (initialisation by PCA and a learning rate that grows with N).
    """
    settings = settings.fitted(len(features))
    rows = prepare(features, settings)
    if settings.method == "pca":
        found = PCA(min(settings.dimensions, *rows.shape), random_state=settings.seed).fit_transform(rows)
    elif settings.method == "lda":
        found = _lda(rows, settings, targets)
    elif settings.method == "tsne":
        found = TSNE(
            settings.dimensions,
            perplexity=settings.perplexity,
            init="pca",
            learning_rate="auto",
            random_state=settings.seed,
        ).fit_transform(rows)
    else:
        found = _umap(rows, settings)
    return np.ascontiguousarray(found, np.float32)


def _lda(rows: np.ndarray, settings: MapSettings, targets: np.ndarray | None) -> np.ndarray:
    present = 0 if targets is None else len(np.unique(targets))
    if present <= settings.dimensions:
        raise UserError(
            f"LDA in {settings.dimensions} dimensions needs more than {settings.dimensions} classes; there are "
            f"{present}. Choose another projection."
        )
    return LinearDiscriminantAnalysis(n_components=settings.dimensions).fit_transform(rows, targets)


def _umap(rows: np.ndarray, settings: MapSettings) -> np.ndarray:
    import umap  # Seconds to import, and not at hand where a network is only trained.

    # Exact neighbours by matrix products: at these sizes quicker than the search that UMAP compiles first.
    places, distances = nearest(rows, settings.neighbours, include_self=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # It warns that a seed means one thread, and that it cannot add points later.
        return umap.UMAP(
            n_components=settings.dimensions,
            n_neighbors=settings.neighbours,
            min_dist=settings.minimum_distance,
            random_state=settings.seed,
            precomputed_knn=(places.astype(np.int32), distances, None),
        ).fit_transform(rows)


def align(coordinates: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Turn, mirror, scale and shift a map onto another map of the same faces, both (N, D), by least squares.

    Source:
        Orthogonal Procrustes: Schönemann, Psychometrika 1966.
    """
    middle, aim = coordinates.mean(0), reference.mean(0)
    own, other = coordinates - middle, reference - aim
    left, values, right = np.linalg.svd(own.T @ other)
    size = float((own**2).sum())
    scale = float(values.sum()) / size if size > 0 else 1.0
    return (scale * own @ (left @ right) + aim).astype(np.float32)
