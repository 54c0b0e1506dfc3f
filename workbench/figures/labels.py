"""Places for the names of points, so that none covers another name or a point."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_LETTER, _LINE = 7.0, 13.0  # pixels that a letter and a line of 12-pixel text take
_GAPS = (2.0, 14.0, 30.0, 50.0, 74.0)  # pixels between a point and its name, the nearest first
_BAR = 4.0  # half the width of an error bar's caps
_FAR = 8.0  # a name farther away than this needs a line to its point

Box = tuple[float, float, float, float]  # left, bottom, right, top


@dataclass(frozen=True)
class Spot:
    """A named point: its middle, radius and the half of its error bar in pixels, y upwards."""

    x: float
    y: float
    radius: float
    bar: float
    name: str

    @property
    def boxes(self) -> tuple[Box, Box]:
        """What the point and its error bar cover."""
        x, y, r = self.x, self.y, self.radius
        return (x - r, y - r, x + r, y + r), (x - _BAR, y - self.bar, x + _BAR, y + self.bar)


@dataclass(frozen=True)
class Place:
    """Where a name goes, in pixels from its point, y upwards: its end or center by ``anchor``, its middle in height.

    ``far``: it needs a line to its point.
    """

    dx: float
    dy: float
    anchor: str
    far: bool


def place(spots: Sequence[Spot], width: float, height: float, lines: Sequence[Box] = ()) -> list[Place]:
    """The nearest free place of each name inside a figure of ``width`` by ``height`` pixels, the first names first.

    Where none is free, the one that covers least. ``lines``: what else should not be covered.
    """
    taken = [*lines, *(box for spot in spots for box in spot.boxes)]
    found = []
    for spot in spots:
        best, best_box, least = Place(0, 0, "center", False), spot.boxes[0], float("inf")
        for where in _around(spot, spot.x > width / 2):
            box = _box(spot, where)
            outside = _area(box) - _overlap(box, (0, 0, width, height))
            covered = outside + sum(_overlap(box, other) for other in taken)
            if covered < least:
                best, best_box, least = where, box, covered
            if not covered:
                break
        taken.append(best_box)
        found.append(best)
    return found


def _around(spot: Spot, left_first: bool) -> Iterator[Place]:
    """Places nearest first: beside the point, above, below, then the corners. In the right half the left side is the
    better one: on a narrow page a name at the right would be cut off.
    """
    first = -1 if left_first else 1
    sides = [(first, 0), (-first, 0), (0, 1), (0, -1), (first, 1), (-first, 1), (first, -1), (-first, -1)]
    for gap, (right, up) in itertools.product(_GAPS, sides):
        dx = right * (gap if up else spot.radius + gap)
        dy = up * (max(spot.radius, spot.bar) + _LINE / 2 + gap)
        yield Place(dx, dy, ("center", "left", "right")[right], gap > _FAR)


def _box(spot: Spot, where: Place) -> Box:
    wide = _LETTER * len(spot.name)
    x = spot.x + where.dx - {"left": 0, "center": wide / 2, "right": wide}[where.anchor]
    y = spot.y + where.dy
    return x, y - _LINE / 2, x + wide, y + _LINE / 2


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _overlap(a: Box, b: Box) -> float:
    across, up = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    return max(across, 0.0) * max(up, 0.0)
