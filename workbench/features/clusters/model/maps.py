"""The map of faces that a network finds alike: computing it in the background, and what a selection on it shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from fer_models.classifier import Classifier
from fer_models.data import FaceDataset
from fer_models.embedding import FaceMap, MapSettings, compared, features_of, nearest, sample
from fer_models.errors import UserError
from fer_models.evaluation.evaluate import Evaluation

#: Numbers of points that can be chosen; 0 is all of them.
POINTS: dict[int, str] = {500: "500", 1500: "1,500", 3000: "3,000", 5000: "5,000", 10000: "10,000", 0: "all"}
USUAL_POINTS = 1500


@dataclass(frozen=True)
class Picked:
    """What was done on a map: an area was drawn, one point was clicked, or all was let go."""

    kind: Literal["area", "point", "nothing"]
    positions: tuple[int, ...] = ()


@dataclass(frozen=True)
class Mix:
    """A selection in figures: ``rows`` of class, faces, share right; ``mean_face`` uint8 (H, W, C)."""

    n: int
    accuracy: float
    rows: tuple[tuple[str, int, float], ...]
    mean_face: np.ndarray


def part(evaluation: Evaluation, most: int, seed: int = 0) -> Evaluation:
    """The predictions of at most ``most`` faces, drawn by the seed; 0 is all."""
    return evaluation.take(sample(evaluation.n, most or evaluation.n, seed))


def spread(coordinates: np.ndarray, faces: Evaluation, share: float = 0.9) -> dict[str, np.ndarray]:
    """Outline, float (M, 2 or 3), of the ellipse around each class that holds ``share`` of its faces.

    It has the axes of the class's covariance and is widened until it holds them, so nothing is assumed to be normal. In
    three dimensions it is three circles of an ellipsoid, with a row of NaN between them. Classes with fewer than 8
    faces have none.
    """
    turn = np.linspace(0, 2 * np.pi, 73)
    ring = np.column_stack([np.cos(turn), np.sin(turn)])
    if coordinates.shape[1] == 3:
        gap, flat = np.full((1, 3), np.nan), np.zeros((len(ring), 1))
        circles = [np.hstack([ring, flat]), np.hstack([ring[:, :1], flat, ring[:, 1:]]), np.hstack([flat, ring])]
        ring = np.vstack([circles[0], gap, circles[1], gap, circles[2]])
    found = {}
    for k, name in enumerate(faces.classes):
        points = coordinates[faces.targets == k].astype(np.float64)
        if len(points) < 8:
            continue
        middle = points.mean(0)
        values, axes = np.linalg.eigh(np.cov(points.T))
        lengths = np.sqrt(np.maximum(values, 1e-12))
        far = np.quantile(np.linalg.norm((points - middle) @ axes / lengths, axis=1), share)
        found[name] = middle + (ring * far * lengths) @ axes.T
    return found


def centres(coordinates: np.ndarray, faces: Evaluation) -> dict[str, tuple[float, ...]]:
    """Median point of each class on the map: unlike the mean, it lies inside the class's main clump."""
    return {
        name: tuple(float(v) for v in np.median(coordinates[faces.targets == k], axis=0))
        for k, name in enumerate(faces.classes)
        if (faces.targets == k).any()
    }


def picked(event: Mapping[str, Any] | None) -> Picked:
    """What a chart's selection event means; points are known by the position that they carry."""
    selection = (event or {}).get("selection") or {}
    found = tuple(
        dict.fromkeys(int(_first(p["customdata"])) for p in selection.get("points", ()) if p.get("customdata"))
    )
    if selection.get("box") or selection.get("lasso"):
        return Picked("area", found) if found else Picked("nothing")
    return Picked("point", found[-1:]) if found else Picked("nothing")


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, (list, tuple)) else value


def places_of(faces: Evaluation, positions: Iterable[int]) -> np.ndarray:
    """int64: places among the faces of positions in the data set; those that are not on the map are left out."""
    at = {int(position): place for place, position in enumerate(faces.positions)}
    return np.array([at[p] for p in positions if p in at], np.int64)


def neighbours(
    classifier: Classifier, dataset: FaceDataset, faces: Evaluation, settings: MapSettings, place: int, count: int = 8
) -> list[tuple[int, float]]:
    """Places and distances of the faces nearest to one face in the ORIGINAL features, the closest first."""
    rows = compared(np.asarray(features_of(settings.features, classifier, dataset, faces)), settings)
    found, gaps = nearest(rows, min(count, faces.n - 1), np.array([place]))
    return [(int(i), float(gap)) for i, gap in zip(found[0], gaps[0], strict=True)]


def map_neighbours(coordinates: np.ndarray, place: int, among: Sequence[int], k: int = 15) -> int:
    """How many of the faces ``among`` are within the ``k`` nearest of a face on the map."""
    near = set(nearest(coordinates, min(k, len(coordinates) - 1), np.array([place]))[0][0].tolist())
    return len(near.intersection(among))


def mix(faces: Evaluation, dataset: FaceDataset, places: np.ndarray) -> Mix:
    """Classes, accuracy and mean face of the faces at ``places``, at least one; the largest class first."""
    targets, right = faces.targets[places], (faces.predictions == faces.targets)[places]
    rows = [
        (name, int((targets == k).sum()), float(right[targets == k].mean()))
        for k, name in enumerate(faces.classes)
        if (targets == k).any()
    ]
    total = np.zeros(dataset.images.shape[1:], np.float64)
    for position in np.sort(faces.positions[places]):
        total += dataset.images[int(position)]
    mean = np.rint(total / len(places)).astype(np.uint8)
    return Mix(len(places), float(right.mean()), tuple(sorted(rows, key=lambda row: -row[1])), mean)


@dataclass(frozen=True)
class Found:
    """Where an uploaded face falls: its ``near`` places and distances, and ``point`` at their weighted mean."""

    near: list[tuple[int, float]]
    point: tuple[float, ...]
    answer: str
    confidence: float


def find(classifier: Classifier, faces: Evaluation, made: FaceMap, pixels: np.ndarray, count: int = 8) -> Found:
    """The faces of the map most alike to a face, uint8 (S, S, C), by embedding, and a place for it among them.

    The place is the mean of the nearest five on the map, each weighted by the inverse of its distance: the map itself
    is not computed anew.

    Raises:
        UserError: If the embeddings of the faces were not kept.
    """
    prediction = classifier.predict([pixels])
    if faces.embeddings is None:
        raise UserError("The embeddings of these predictions were not kept; predict the split again.")
    known = np.asarray(faces.embeddings, np.float32)
    rows = compared(np.concatenate([known, prediction.embedding]), made.settings)
    places, gaps = nearest(rows, min(count, faces.n), np.array([faces.n]))
    weights = 1 / np.maximum(gaps[0][:5], 1e-6)
    point = (made.coordinates[places[0][:5]] * weights[:, None]).sum(0) / weights.sum()
    name, confidence = prediction.ranked()[0]
    near = [(int(i), float(gap)) for i, gap in zip(places[0], gaps[0], strict=True)]
    return Found(near, tuple(float(v) for v in point), name, confidence)
