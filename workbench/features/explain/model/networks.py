"""The same face in several networks: prediction, heatmap and own attention of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from fer_models import labels
from fer_models.classifier import Classifier, Prediction
from fer_models.explain import unsupported_methods
from workbench.app.wording import percent
from workbench.face.model.crop import RegionShares
from workbench.heatmap.model import drawing
from workbench.heatmap.model import look as look_model
from workbench.heatmap.model.drawing import Display
from workbench.heatmap.model.look import Look, OwnAttention, Question


@dataclass(frozen=True)
class Reading:
    """Prediction, heatmap and own attention of one network.

    Args:
        look: prediction and heatmap, or ``None`` with the reason in ``problem``. prediction: also without a heatmap.
    """

    prediction: Prediction
    look: Look | None
    attention: OwnAttention
    problem: str = ""

    @property
    def answer(self) -> tuple[str, float]:
        """The most probable class and its probability."""
        return self.prediction.ranked()[0]

    @property
    def attended(self) -> tuple[str, np.ndarray] | None:
        """Title and map (S, S) of its finest spatial attention, else of its channel attention, if it has any."""
        maps = self.attention.overlays or self.attention.channels
        return maps[0] if maps else None


def read(classifier: Classifier, pixels: np.ndarray, question: Question) -> Reading:
    """Read a face, uint8 (S, S, C), with one network; a missing class or method is reported in ``problem``."""
    prediction = classifier.predict([pixels])
    attention = look_model.own_attention(classifier, pixels)
    target = None if question.target is None else own_name(question.target, classifier.classes)
    if question.target is not None and target is None:
        return Reading(prediction, None, attention, f"It has no class {question.target}.")
    if reason := unsupported_methods(classifier).get(question.method):
        return Reading(prediction, None, attention, reason)
    query = replace(question, target=target, layer=None, against=None)
    return Reading(prediction, look_model.look(classifier, pixels, query), attention)


def own_name(name: str, classes: Sequence[str]) -> str | None:
    """The network's name of an emotion, or ``None`` if it does not have it."""
    if name in classes:
        return name
    if not labels.is_emotion(name):
        return None
    return next((c for c in classes if labels.is_emotion(c) and labels.canonical(c) == labels.canonical(name)), None)


def verdict(readings: Sequence[Reading]) -> str:
    """How many networks agree, in a sentence."""
    count = Counter(reading.answer[0] for reading in readings)
    name, most = count.most_common(1)[0]
    if len(readings) < 2:
        return f"One network says {name}."
    if most == len(readings):
        return f"All {most} networks say {name}."
    others = ", ".join(f"{n} say{'s' if n == 1 else ''} {other}" for other, n in count.most_common() if other != name)
    if most == 1:
        return f"All {len(readings)} networks answer differently: {', '.join(count)}."
    return f"{most} of {len(readings)} networks say {name}; {others}."


def by_agreement(readings: Sequence[Reading]) -> list[int]:
    """Positions of the readings: the most frequent answer first, and of one answer the surest first."""
    count = Counter(reading.answer[0] for reading in readings)

    def rank(number: int) -> tuple[int, str, float]:
        name, probability = readings[number].answer
        return -count[name], name, -probability

    return sorted(range(len(readings)), key=rank)


def table(
    names: Sequence[str], readings: Sequence[Reading], regions: Sequence[RegionShares | None]
) -> list[list[object]]:
    """A line per network and value: probabilities, and relevance in each region."""
    rows: list[list[object]] = []
    for name, reading, region_shares in zip(names, readings, regions, strict=True):
        explained = "" if reading.look is None else reading.look.target
        rows += [[name, "probability", label, value, ""] for label, value in reading.prediction.ranked()]
        if region_shares is not None:
            rows += [[name, f"relevance for {explained}", r, share, area] for r, share, area in region_shares.rows]
    return rows


def sheet(
    names: Sequence[str], readings: Sequence[Reading], faces: Sequence[np.ndarray], display: Display, note: str
) -> bytes:
    """All rows as one PNG: words, face, heatmap, own attention.

    Args:
        faces: crop of each network, uint8 (S, S, C).
    """
    side, rows = 192, []
    for name, reading, pixels in zip(names, readings, faces, strict=True):
        blank = np.full((side, side, 3), 255, np.uint8)
        pictures = [drawing.face(pixels, side)]
        words = [name, *(f"{label} {percent(value)}" for label, value in reading.prediction.ranked()[:3])]
        if reading.look is not None:
            pictures.append(drawing.over_face(pixels, reading.look.attribution, display, side))
            words += ["", reading.look.title]
        attended = reading.attended
        if attended is not None:
            pictures.append(drawing.spread_over_face(pixels, attended[1], display, side))
            words.append(f"own: {attended[0]}"[:44])
        rows.append((words, [drawing.fitted(p, side) for p in pictures] or [blank]))
    return drawing.sheet_png(rows, "The same face in every network", note)
