"""Accuracy against cost, with names placed so that none covers another name or a point."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from fer_models.colours import GREY, SERIES

_FRONT, _OTHER = SERIES[:2]
_WIDTH, _HEIGHT = 700, 310  # pixels for which the names are placed; the page may be wider


@dataclass(frozen=True)
class Point:
    """A trained network: cost in the axis' unit, accuracy and its 95 % interval in per cent, parameters."""

    name: str
    cost: float
    accuracy: float
    low: float
    high: float
    parameters: int
    on_front: bool
    words: str


def pareto(points: Sequence[Point], axis: str) -> go.Figure:
    """Bubbles over a logarithmic cost axis, their area the number of parameters; those on the Pareto front are joined,
    with names in bold.

    Args:
        axis: title of the cost axis, with its unit.
    """
    figure = go.Figure()
    _add_front(figure, points)
    _add_bubbles(figure, points, axis.partition(",")[2].strip())
    ticks, window = _axis([point.cost for point in points])
    figure.update_xaxes(
        type="log", title_text=axis, fixedrange=True, range=window, tickvals=ticks, ticktext=[f"{t:,g}" for t in ticks]
    )
    lowest, highest = min(point.low for point in points), max(point.high for point in points)
    room = max(highest - lowest, 4)
    heights = [lowest - 0.15 * room, highest + 0.25 * room]
    figure.update_yaxes(title_text="accuracy, %", fixedrange=True, range=heights)
    figure.update_layout(
        height=_HEIGHT + 110,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        legend={"orientation": "h", "x": 0, "y": -0.2, "yanchor": "top"},
        hovermode="closest",
    )
    figure.update_layout(annotations=_names(points, window, heights))
    return figure


def _add_front(figure: go.Figure, points: Sequence[Point]) -> None:
    best = sorted((point for point in points if point.on_front), key=lambda point: point.cost)
    if len(best) > 1:
        figure.add_scatter(
            x=[point.cost for point in best],
            y=[point.accuracy for point in best],
            mode="lines",
            line={"color": GREY, "width": 1.5, "dash": "dash", "shape": "hv"},
            name="Pareto front",
            hoverinfo="skip",
        )


def _add_bubbles(figure: go.Figure, points: Sequence[Point], unit: str) -> None:
    largest = max((point.parameters for point in points), default=1)
    for on_front, name, colour in ((True, "none is as cheap and as accurate", _FRONT), (False, "others", _OTHER)):
        group = [point for point in points if point.on_front == on_front]
        if not group:
            continue
        figure.add_scatter(
            x=[point.cost for point in group],
            y=[point.accuracy for point in group],
            error_y={
                "type": "data",
                "symmetric": False,
                "array": [point.high - point.accuracy for point in group],
                "arrayminus": [point.accuracy - point.low for point in group],
                "thickness": 1.2,
                "width": 5,
                "color": GREY,
            },
            mode="markers",
            text=[_escape(point.name) for point in group],
            cliponaxis=False,
            customdata=[[_escape(point.words), f"{point.parameters:,}"] for point in group],
            hovertemplate="%{text}<br>%{customdata[0]}<br>%{x:.4g} "
            + unit
            + "<br>%{customdata[1]} parameters<extra></extra>",
            marker={
                "size": [_diameter(point, largest) for point in group],
                "color": colour,
                "opacity": 0.75 if on_front else 0.45,
                "symbol": "circle" if on_front else "diamond",
                "line": {"width": 1.5, "color": colour},
            },
            name=name,
        )


def _names(points: Sequence[Point], window: Sequence[float], heights: Sequence[float]) -> list[dict[str, Any]]:
    """The name of each point where it covers no other; points on the front come first."""
    largest = max((point.parameters for point in points), default=1)
    across, up = _WIDTH / (window[1] - window[0]), _HEIGHT / (heights[1] - heights[0])
    ordered = sorted(points, key=lambda point: (not point.on_front, -point.accuracy))
    names = dict(zip([p.name for p in ordered], _short([p.name for p in ordered]), strict=True))
    spots = [
        Spot(
            across * (math.log10(point.cost) - window[0]),
            up * (point.accuracy - heights[0]),
            _diameter(point, largest) / 2,
            up * (point.high - point.low) / 2,
            names[point.name],
        )
        for point in ordered
    ]
    front = sorted((spot for spot, point in zip(spots, ordered, strict=True) if point.on_front), key=lambda s: s.x)
    lines = []
    for a, b in itertools.pairwise(front):  # across, then up, as the front is drawn
        lines += [(a.x, a.y - 1, b.x, a.y + 1), (b.x - 1, min(a.y, b.y), b.x + 1, max(a.y, b.y))]
    return [
        {
            "x": math.log10(point.cost),
            "y": point.accuracy,
            "ax": offset.dx,
            "ay": -offset.dy,
            "text": f"<b>{_escape(names[point.name])}</b>" if point.on_front else _escape(names[point.name]),
            "name": "point",  # the browser hides it where the figure is too narrow for it
            "showarrow": True,
            "arrowhead": 0,
            "arrowwidth": 1,
            "arrowcolor": GREY if offset.far else "rgba(0, 0, 0, 0)",
            "xanchor": offset.anchor,
            "borderpad": 0,
            "font": {"size": 12},
        }
        for point, offset in zip(ordered, place_names(spots, _WIDTH, _HEIGHT, lines), strict=True)
    ]


