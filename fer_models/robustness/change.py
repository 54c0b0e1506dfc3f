"""Changes of one face: corruptions step by step, the predictions under them, and the most harmful patch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, is_dataclass

import numpy as np

from fer_models.classifier import Classifier, Prediction
from fer_models.faces.image import resize
from fer_models.progress import Progress, silent
from fer_models.robustness import CORRUPTIONS, Corruption, FaceGeometry
from fer_models.settings import setting_fields

#: A cover is on the face before the picture is turned; light comes next, the camera last.
_ORDER = ("cover", "place", "light", "quality")
#: Largest side in pixels of the crop that is changed; no network here takes more.
_SIDE = 192
#: Positions of a patch, across and down.
_GRID = 11


@dataclass(frozen=True)
class Change:
    """One corruption with its strength and its position, as names and values of the corruption's fields."""

    key: str
    strength: float
    position: tuple[tuple[str, float], ...] = ()

    @property
    def corruption(self) -> Corruption:
        """The corruption itself."""
        corruption: Corruption = CORRUPTIONS.create(self.key, **dict(self.position))
        return corruption


@dataclass(frozen=True)
class PositionField:
    """One position field of a corruption: its name, label, range and default."""

    name: str
    label: str
    low: float
    high: float
    default: float


def position_fields(key: str) -> list[PositionField]:
    """The position fields of a corruption, such as the height of a bar; empty for a corruption without a position."""
    kind = CORRUPTIONS[key]
    if not is_dataclass(kind):
        return []
    return [
        PositionField(field.name, field.label, float(field.low), float(field.high), float(field.default))
        for field in setting_fields(kind).values()
        if field.low is not None and field.high is not None
    ]


def reduced(large: np.ndarray) -> np.ndarray:
    """A crop, uint8 RGB (L, L, 3), small enough to change at every move of a slider."""
    return resize(large, _SIDE) if large.shape[0] > _SIDE else large


def changed(image: np.ndarray, changes: Sequence[Change], geometry: FaceGeometry | None) -> np.ndarray:
    """The crop, uint8 RGB (L, L, 3), with all changes applied in their natural order: covers first, quality last.

    Raises:
        UserError: If a strength is out of range.
    """
    for change in sorted(changes, key=lambda c: _ORDER.index(CORRUPTIONS[c.key].family)):
        image = change.corruption.apply(image, change.strength, 0, geometry)
    return image


def sweep(
    classifier: Classifier,
    image: np.ndarray,
    changes: tuple[Change, ...],
    over: Change,
    geometry: FaceGeometry,
    *,
    steps: int = 25,
) -> tuple[np.ndarray, Prediction]:
    """Predictions over the range of one strength, with the other changes fixed.

    Args:
        classifier: the network.
        image: the crop, uint8 RGB (L, L, 3).
        changes: all changes.
        over: the change whose strength varies; its own strength is not read.
        geometry: eyes and mouth of the face.
        steps: number of strengths.

    Returns:
        Strengths (steps,) and the prediction for each.
    """
    kind = CORRUPTIONS[over.key]
    strengths = np.linspace(kind.low, kind.high, steps)
    others = [change for change in changes if change.key != over.key]
    stored = classifier.checkpoint.preprocess.stored
    faces = [stored(changed(image, [*others, Change(over.key, float(s), over.position)], geometry)) for s in strengths]
    return strengths, classifier.predict(faces)


@dataclass(frozen=True)
class Patches:
    """Effect of a black patch at every position of a grid over the face.

    Args:
        drop: float (S, S), probability of the class lost on average under the patches that cover a pixel.
        worst: uint8 (S, S, C), the face under the patch that costs most.
        centre: its centre (x, y) in shares of the crop.
        before: probability of the class without a patch.
        after: probability of the class under that patch.
        answer: the most probable class under that patch.
    """

    drop: np.ndarray
    worst: np.ndarray
    centre: tuple[float, float]
    before: float
    after: float
    answer: str


def patches(
    classifier: Classifier,
    image: np.ndarray,
    target: str,
    size: float,
    progress: Progress = silent,
) -> Patches:
    """Cover the face with a square patch at every position of a grid and find the one that costs a class the most.

    Args:
        classifier: the network.
        image: the crop, uint8 RGB (L, L, 3).
        target: name of the class.
        size: of the patch, part of the side.
        progress: called with the fraction done and a message.
    """
    stored = classifier.checkpoint.preprocess.stored
    centres = np.linspace(size / 4, 1 - size / 4, _GRID)
    k, faces, covers = classifier.classes.index(target), [], []
    blank = np.full_like(image, 255)
    for row, down in enumerate(centres):
        progress(0.8 * row / _GRID, "covering the face")
        for across in centres:
            patch = CORRUPTIONS.create("bar", across=float(across), down=float(down), length=size, angle=0.0)
            faces.append(stored(patch.apply(image, size)))
            covers.append(np.asarray(stored(patch.apply(blank, size)))[..., 0] < 128)
    progress(0.8, "predicting")
    before = float(classifier.predict([stored(image)]).probabilities[0, k])
    prediction = classifier.predict(faces)
    lost = before - prediction.probabilities[:, k]
    count = np.sum(covers, axis=0)
    total = np.tensordot(lost, np.asarray(covers, np.float64), 1)
    worst = int(lost.argmax())
    centre = (float(centres[worst % _GRID]), float(centres[worst // _GRID]))
    drop = np.divide(total, count, out=np.zeros_like(total), where=count > 0)
    return Patches(
        drop, faces[worst], centre, before, float(prediction.probabilities[worst, k]), prediction.ranked(worst)[0][0]
    )


def region_at(masks: dict[str, np.ndarray], point: tuple[float, float]) -> str:
    """The region at a point (x, y) in shares of the crop."""
    for name, mask in masks.items():
        height, width = mask.shape
        if mask[min(height - 1, int(point[1] * height)), min(width - 1, int(point[0] * width))]:
            return name
    return "background"
