"""A map of faces with the figures that say how far to trust it; cached by weights, pictures, features and settings."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from fer_models.checkpoint import Checkpoint
from fer_models.classifier import Classifier
from fer_models.data.dataset import FaceDataset
from fer_models.embedding.extract import features_of
from fer_models.embedding.layout import Neighbours
from fer_models.embedding.nearest import nearest
from fer_models.embedding.project import OUTLIER_NEIGHBOURS, neighbours_of, normalised, place, prepare
from fer_models.embedding.quality import ClassQuality, Faithfulness, Separation, faithfulness, separation
from fer_models.embedding.settings import MapSettings
from fer_models.errors import UserError
from fer_models.evaluation.evaluate import Evaluation
from fer_models.folders import cache_folder
from fer_models.progress import Progress, silent, within
from fer_models.storage import atomic_file

#: Raised whenever the layout or the meaning of a cached map changes; older maps are computed anew.
_VERSION = 2
#: What a face can stand apart from: its nearest faces, or its class.
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
        settings: as they were used, fitted to N.
        seconds: that the projection took.
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
        near: their neighbours, where they are known.

    Source:
        Breunig et al., "LOF: Identifying Density-Based Local Outliers", SIGMOD 2000.
    """
    count = min(OUTLIER_NEIGHBOURS, len(rows) - 1)
    found = near or Neighbours(*nearest(rows, count))
    places, distances = found.places[:, :count], found.distances[:, :count].astype(np.float64)
    reach = np.maximum(distances, distances[:, -1][places])
    density = 1 / (reach.mean(1) + 1e-10)
    # A face with many copies has a density without bound; the factor of its neighbours is then no number to draw.
    return np.nan_to_num(density[places].mean(1) / density, nan=1.0).clip(0, 100).astype(np.float32)


def centre_distances(rows: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Distance of each of N faces to the centre of its class over the mean of these in its class, float32 (N,)."""
    result = np.ones(len(rows), np.float32)
    for target in np.unique(targets):
        own = targets == target
        gaps = np.linalg.norm(rows[own] - rows[own].mean(0), axis=1)
        result[own] = gaps / max(float(gaps.mean()), 1e-12)
    return result


def map_file(checkpoint: Checkpoint, evaluation: Evaluation, settings: MapSettings) -> Path:
    """Where the map of these faces is cached; the file need not exist."""
    places = hashlib.sha256(np.ascontiguousarray(evaluation.positions, "<i8").tobytes())
    places.update(np.ascontiguousarray(evaluation.targets, "<i8").tobytes())
    origin = {
        "version": _VERSION,
        "network": checkpoint.identity,
        "classes": evaluation.classes,
        "data": [evaluation.data, evaluation.fingerprint, evaluation.split, evaluation.averaging],
        "places": places.hexdigest(),
        "settings": settings.fitted(evaluation.n).relevant(),
    }
    name = hashlib.sha256(json.dumps(origin, sort_keys=True).encode()).hexdigest()[:32]
    return cache_folder() / "maps" / f"{name}.npz"


def cached_map(checkpoint: Checkpoint, evaluation: Evaluation, settings: MapSettings) -> FaceMap | None:
    """The map if it was made before, else ``None``; a damaged file counts as none."""
    try:
        with np.load(map_file(checkpoint, evaluation, settings), allow_pickle=False) as stored:
            facts = json.loads(str(stored["facts"]))
            coordinates, outlier, centre = (stored[name] for name in ("coordinates", "outlier", "from_centre"))
        classes = tuple(ClassQuality(**one) for one in facts["separation"].pop("classes"))
        found = FaceMap(
            coordinates,
            outlier,
            centre,
            Separation(**facts["separation"], classes=classes),
            Faithfulness(**facts["faithfulness"]),
            MapSettings(**facts["settings"]),
            float(facts["seconds"]),
        )
    except (OSError, KeyError, ValueError, TypeError, AttributeError, UserError):
        return None
    return found if len(found.coordinates) == len(found.outlier) == len(found.from_centre) == evaluation.n else None


def make_map(
    network: Classifier | Checkpoint,
    dataset: FaceDataset,
    evaluation: Evaluation,
    settings: MapSettings,
    tell: Progress = silent,
) -> FaceMap:
    """Open the cached map of an evaluation's faces, or compute and cache it.

    Args:
        evaluation: predictions with embeddings; take a part of them for a map of fewer faces.
        tell: told how far it is; an error that it raises stops the work, and nothing is cached.

    Raises:
        UserError: If features or settings do not fit, or there are fewer than 5 faces.

    Example:
        >>> from fer_models import load_checkpoint
        >>> from fer_models.data import open_dataset
        >>> from fer_models.evaluation.evaluate import evaluate
        >>> data = open_dataset("synthetic:count=70,seed=0")
        >>> network = load_checkpoint("checkpoints/fcsdnet-synthetic")
        >>> evaluation = evaluate(network, data, np.arange(70), split_name="all", selection="val")
        >>> make_map(network, data, evaluation, MapSettings(method="pca")).coordinates.shape
        (70, 2)
    """
    checkpoint = network if isinstance(network, Checkpoint) else network.checkpoint
    settings = settings.fitted(evaluation.n)
    known = cached_map(checkpoint, evaluation, settings)
    if known is not None:
        return known

    features = np.asarray(features_of(settings.features, network, dataset, evaluation, within(tell, 0.0, 0.2)))
    tell(0.2, "principal components")
    began = time.perf_counter()
    prepared = prepare(features, settings)
    near = neighbours_of(prepared, settings, within(tell, 0.2, 0.3))
    coordinates = place(prepared, settings, evaluation.targets, near=near, tell=within(tell, 0.3, 0.8))
    seconds = time.perf_counter() - began
    tell(0.8, "faces that stand apart")
    rows = compared(features, settings)
    factors, distances = outlier_factors(prepared, near), centre_distances(rows, evaluation.targets)
    tell(0.82, "how well the classes separate")
    separated = separation(rows, evaluation.targets, evaluation.classes)
    tell(0.92, "how far the map can be trusted")
    made = FaceMap(coordinates, factors, distances, separated, faithfulness(rows, coordinates), settings, seconds)
    _save(made, map_file(checkpoint, evaluation, settings))
    return made


def _save(made: FaceMap, file: Path) -> None:
    """A cache that cannot be written is no error: the map is made again the next time."""
    facts = {name: dataclasses.asdict(getattr(made, name)) for name in ("separation", "faithfulness", "settings")} | {
        "seconds": made.seconds
    }
    arrays = {name: getattr(made, name) for name in ("coordinates", "outlier", "from_centre")}
    try:
        with atomic_file(file) as new:
            np.savez(new, facts=np.array(json.dumps(facts)), **arrays)
    except OSError:
        return