def _short(names: Sequence[str]) -> list[str]:
    """The names without the suffix after a hyphen that all share, such as ``-fer2013``."""
    ends = {name.rpartition("-")[2] for name in names}
    if len(names) < 2 or len(ends) > 1 or not all(name.rpartition("-")[0] for name in names):
        return list(names)
    return [name.rpartition("-")[0] for name in names]


def _diameter(point: Point, largest: int) -> float:
    return max(10.0, 46 * (point.parameters / largest) ** 0.5)


def _axis(costs: Sequence[float]) -> tuple[list[float], list[float]]:
    """Ticks at 1, 2 and 5 of every power of ten, and a window in powers of ten with some room at the sides."""
    low, high = math.log10(min(costs)), math.log10(max(costs))
    room = max(high - low, 0.5)
    window = [low - 0.3 * room, high + 0.2 * room]  # names stand left of the cheapest one
    powers = range(math.floor(window[0]), math.ceil(window[1]) + 1)
    steps = (1, 2, 5) if window[1] - window[0] < 2.5 else (1,)
    ticks = [step * 10.0**power for power in powers for step in steps]
    return [tick for tick in ticks if window[0] <= math.log10(tick) <= window[1]], window


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


_LETTER, _LINE = 7.0, 16.0  # pixels that a letter and a line of 12-pixel text take
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
class Offset:
    """Where a name goes, in pixels from its point, y upwards.

    Args:
        dx: To the start, centre or end of the name, as ``anchor`` says.
        dy: To half its height.
        anchor: ``left``, ``center`` or ``right``.
        far: Whether it needs a line to its point.
    """

    dx: float
    dy: float
    anchor: str
    far: bool


def place_names(spots: Sequence[Spot], width: float, height: float, lines: Sequence[Box] = ()) -> list[Offset]:
    """The nearest free offset of each name, or the one that covers least; earlier names have priority.

    Args:
        spots: The named points.
        width: Of the figure in pixels.
        height: Of the figure in pixels.
        lines: Boxes that should not be covered either.
    """
    occupied = [*lines, *(box for spot in spots for box in spot.boxes)]
    offsets = []
    for spot in spots:
        best, best_box, least = Offset(0, 0, "center", far=False), spot.boxes[0], float("inf")
        for offset in _around(spot, spot.x > width / 2):
            box = _box(spot, offset)
            outside = _area(box) - _overlap(box, (0, 0, width, height))
            covered = outside + sum(_overlap(box, other) for other in occupied)
            if covered < least:
                best, best_box, least = offset, box, covered
            if not covered:
                break
        occupied.append(best_box)
        offsets.append(best)
    return offsets


def _around(spot: Spot, left_first: bool) -> Iterator[Offset]:
    """Offsets, nearest first: beside the point, above, below, then the corners.

    In the right half the left side comes first: on a narrow page a name at the right would be cut off.
    """
    first = -1 if left_first else 1
    sides = [(first, 0), (-first, 0), (0, 1), (0, -1), (first, 1), (-first, 1), (first, -1), (-first, -1)]
    for gap, (right, up) in itertools.product(_GAPS, sides):
        dx = right * (gap if up else spot.radius + gap)
        dy = up * (max(spot.radius, spot.bar) + _LINE / 2 + gap)
        yield Offset(dx, dy, ("center", "left", "right")[right], gap > _FAR)


def _box(spot: Spot, offset: Offset) -> Box:
    wide = _LETTER * len(spot.name)
    x = spot.x + offset.dx - {"left": 0, "center": wide / 2, "right": wide}[offset.anchor]
    y = spot.y + offset.dy
    return x, y - _LINE / 2, x + wide, y + _LINE / 2


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _overlap(a: Box, b: Box) -> float:
    across, up = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    return max(across, 0.0) * max(up, 0.0)
