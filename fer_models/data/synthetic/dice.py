"""Random choices that come out the same on every machine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")


class Dice:
    """Uniform draws of PCG64, keyed by a tuple of non-negative integers.

    Only uniform draws and random bytes are offered: they are exact integer arithmetic, so no mathematical library
    of the machine can change them.
    """

    def __init__(self, *key: int):
        self._generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence(key)))

    def uniform(self, low: float = 0.0, high: float = 1.0) -> float:
        """A number in [low, high)."""
        return low + (high - low) * self._generator.random()

    def spread(self, width: float) -> float:
        """A number around 0, at most ``width`` away, the middle more likely than the ends (triangular)."""
        return width * (self._generator.random() - self._generator.random())

    def chance(self, probability: float) -> bool:
        """True with the given probability."""
        return bool(self._generator.random() < probability)

    def pick(self, items: Sequence[T]) -> T:
        """One of the items, each as likely."""
        return items[int(self._generator.random() * len(items))]

    def order(self, count: int) -> list[int]:
        """The numbers below ``count`` in random order."""
        keys = self._generator.random(count)
        return np.argsort(keys, kind="stable").tolist()

    def noise(self, shape: tuple[int, ...]) -> np.ndarray:
        """Noise of about normal shape, int16, mean 0, standard deviation 148: the sum of four random bytes."""
        count = int(np.prod(shape))
        raw = np.frombuffer(self._generator.bytes(4 * count), dtype=np.uint8).reshape(4, *shape)
        return raw.sum(axis=0, dtype=np.int16) - np.int16(510)
