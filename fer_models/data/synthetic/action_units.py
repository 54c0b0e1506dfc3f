"""Facial action units that the generator can move, and which of them make which emotion."""

from __future__ import annotations

from types import MappingProxyType

from fer_models.data.synthetic.dice import Dice
from fer_models.labels import EMOTION_ACTION_UNITS

ACTION_UNITS: MappingProxyType[str, str] = MappingProxyType(
    {
        "AU01": "inner brow raiser",
        "AU02": "outer brow raiser",
        "AU04": "brow lowerer",
        "AU05": "upper lid raiser",
        "AU06": "cheek raiser",
        "AU07": "lid tightener",
        "AU09": "nose wrinkler",
        "AU12": "lip corner puller",
        "AU15": "lip corner depressor",
        "AU16": "lower lip depressor",
        "AU20": "lip stretcher",
        "AU23": "lip tightener",
        "AU26": "jaw drop",
        "R12": "lip corner puller, the person's right side only",
        "R14": "dimpler, the person's right side only",
    }
)
"""Key and name of each action unit; the keys follow FACS, with ``R`` for a unit of the person's right side alone."""

AU_NAMES: tuple[str, ...] = tuple(ACTION_UNITS)
"""Order of the columns of :attr:`SyntheticSet.action_units`."""

AU_REGIONS: MappingProxyType[str, tuple[str, ...]] = MappingProxyType(
    {
        "AU01": ("brows", "forehead"),
        "AU02": ("brows", "forehead"),
        "AU04": ("brows", "forehead"),
        "AU05": ("eyes",),
        "AU06": ("eyes", "cheeks"),
        "AU07": ("eyes",),
        "AU09": ("nose", "brows", "mouth"),
        "AU12": ("mouth", "cheeks"),
        "AU15": ("mouth",),
        "AU16": ("mouth",),
        "AU20": ("mouth",),
        "AU23": ("mouth",),
        "AU26": ("mouth",),
        "R12": ("mouth", "cheeks"),
        "R14": ("mouth",),
    }
)
"""Masks in which a unit changes the picture most: the known truth that an explanation can be held against."""


def weakest_intensity(difficulty: float) -> float:
    """Intensity of the subtlest expression at a difficulty: 0.9 at 0, 0.55 at 0.5, 0.2 at 1."""
    return 0.9 - 0.7 * difficulty


def sample_units(emotion: str, difficulty: float, dice: Dice) -> dict[str, float]:
    """Intensities in (0, 1] of the units that make ``emotion``; empty for neutral.

    One overall intensity is drawn between :func:`weakest_intensity` and 1, then each unit keeps 80 to 100 % of it.
    """
    overall = dice.uniform(weakest_intensity(difficulty), 1.0)
    return {unit: overall * dice.uniform(0.8, 1.0) for unit in EMOTION_ACTION_UNITS[emotion]}
