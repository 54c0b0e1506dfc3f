"""The map of faces that a network finds alike: computing it in the background, and what a selection on it shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from fer_models.checkpoint import Checkpoint
from fer_models.classifier import Classifier
from fer_models.data import FaceDataset
from fer_models.embedding import FaceMap, MapSettings, cached_map, compared, features_of, make_map, nearest, sample
from fer_models.errors import UserError
from fer_models.evaluation.evaluate import Evaluation
from workbench.services import background, machine, misclassified
from workbench.services.background import Job
from workbench.services.datasets import identity
from workbench.services.wording import percent

#: Numbers of points that can be chosen; 0 is all of them.
POINTS: dict[int, str] = {500: "500", 1500: "1,500", 3000: "3,000", 5000: "5,000", 10000: "10,000", 0: "all"}
USUAL_POINTS = 1500
COLOURS: dict[str, str] = {
    "class": "class",
    "prediction": "prediction",
    "correctness": "right or wrong",
    "confidence": "confidence",
    "loss": "loss",
    "brightness": "brightness",
    "subject": "subject",
}
RIGHT, WRONG = "right", "wrong"


@dataclass(frozen=True)
class Colouring:
    """What colours the points: ``names`` by point where it is a category, else ``values`` with a unit."""

    title: str
    names: tuple[str, ...] | None = None
    values: np.ndarray | None = None


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


def _key(checkpoint: Checkpoint, dataset: FaceDataset, faces: Evaluation, settings: MapSettings) -> tuple[Any, ...]:
    chosen = tuple(settings.fitted(faces.n).relevant().items())
    loaded = (checkpoint.sha256, repr(checkpoint.preprocess), identity(dataset))
    return ("map", *loaded, faces.split, faces.averaging, faces.positions.tobytes(), chosen)


def read(checkpoint: Checkpoint, faces: Evaluation, settings: MapSettings) -> FaceMap | None:
    """The map if it was made before.

    Raises:
        UserError: If there are fewer than 5 faces.
    """
    return cached_map(checkpoint, faces, settings)


def start(classifier: Classifier, dataset: FaceDataset, faces: Evaluation, settings: MapSettings) -> Job:
    """Make the map in the background, or find the job that does; its result is the :class:`FaceMap`.

    A failed job stays failed until :func:`forget`.
    """

    def work(tell: background.Progress) -> FaceMap:
        machine.limit_threads()
        return make_map(classifier, dataset, faces, settings, tell)

    return background.once(_key(classifier.checkpoint, dataset, faces, settings), work)


def forget(checkpoint: Checkpoint, dataset: FaceDataset, faces: Evaluation, settings: MapSettings) -> None:
    """Drop a finished or failed job, so that the next one begins anew."""
    background.forget(_key(checkpoint, dataset, faces, settings))


def colourings(dataset: FaceDataset) -> dict[str, str]:
    """What points can be coloured by, with its title; subjects only where they are known."""
    return {key: title for key, title in COLOURS.items() if key != "subject" or dataset.subjects is not None}


def colouring(faces: Evaluation, dataset: FaceDataset, by: str) -> Colouring:
    """Names or values of the points for a key of :data:`COLOURS`."""
    title = COLOURS[by]
    if by in ("class", "prediction"):
        chosen = faces.targets if by == "class" else faces.predictions
        return Colouring(title, names=tuple(faces.classes[int(k)] for k in chosen))
    if by == "correctness":
        return Colouring(title, names=tuple(RIGHT if r else WRONG for r in faces.predictions == faces.targets))
    if by == "subject" and dataset.subjects is not None:
        return Colouring(title, names=tuple(str(dataset.subjects[p]) for p in faces.positions))
    if by == "brightness":
        return Colouring("mean grey level, 0 to 255", values=misclassified.light(faces, dataset))
    found = misclassified.scores(faces)
    if by == "loss":
        return Colouring("loss, nats", values=found.loss)
    return Colouring("confidence, %", values=100 * found.confidence)


def texts(faces: Evaluation) -> list[str]:
    """What the mouse is told of each face."""
    sure = faces.probabilities.max(1)
    return [
        f"row {int(faces.rows[i])}: labelled {faces.classes[int(faces.targets[i])]}, "
        f"taken for {faces.classes[int(faces.predictions[i])]}, {percent(float(sure[i]), 0)} sure"
        for i in range(faces.n)
    ]


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
