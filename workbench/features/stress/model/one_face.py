"""Predictions of a network for one face under every corruption."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fer_models.classifier import Classifier
from fer_models.explain import explain
from fer_models.explain.faithfulness.similarity import rank_correlation
from fer_models.explain.overlay import overlay
from fer_models.faces.face import Face
from fer_models.robustness import CORRUPTIONS, SEVERITIES, FaceGeometry, by_family
from workbench.app.pictures import as_rgb, enlarged
from workbench.app.wording import percent

LEVELS = (0, *SEVERITIES)
_SIDE = 144


@dataclass(frozen=True)
class FaceTest:
    """Probabilities of a network for one face under every corruption.

    Args:
        kinds: keys of the corruptions. classes: the network's.
        probabilities: float32 (kinds, 6, K), severity 0 (clean) to 5.
    """

    kinds: tuple[str, ...]
    classes: tuple[str, ...]
    probabilities: np.ndarray

    @property
    def clean(self) -> int:
        """The class of the clean face."""
        return int(self.probabilities[0, 0].argmax())

    @property
    def predicted(self) -> np.ndarray:
        """int64 (kinds, 6)."""
        return self.probabilities.argmax(2)

    @property
    def kept(self) -> np.ndarray:
        """float32 (kinds, 6), probability of the clean face's class."""
        return self.probabilities[:, :, self.clean]

    def breaks_at(self, kind: str) -> int | None:
        """The lowest severity at which the class changes; ``None`` if it never does."""
        changed = np.flatnonzero(self.predicted[self.kinds.index(kind)] != self.clean)
        return int(changed[0]) if len(changed) else None


def titles() -> dict[str, str]:
    """Key and title of every corruption, by family: light, quality, place, cover."""
    return {key: CORRUPTIONS[key].title for key in by_family()}


def geometry(face: Face, corners: Sequence[tuple[float, float]]) -> FaceGeometry:
    """Eyes and mouth in the crop, as far as the detector gives them."""
    return FaceGeometry.of(face, corners)


def versions(pixels: np.ndarray, kind: str, face_geometry: FaceGeometry) -> list[np.ndarray]:
    """The clean face and its five severities, uint8 (S, S, 1 or 3) as the network gets them."""
    corruption = CORRUPTIONS.create(kind)
    made = [corruption.apply(as_rgb(pixels), corruption.strength(s), 0, face_geometry) for s in LEVELS]
    if pixels.shape[2] == 3:
        return made
    luma = np.array((0.299, 0.587, 0.114), np.float32)
    return [np.rint(image @ luma).astype(np.uint8)[..., None] for image in made]


def face_test(classifier: Classifier, pixels: np.ndarray, face_geometry: FaceGeometry) -> FaceTest:
    """Every corruption at every severity in one batch."""
    kinds = tuple(titles())
    batch = [image for kind in kinds for image in versions(pixels, kind, face_geometry)]
    probabilities = classifier.predict(batch).probabilities
    return FaceTest(kinds, classifier.classes, probabilities.reshape(len(kinds), len(LEVELS), -1))


def heatmaps(
    classifier: Classifier, pixels: np.ndarray, kind: str, face_geometry: FaceGeometry
) -> tuple[list[np.ndarray], list[float]]:
    """A heatmap of the clean face's class over each version, uint8 (S, S, 3), and its rank correlation with the clean
    one, moved with the face; by the method that Explain opens with."""
    made = versions(pixels, kind, face_geometry)
    target = int(classifier.predict([made[0]]).top[0])
    attribution = explain(classifier, classifier.prepare(made), target=target)
    corruption, maps, heat = CORRUPTIONS.create(kind), attribution.values, attribution.heatmap()
    moved = np.stack([corruption.move(maps[0], corruption.strength(s)) for s in LEVELS])
    drawn = []
    for i, image in enumerate(made):
        face = enlarged(as_rgb(image), _SIDE)
        drawn.append(overlay(face, enlarged(heat[i], _SIDE), 0.5) if attribution.has_positive[i] else face)
    return drawn, [float(v) for v in rank_correlation(moved, maps)]


def sentence(test: FaceTest) -> str:
    """Which corruption changes the prediction first, and which never do, in a sentence."""
    at = {kind: test.breaks_at(kind) for kind in test.kinds}
    broken = {kind: level for kind, level in at.items() if level is not None}
    names = {kind: title if title.isupper() else title.lower() for kind, title in titles().items()}
    if not broken:
        return f"No corruption changes “{test.classes[test.clean]}”, at any strength."
    first = min(broken.values())
    soonest = [names[kind] for kind, level in broken.items() if level == first]
    firm = [names[kind] for kind in test.kinds if kind not in broken]
    first_words = _listed(soonest)
    more = f" {_capitalised(_listed(firm))} never {'do' if len(firm) > 1 else 'does'}." if firm else ""
    verb = "break" if len(soonest) > 1 else "breaks"
    return f"{_capitalised(first_words)} {verb} it first (strength {first} of {SEVERITIES[-1]}).{more}"


def _listed(words: list[str]) -> str:
    """``noise``, or ``noise, blur and hand``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _capitalised(text: str) -> str:
    """The text with its first letter large and the rest as it is."""
    return text[:1].upper() + text[1:]


def captions(test: FaceTest, kind: str) -> list[str]:
    """Captions of the versions: strength, class and probability."""
    corruption, row = CORRUPTIONS[kind], test.kinds.index(kind)
    words = []
    for level in LEVELS:
        probabilities = test.probabilities[row, level]
        start = "clean" if not level else f"{level}: {corruption.strength(level):g}"
        words.append(f"{start} · {test.classes[int(probabilities.argmax())]} {percent(float(probabilities.max()), 0)}")
    return words


def table(test: FaceTest) -> tuple[list[str], list[list[object]]]:
    """Column names and cells of a CSV file, a line for each corruption and severity."""
    rows: list[list[object]] = []
    for k, kind in enumerate(test.kinds):
        for level in LEVELS:
            probabilities = test.probabilities[k, level]
            facts = [kind, level, CORRUPTIONS[kind].strength(level), CORRUPTIONS[kind].unit]
            rows.append(
                [*facts, test.classes[int(probabilities.argmax())], *(round(float(v), 6) for v in probabilities)]
            )
    return ["kind", "severity", "strength", "unit", "class", *test.classes], rows
