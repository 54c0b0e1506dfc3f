"""Changes of one face: made worse step by step, what the network says of it then, and where a patch hurts most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, is_dataclass

import numpy as np

from fer_models.classifier import Classifier, Prediction
from fer_models.faces.image import resize
from fer_models.progress import Progress
from fer_models.robustness import CORRUPTIONS, Corruption, FaceGeometry
from fer_models.settings import setting_fields

#: What covers a face is on it before the picture is turned, the light comes next, and the camera last.
_ORDER = ("cover", "place", "light", "quality")
#: Changes are drawn on a crop of at most so many pixels a side, which is more than any network sees.
_SIDE = 192
#: A patch is tried at so many places across and down.
_PLACES = 11


@dataclass(frozen=True)
class Change:
    """One corruption with its strength, and where it is, as name and value of the corruption's own fields."""

    key: str
    strength: float
    places: tuple[tuple[str, float], ...] = ()

    @property
    def corruption(self) -> Corruption:
        """The corruption itself."""
        made: Corruption = CORRUPTIONS.create(self.key, **dict(self.places))
        return made


@dataclass(frozen=True)
class Place:
    """One field of a corruption that says where it is: its name, words, range and usual value."""

    name: str
    label: str
    low: float
    high: float
    default: float


def places_of(key: str) -> list[Place]:
    """The fields of a corruption with a place, such as how far a bar lies down the face."""
    kind = CORRUPTIONS[key]
    if not is_dataclass(kind):
        return []
    return [
        Place(field.name, field.label, float(field.low), float(field.high), float(field.default))
        for field in setting_fields(kind).values()
        if field.low is not None and field.high is not None
    ]


def reduced(large: np.ndarray) -> np.ndarray:
    """A crop, uint8 RGB (L, L, 3), small enough to change at every move of a slider."""
    return resize(large, _SIDE) if large.shape[0] > _SIDE else large


def changed(image: np.ndarray, changes: Sequence[Change], geometry: FaceGeometry | None) -> np.ndarray:
    """The crop, uint8 RGB (L, L, 3), with all changes in the order in which they happen to a picture.

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
    steps: int = 25,
) -> tuple[np.ndarray, Prediction]:
    """Predictions while one strength goes through its range and the other changes stay.

    Args:
        image: the crop, uint8 RGB (L, L, 3). over: which change; its strength is not read.

    Returns:
        Strengths (steps,) and the prediction for each.
    """
    kind = CORRUPTIONS[over.key]
    strengths = np.linspace(kind.low, kind.high, steps)
    others = [change for change in changes if change.key != over.key]
    stored = classifier.checkpoint.preprocess.stored
    faces = [stored(changed(image, [*others, Change(over.key, float(s), over.places)], geometry)) for s in strengths]
    return strengths, classifier.predict(faces)


@dataclass(frozen=True)
class Patches:
    """A black patch tried all over the face.

    Args:
        drop: float (S, S), probability of the class lost on average under the patches that cover a pixel.
        worst: uint8 (S, S, C), the face under the patch that costs most.
        place: its centre (x, y) in shares of the crop.
        before, after: probability of the class without it and under it. answer: the most probable class under it.
    """

    drop: np.ndarray
    worst: np.ndarray
    place: tuple[float, float]
    before: float
    after: float
    answer: str


def patches(
    classifier: Classifier,
    image: np.ndarray,
    target: str,
    size: float,
    tell: Progress = lambda done, what: None,
) -> Patches:
    """Cover the face with a square patch at every place of a grid and find where it costs most of one class.

    Args:
        image: the crop, uint8 RGB (L, L, 3). size: of the patch, part of the side.
    """
    stored = classifier.checkpoint.preprocess.stored
    centres = np.linspace(size / 4, 1 - size / 4, _PLACES)
    k, faces, covers = classifier.classes.index(target), [], []
    blank = np.full_like(image, 255)
    for row, down in enumerate(centres):
        tell(0.8 * row / _PLACES, "covering the face")
        for across in centres:
            patch = CORRUPTIONS.create("bar", across=float(across), down=float(down), length=size, angle=0.0)
            faces.append(stored(patch.apply(image, size)))
            covers.append(np.asarray(stored(patch.apply(blank, size)))[..., 0] < 128)
    tell(0.8, "asking the network")
    before = float(classifier.predict([stored(image)]).probabilities[0, k])
    said = classifier.predict(faces)
    lost = before - said.probabilities[:, k]
    count = np.sum(covers, axis=0)
    total = np.tensordot(lost, np.asarray(covers, np.float64), 1)
    worst = int(lost.argmax())
    place = (float(centres[worst % _PLACES]), float(centres[worst // _PLACES]))
    drop = np.divide(total, count, out=np.zeros_like(total), where=count > 0)
    return Patches(drop, faces[worst], place, before, float(said.probabilities[worst, k]), said.ranked(worst)[0][0])


def region_at(masks: dict[str, np.ndarray], place: tuple[float, float]) -> str:
    """The region that lies at a place given as (x, y) shares of the crop."""
    for name, mask in masks.items():
        height, width = mask.shape
        if mask[min(height - 1, int(place[1] * height)), min(width - 1, int(place[0] * width))]:
            return name
    return "background"
