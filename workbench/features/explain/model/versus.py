"""Two ways to explain one face against each other, and who is right where the truth is known."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from fer_models.explain.face_parts.action_units import unit_agreement
from fer_models.explain.pair import Pair, compare
from fer_models.preprocess import Preprocess
from workbench.app.wording import percent
from workbench.face.model import samples
from workbench.face.model.crop import Framed
from workbench.heatmap.model.look import Look

#: Difference of two shares below which no map is called better.
_TIE = 0.02


@dataclass(frozen=True)
class Side:
    """One of the two maps.

    Args:
        name: Network, method and layer in words.
        look: Prediction and map.
        framed: The face as that network gets it.
        preprocess: How it was cut.
    """

    name: str
    look: Look
    framed: Framed
    preprocess: Preprocess


@dataclass(frozen=True)
class OnTruth:
    """Share of a map's heat where the true action units move the face, and the share of the picture that they cover."""

    mass: float
    area: float


def against(a: Side, b: Side) -> Pair | str:
    """Difference and correlation, or why the maps cannot be compared."""
    cuts = [(side.preprocess.crop_margin, side.preprocess.alignment) for side in (a, b)]
    if cuts[0] != cuts[1]:
        return "The two networks cut the face differently, so their maps cannot be laid over each other."
    for label, side in (("A", a), ("B", b)):
        if not side.look.attribution.has_positive[0]:
            return (
                f"Map {label} has no positive evidence for {side.look.explained}, so the two cannot be compared. "
                "Choose another method or layer for it."
            )
    return compare(a.look.attribution, b.look.attribution)


def on_truth(side: Side, sample: str | None) -> OnTruth | None:
    """How much of the map lies on the true units; ``None`` for photographs, and for faces without units."""
    if sample is None or not samples.drawn(sample) or not (units := samples.units(sample)):
        return None
    classes = side.look.prediction.classes
    agreement = unit_agreement(side.look.attribution, classes, side.framed.unit_areas, [units])
    mass, area = float(agreement["mass"][0]), float(agreement["area"][0])
    return None if math.isnan(mass) else OnTruth(mass, area)


def verdict(a: OnTruth | None, b: OnTruth | None) -> str:
    """Who is right, in a sentence; each map is measured by how much more heat than an even map it has there."""
    if a is None or b is None:
        return (
            "Not known on this face: only drawn faces with action units say where the face moved. Choose one under "
            "“Or a sample”."
        )
    gains = np.array([each.mass - each.area for each in (a, b)])
    words = "; ".join(
        f"{name} has {percent(each.mass, 0)} of its heat there, an even map {percent(each.area, 0)}"
        for name, each in (("A", a), ("B", b))
    )
    if (gains < _TIE).all():
        return f"Neither is right: {words}."
    if abs(gains[0] - gains[1]) < _TIE:
        return f"Both are equally right: {words}."
    return f"{'A' if gains[0] > gains[1] else 'B'} is nearer to the true action units: {words}."


def correlation_words(value: float) -> str:
    """A rank correlation in a word."""
    strength = "nearly the same order" if value > 0.9 else "much alike" if value > 0.6 else "somewhat alike"
    return strength if value > 0.3 else "unrelated" if value > -0.3 else "opposite"
