"""Expressions as action units: presets, blends of two, and random faces."""

from __future__ import annotations

from fer_models.data.synthetic.dice import Dice
from fer_models.errors import UserError
from fer_models.lab.parameters import UNITS, FaceParameters
from fer_models.labels import EMOTION_ACTION_UNITS, FER7

EXPRESSIONS: tuple[str, ...] = tuple(FER7)
"""The seven expressions that have a preset."""


def expression(emotion: str, intensity: float = 0.9) -> dict[str, float]:
    """The units of an expression, all at one intensity.

    Args:
        emotion: One of :data:`EXPRESSIONS`.
        intensity: In [0, 1].

    Raises:
        UserError: If there is no such preset or the intensity is out of range.

    Example:
        >>> expression("happy", 0.5)
        {'AU06': 0.5, 'AU12': 0.5}
    """
    if emotion not in EXPRESSIONS:
        raise UserError(f"There is no preset {emotion!r}; choose one of {', '.join(EXPRESSIONS)}.")
    if not 0 <= intensity <= 1:
        raise UserError(f"The intensity of an expression lies between 0 and 1, not {intensity}.")
    return dict.fromkeys(EMOTION_ACTION_UNITS[emotion], intensity) if intensity else {}


def blend(first: str, second: str, share: float = 0.5, intensity: float = 0.9) -> dict[str, float]:
    """The units of two expressions, weighted.

    Args:
        first: One of :data:`EXPRESSIONS`.
        second: Another one.
        share: Weight of the second in [0, 1]; 0 is the first alone.
        intensity: Of a unit that both have, in [0, 1].

    Raises:
        UserError: If there is no such preset or a number is out of range.

    Example:
        >>> blend("happy", "neutral", 0.5, 1.0)
        {'AU06': 0.5, 'AU12': 0.5}
    """
    if not 0 <= share <= 1:
        raise UserError(f"The share of the second expression lies between 0 and 1, not {share}.")
    levels: dict[str, float] = {}
    for emotion, weight in ((first, 1 - share), (second, share)):
        for unit, level in expression(emotion, intensity).items():
            levels[unit] = levels.get(unit, 0.0) + weight * level
    return {unit: round(levels[unit], 3) for unit in UNITS if levels.get(unit, 0.0) > 0}


def surprise(seed: int) -> FaceParameters:
    """A random person with two to five random units, turned and lit at random.

    Args:
        seed: The same seed gives the same face.

    Example:
        >>> surprise(3) == surprise(3)
        True
    """
    dice = Dice(seed, 13)
    names = list(UNITS)
    chosen = [names[at] for at in dice.order(len(names))[: 2 + int(dice.uniform(0, 4))]]
    return FaceParameters(
        units={name: round(dice.uniform(0.4, 1), 2) for name in chosen},
        identity=int(dice.uniform(0, 1000)),
        yaw=float(round(dice.spread(20))),
        pitch=float(round(dice.spread(10))),
        roll=float(round(dice.spread(10))),
        light_x=round(dice.spread(1.0), 1),
    )
