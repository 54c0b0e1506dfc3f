"""A video of a built-in face whose expression changes at known moments, drawn in memory, for trials and tests."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from fer_models.data.synthetic import EMOTION_ACTION_UNITS
from fer_models.data.synthetic.dice import Dice
from fer_models.data.synthetic.generator import render
from fer_models.data.synthetic.parameters import sample_identity, sample_nuisance

_SIDE = 224


@dataclass(frozen=True)
class DrawnVideo:
    """One person showing one expression after the other.

    Args:
        expressions: in order; each is held for ``hold`` seconds and changes into the next within ``change`` seconds.
        fps: frames a second.
        seed: of the built-in people.
        subject: number of the built-in person.
        width: of the frames in pixels.
        height: of the frames in pixels.
        intensity: of the action units at the height of an expression, in (0, 1].
    """

    expressions: tuple[str, ...] = ("neutral", "happy", "surprise", "angry", "sad", "disgust")
    hold: float = 1.4
    change: float = 0.2
    fps: float = 15.0
    seed: int = 0
    subject: int = 3
    width: int = 480
    height: int = 360
    intensity: float = 0.95

    @property
    def changes(self) -> list[float]:
        """Seconds at which one expression is half way to the next."""
        return [i * self.hold for i in range(1, len(self.expressions))]

    @property
    def count(self) -> int:
        """Number of frames."""
        return round(len(self.expressions) * self.hold * self.fps)

    def intensities(self, seconds: float) -> dict[str, float]:
        """How far each action unit is moved at a time, in [0, 1]."""
        position = min(seconds / self.hold, len(self.expressions) - 1e-6)
        current = int(position)
        # Half of each change lies before the moment, half after it.
        to_end, from_start = (current + 1) * self.hold - seconds, seconds - current * self.hold
        neighbour, share = current, 0.0
        if current + 1 < len(self.expressions) and to_end < self.change / 2:
            neighbour, share = current + 1, 0.5 - to_end / self.change
        elif current > 0 and from_start < self.change / 2:
            neighbour, share = current - 1, 0.5 - from_start / self.change
        units: dict[str, float] = {}
        for index, weight in ((current, 1 - share), (neighbour, share)):
            for unit in EMOTION_ACTION_UNITS[self.expressions[index]]:
                units[unit] = units.get(unit, 0.0) + self.intensity * weight
        return units

    def frames(self) -> Iterator[np.ndarray]:
        """uint8 RGB (height, width, 3) each; the head sways a little, so that there is something to follow."""
        for index in range(self.count):
            yield self.frame(index)

    def face(self, index: int) -> np.ndarray:
        """The face of frame ``index`` alone, uint8 RGB (224, 224, 3), framed as the built-in faces are."""
        return self._drawn(index)[0]

    def _drawn(self, index: int) -> tuple[np.ndarray, tuple[int, int, int]]:
        units = {name: round(level, 3) for name, level in self.intensities(index / self.fps).items()}
        return draw_expression(self.seed, self.subject, tuple(sorted(units.items())))

    def frame(self, index: int) -> np.ndarray:
        """Frame number ``index``."""
        seconds = index / self.fps
        face, ground = self._drawn(index)
        canvas = np.empty((self.height, self.width, 3), np.uint8)
        canvas[:] = ground
        x = round((self.width - _SIDE) / 2 + 0.06 * self.width * np.sin(0.9 * seconds))
        y = self.height - _SIDE
        canvas[y:, x : x + _SIDE] = face
        return canvas


@lru_cache(maxsize=256)
def draw_expression(
    seed: int, subject: int, units: Sequence[tuple[str, float]], size: int = _SIDE
) -> tuple[np.ndarray, tuple[int, int, int]]:
    """A built-in person with given action units before a plain ground: uint8 RGB (size, size, 3), and the ground."""
    who = sample_identity(seed, subject)
    seen = dataclasses.replace(
        sample_nuisance(0.05, Dice(seed, 2, 0)), background="plain", occlusion="none", yaw=0.0, roll=0.0, zoom=0.9
    )
    image = render(who, dict(units), seen, size=size, colour=True, noise=Dice(seed, 2, 0)).image
    image.setflags(write=False)
    red, green, blue = (int(value) for value in image[2, 2])
    return image, (red, green, blue)
