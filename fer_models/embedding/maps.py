"""A map of faces with the figures that say how far to trust it; cached by weights, pictures, features and settings."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from fer_models.arrays import read_arrays
from fer_models.checkpoint import Checkpoint
from fer_models.classifier import Classifier
from fer_models.data.dataset import FaceDataset
from fer_models.embedding.extract import features_of
from fer_models.embedding.layout import Neighbours
from fer_models.embedding.nearest import nearest
from fer_models.embedding.project import OUTLIER_NEIGHBOURS, neighbours_of, normalised, place, prepare
from fer_models.embedding.quality import Faithfulness, Separation, faithfulness, separation
from fer_models.embedding.settings import MapSettings
from fer_models.errors import UserError
from fer_models.evaluation.evaluate import Evaluation
from fer_models.folders import cache_folder
from fer_models.progress import Progress, silent, within
from fer_models.settings import from_values, parse_stored
from fer_models.storage import atomic_file

#: Increased whenever the layout or the meaning of a cached map changes; older maps are computed again.
_VERSION = 3
#: What an outlier is far from: its nearest faces, or its class.
Apart = Literal["neighbours", "class"]


@dataclass(frozen=True)
class FaceMap:
    """A map of the N faces of an evaluation, in its order.

    Args:
        coordinates: float32 (N, 2 or 3), without a unit.
        outlier: float32 (N,), local outlier factor in the original features; about 1 inside a clump, more outside.
        from_centre: float32 (N,), distance to the centre of the class in the original features, in mean distances of
            that class.
        separation: of the classes in the original features.
        faithfulness: of the map to them.
        settings: of the map, fitted to N.
        seconds: duration of the projection.
    """

    coordinates: np.ndarray
    outlier: np.ndarray
    from_centre: np.ndarray
    separation: Separation
    faithfulness: Faithfulness
    settings: MapSettings
    seconds: float

    def outliers(self, share: float = 0.02, apart: Apart = "neighbours") -> np.ndarray:
        """bool (N,): the ``share`` of faces that stand apart the most, those with a value above 1.2 only."""
        values = self.outlier if apart == "neighbours" else self.from_centre
        count = max(1, round(share * len(values)))
        limit = max(float(np.sort(values)[-count]), 1.2)
        return values >= limit


def compared(features: np.ndarray, settings: MapSettings) -> np.ndarray:
    """The original features, float32 (N, F), as distances are measured between them: of length 1 for cosine."""
    return normalised(features) if settings.metric == "cosine" else np.asarray(features, np.float32)


def outlier_factors(rows: np.ndarray, near: Neighbours | None = None) -> np.ndarray:
    """Local outlier factor of each of N faces among its 20 nearest, float32 (N,).

    Args:
        rows: (N, F).
        near: their neighbours; computed here if ``None``.

    Source:
        Breunig et al., "LOF: Identifying Density-Based Local Outliers", SIGMOD 2000.
    """
    count = min(OUTLIER_NEIGHBOURS, len(rows) - 1)
    neighbours = near or Neighbours(*nearest(rows, count))
    indices, distances = neighbours.indices[:, :count], neighbours.distances[:, :count].astype(np.float64)
    reach = np.maximum(distances, distances[:, -1][indices])
    density = 1 / (reach.mean(1) + 1e-10)
    # A face with many copies has unbounded density, so the factors of its neighbours are clipped.
    return np.nan_to_num(density[indices].mean(1) / density, nan=1.0).clip(0, 100).astype(np.float32)


def centre_distances(rows: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Distance of each of N faces to the centre of its class over the mean of these in its class, float32 (N,)."""
    result = np.ones(len(rows), np.float32)
    for target in np.unique(targets):
        members = targets == target
        gaps = np.linalg.norm(rows[members] - rows[members].mean(0), axis=1)
        result[members] = gaps / max(float(gaps.mean()), 1e-12)
    return result


@dataclass(frozen=True)
class _Facts:
    """What the file of a map says beside its arrays."""

    separation: Separation
    faithfulness: Faithfulness
    settings: dict[str, Any]
    seconds: float


