"""The map of faces: class outlines and centres, selections, neighbours, and the search by image."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from fer_models.classifier import Classifier
from fer_models.data import FaceDataset
from fer_models.embedding import FaceMap, MapSettings, compared, features_of, nearest, sample
from fer_models.embedding.nearest import place_between
from fer_models.embedding.quality import K
from fer_models.errors import UserError
from fer_models.evaluation.evaluate import Evaluation

#: Selectable numbers of points; 0 means all.
POINTS: dict[int, str] = {500: "500", 1500: "1,500", 3000: "3,000", 5000: "5,000", 10000: "10,000", 0: "all"}
USUAL_POINTS = 1500


@dataclass(frozen=True)
class Picked:
    """What was done on a map: an area was drawn, a point was clicked, or the selection was cleared."""

    kind: Literal["area", "point", "nothing"]
    positions: tuple[int, ...] = ()


@dataclass(frozen=True)
class Mix:
    """Figures of a selection: ``rows`` of class, faces, share right; ``mean_face`` uint8 (H, W, C)."""

    n: int
    accuracy: float
    rows: tuple[tuple[str, int, float], ...]
    mean_face: np.ndarray


def part(evaluation: Evaluation, most: int, seed: int = 0) -> Evaluation:
    """The predictions of at most ``most`` faces, drawn with ``seed``; 0 means all."""
    return evaluation.take(sample(evaluation.n, most or evaluation.n, seed))


def spread(coordinates: np.ndarray, faces: Evaluation, share: float = 0.9) -> dict[str, np.ndarray]:
    """Outline, float (M, 2 or 3), of the ellipse around each class that holds ``share`` of its faces.

    Its axes are those of the covariance of the class, and it is scaled to hold the share, so no normal distribution
    is assumed. In three dimensions it is three circles of an ellipsoid, separated by rows of NaN. Classes with fewer
    than 8 faces have none.
    """
    turn = np.linspace(0, 2 * np.pi, 73)
    ring = np.column_stack([np.cos(turn), np.sin(turn)])
    if coordinates.shape[1] == 3:
        gap, flat = np.full((1, 3), np.nan), np.zeros((len(ring), 1))
        circles = [np.hstack([ring, flat]), np.hstack([ring[:, :1], flat, ring[:, 1:]]), np.hstack([flat, ring])]
        ring = np.vstack([circles[0], gap, circles[1], gap, circles[2]])
    outlines = {}
    for k, name in enumerate(faces.classes):
        points = coordinates[faces.targets == k].astype(np.float64)
        if len(points) < 8:
            continue
        centre = points.mean(0)
        values, axes = np.linalg.eigh(np.cov(points.T))
        lengths = np.sqrt(np.maximum(values, 1e-12))
        radius = np.quantile(np.linalg.norm((points - centre) @ axes / lengths, axis=1), share)
        outlines[name] = centre + (ring * radius * lengths) @ axes.T
    return outlines


def centres(coordinates: np.ndarray, faces: Evaluation) -> dict[str, tuple[float, ...]]:
    """Median point of each class on the map: unlike the mean, it lies inside the class's main clump."""
    return {
        name: tuple(float(v) for v in np.median(coordinates[faces.targets == k], axis=0))
        for k, name in enumerate(faces.classes)
        if (faces.targets == k).any()
    }


def picked(event: Mapping[str, Any] | None) -> Picked:
    """What a selection event of the chart means; points are identified by the position they carry."""
    selection = (event or {}).get("selection") or {}
    positions = tuple(
        dict.fromkeys(int(_first(p["customdata"])) for p in selection.get("points", ()) if p.get("customdata"))
    )
    if selection.get("box") or selection.get("lasso"):
        return Picked("area", positions) if positions else Picked("nothing")
    return Picked("point", positions[-1:]) if positions else Picked("nothing")


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, (list, tuple)) else value


def indices_of(faces: Evaluation, positions: Iterable[int]) -> np.ndarray:
    """int64: indices among the faces of positions in the data set; positions that are not on the map are left out."""
    index_of = {int(position): index for index, position in enumerate(faces.positions)}
    return np.array([index_of[p] for p in positions if p in index_of], np.int64)


def neighbours(
    classifier: Classifier,
    dataset: FaceDataset,
    faces: Evaluation,
    settings: MapSettings,
    index: int,
    *,
    count: int = 8,
) -> list[tuple[int, float]]:
    """Indices and distances of the faces nearest to one face in the original features, nearest first."""
    rows = compared(np.asarray(features_of(settings.features, classifier, dataset, faces)), settings)
    indices, gaps = nearest(rows, min(count, faces.n - 1), np.array([index]))
    return [(int(i), float(gap)) for i, gap in zip(indices[0], gaps[0], strict=True)]


def map_neighbours(coordinates: np.ndarray, index: int, among: Sequence[int], k: int = K) -> int:
    """How many of the faces ``among`` are within the ``k`` nearest of a face on the map."""
    near = set(nearest(coordinates, min(k, len(coordinates) - 1), np.array([index]))[0][0].tolist())
    return len(near.intersection(among))


def mix(faces: Evaluation, dataset: FaceDataset, indices: np.ndarray) -> Mix:
    """Classes (largest first), accuracy and mean face of at least one face at ``indices``."""
    targets, right = faces.targets[indices], (faces.predictions == faces.targets)[indices]
    rows = [
        (name, int((targets == k).sum()), float(right[targets == k].mean()))
        for k, name in enumerate(faces.classes)
        if (targets == k).any()
    ]
    images = dataset.display_images
    total = np.zeros(images.shape[1:], np.float64)
    for position in np.sort(faces.positions[indices]):
        total += images[int(position)]
    mean = np.rint(total / len(indices)).astype(np.uint8)
    return Mix(len(indices), float(right.mean()), tuple(sorted(rows, key=lambda row: -row[1])), mean)


@dataclass(frozen=True)
class Match:
    """An uploaded face on the map.

    Args:
        near: Indices and distances of the most similar faces.
        point: Coordinates, the weighted mean of the nearest faces.
        answer: The predicted class.
        confidence: Its probability.
    """

    near: list[tuple[int, float]]
    point: tuple[float, ...]
    answer: str
    confidence: float


def find(classifier: Classifier, faces: Evaluation, face_map: FaceMap, pixels: np.ndarray, count: int = 8) -> Match:
    """The faces of the map most similar to a face, uint8 (S, S, C), by embedding, and coordinates for it.

    The coordinates are those of :func:`fer_models.embedding.nearest.place_between`.

    Raises:
        UserError: If the embeddings of the faces were not kept.
    """
    prediction = classifier.predict([pixels])
    if faces.embeddings is None:
        raise UserError("The embeddings of these predictions were not kept; predict the split again.")
    embeddings = np.asarray(faces.embeddings, np.float32)
    rows = compared(np.concatenate([embeddings, prediction.embedding]), face_map.settings)
    indices, gaps = nearest(rows, min(count, faces.n), np.array([faces.n]))
    point = place_between(face_map.coordinates, indices[0], gaps[0])
    name, confidence = prediction.ranked()[0]
    near = [(int(i), float(gap)) for i, gap in zip(indices[0], gaps[0], strict=True)]
    return Match(near, point, name, confidence)
