"""Why one class and not another: the map of the difference, and its relevance by region."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from fer_models.classifier import Classifier
from workbench.heatmap.model import look as look_model
from workbench.heatmap.model.look import Look, Question


@dataclass(frozen=True)
class Contrast:
    """The contrast of two classes.

    Args:
        of_a, of_b: the maps of each class alone. difference: the map of a's score minus b's. finer: Finer-CAM of the
            same pair, which also leaves out evidence for the next rivals. margin: difference of their logits.
    """

    a: str
    b: str
    of_a: Look
    of_b: Look
    difference: Look
    finer: Look
    margin: float

    @property
    def sentence(self) -> str:
        """The margin in a sentence."""
        odds = math.exp(min(50.0, abs(self.margin)))
        times = f"{odds:,.1f}" if odds < 1000 else "over a thousand"
        first, second = (self.a, self.b) if self.margin >= 0 else (self.b, self.a)
        return (
            f"The logit of {first} lies {abs(self.margin):.2f} above that of {second}, so the network finds "
            f"{first} {times} times as probable as {second}."
        )


def contrast(classifier: Classifier, pixels: np.ndarray, a: str, b: str, question: Question) -> Contrast:
    """Contrast class a with class b on one face, uint8 (S, S, C).

    Raises:
        UserError: If both are the same class, or the method cannot be used with this network.
    """

    def look(method: str, target: str, against: str | None) -> Look:
        query = Question(method, target, question.layer, against, question.of, question.upsampling)
        return look_model.look(classifier, pixels, query)

    of_a, of_b = look(question.method, a, None), look(question.method, b, None)
    logits = dict(zip(classifier.classes, of_a.prediction.logits[0].tolist(), strict=True))
    return Contrast(
        a, b, of_a, of_b, look(question.method, a, b), look("finer_cam", a, b), float(logits[a] - logits[b])
    )


def sides(look: Look, masks: dict[str, np.ndarray]) -> list[tuple[str, float, float]]:
    """Region, and its share of all relevance for the first and for the second class, the largest first."""
    values = look.attribution.values[0]
    total = float(np.abs(values).sum()) or 1.0
    rows = [
        (name, float(np.maximum(values, 0)[mask].sum()) / total, float(np.maximum(-values, 0)[mask].sum()) / total)
        for name, mask in masks.items()
        if mask.any()
    ]
    return sorted(rows, key=lambda row: -(row[1] + row[2]))