def map_file(checkpoint: Checkpoint, evaluation: Evaluation, settings: MapSettings) -> Path:
    """Where the map of these faces is cached; the file need not exist."""
    digest = hashlib.sha256(np.ascontiguousarray(evaluation.positions, "<i8").tobytes())
    digest.update(np.ascontiguousarray(evaluation.targets, "<i8").tobytes())
    origin = {
        "version": _VERSION,
        "network": checkpoint.identity,
        "classes": evaluation.classes,
        "data": [evaluation.data, evaluation.fingerprint, evaluation.split, evaluation.averaging],
        "places": digest.hexdigest(),
        "settings": settings.fitted(evaluation.n).relevant(),
    }
    name = hashlib.sha256(json.dumps(origin, sort_keys=True).encode()).hexdigest()[:32]
    return cache_folder() / "maps" / f"{name}.npz"


def cached_map(checkpoint: Checkpoint, evaluation: Evaluation, settings: MapSettings) -> FaceMap | None:
    """The cached map; ``None`` if there is none or its file is damaged."""
    try:
        stored = read_arrays(map_file(checkpoint, evaluation, settings))
        facts = parse_stored(str(stored["facts"]), _Facts)
        coordinates, outlier, centre = (stored[name] for name in ("coordinates", "outlier", "from_centre"))
        face_map = FaceMap(
            coordinates,
            outlier,
            centre,
            facts.separation,
            facts.faithfulness,
            from_values(MapSettings, facts.settings),
            facts.seconds,
        )
    except (KeyError, ValueError, TypeError, UserError):
        return None
    return (
        face_map
        if len(face_map.coordinates) == len(face_map.outlier) == len(face_map.from_centre) == evaluation.n
        else None
    )


def make_map(
    network: Classifier | Checkpoint,
    dataset: FaceDataset,
    evaluation: Evaluation,
    settings: MapSettings,
    progress: Progress = silent,
) -> FaceMap:
    """Open the cached map of an evaluation's faces, or compute and cache it.

    Args:
        evaluation: predictions with embeddings; take a part of them for a map of fewer faces.
        progress: called with the fraction done and a message; an error raised in it stops the work, and nothing is
            cached.

    Raises:
        UserError: If features or settings do not fit, or there are fewer than 5 faces.

    Example:
        >>> from fer_models import load_checkpoint
        >>> from fer_models.data import open_dataset
        >>> from fer_models.evaluation.evaluate import evaluate
        >>> from fer_models.evaluation.part import Part
        >>> from fer_models.evaluation.protocol import Protocol
        >>> data = open_dataset("synthetic:count=70,seed=0")
        >>> network = load_checkpoint("checkpoints/fcsdnet-synthetic")
        >>> evaluation = evaluate(network, data, Protocol(Part("all", np.arange(70)), selection="val"))
        >>> make_map(network, data, evaluation, MapSettings(method="pca")).coordinates.shape
        (70, 2)
    """
    checkpoint = network if isinstance(network, Checkpoint) else network.checkpoint
    settings = settings.fitted(evaluation.n)
    cached = cached_map(checkpoint, evaluation, settings)
    if cached is not None:
        return cached

    features = np.asarray(features_of(settings.features, network, dataset, evaluation, within(progress, 0.0, 0.2)))
    progress(0.2, "principal components")
    start = time.perf_counter()
    prepared = prepare(features, settings)
    near = neighbours_of(prepared, settings, within(progress, 0.2, 0.3))
    coordinates = place(prepared, settings, evaluation.targets, near=near, progress=within(progress, 0.3, 0.8))
    seconds = time.perf_counter() - start
    progress(0.8, "faces that stand apart")
    rows = compared(features, settings)
    factors, distances = outlier_factors(prepared, near), centre_distances(rows, evaluation.targets)
    progress(0.82, "how well the classes separate")
    separated = separation(rows, evaluation.targets, evaluation.classes)
    progress(0.92, "how far the map can be trusted")
    face_map = FaceMap(coordinates, factors, distances, separated, faithfulness(rows, coordinates), settings, seconds)
    _save(face_map, map_file(checkpoint, evaluation, settings))
    return face_map


def _save(face_map: FaceMap, file: Path) -> None:
    """A failed write is no error: the map is computed again the next time."""
    facts = {
        name: dataclasses.asdict(getattr(face_map, name)) for name in ("separation", "faithfulness", "settings")
    } | {"seconds": face_map.seconds}
    arrays = {name: getattr(face_map, name) for name in ("coordinates", "outlier", "from_centre")}
    try:
        with atomic_file(file) as new:
            np.savez(new, facts=np.array(json.dumps(facts)), **arrays)
    except OSError:
        return
