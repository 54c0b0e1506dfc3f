"""From features to a map: L2-normalise, PCA to 50, then t-SNE, UMAP, PCA or LDA."""

from __future__ import annotations

import numpy as np
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from fer_models.embedding.layout import Neighbours, tsne, tsne_in_space, umap
from fer_models.embedding.nearest import nearest
from fer_models.embedding.settings import METHODS, MapSettings
from fer_models.errors import UserError
from fer_models.progress import Progress, silent

#: Neighbours that the local outlier factor looks at.
OUTLIER_NEIGHBOURS = 20


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


def neighbours_of(rows: np.ndarray, settings: MapSettings, tell: Progress = silent) -> Neighbours:
    """Exact neighbours of the prepared features (N, D), as many as the projection and the outlier factor need."""
    wanted = {"tsne": int(3 * settings.perplexity), "umap": settings.neighbours}.get(settings.method, 1)
    count = min(max(wanted, OUTLIER_NEIGHBOURS), len(rows) - 1)
    return Neighbours(*nearest(rows, count, progress=tell))


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
    tell: Progress = silent,
) -> np.ndarray:
    """Coordinates of N prepared rows, float32 (N, dimensions); the same seed gives the same coordinates.

    Args:
        rows: (N, D).
        settings: fitted to N.
        targets: int (N,), needed by LDA only.
        initial: (N, dimensions), where t-SNE and UMAP begin; PCA and LDA have no beginning.
        near: what :func:`neighbours_of` found, where it was asked before.
        tell: told how far it is; an error that it raises stops the work.

    Raises:
        UserError: If LDA has too few classes.

    Source:
        van der Maaten and Hinton 2008 (t-SNE); Linderman et al. 2019 (its forces by interpolation, as in openTSNE);
        McInnes et al. 2018 (UMAP); Kobak and Berens 2019 (initialisation by PCA and a learning rate that grows with N).
    """

    def say(part: float, steps: str) -> None:
        tell(part, f"{METHODS[settings.method]} places {len(rows):,} faces{steps}")

    if settings.method == "pca":
        found = PCA(min(settings.dimensions, *rows.shape), random_state=settings.seed).fit_transform(rows)
    elif settings.method == "lda":
        found = _lda(rows, settings, targets)
    elif settings.method == "tsne" and settings.dimensions == 3:
        say(0.0, ", in three dimensions without telling how far it is")
        found = tsne_in_space(rows, settings, initial)
    else:
        known = near or neighbours_of(rows, settings)
        how = tsne if settings.method == "tsne" else umap
        found = how(rows, known, settings, initial, say)
    return np.ascontiguousarray(found, np.float32)


def _lda(rows: np.ndarray, settings: MapSettings, targets: np.ndarray | None) -> np.ndarray:
    present = 0 if targets is None else len(np.unique(targets))
    if present <= settings.dimensions:
        raise UserError(
            f"LDA in {settings.dimensions} dimensions needs more than {settings.dimensions} classes; there are "
            f"{present}. Choose another projection."
        )
    return LinearDiscriminantAnalysis(n_components=settings.dimensions).fit_transform(rows, targets)


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
