"""Probabilities in time: smoothed, with a band, cut into stretches of one class, with a peak in each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from fer_models.errors import UserError

SMOOTHINGS = {
    "window": "the mean of all readings within half the width before and after; no lag, but it needs later frames",
    "exponential": "the older a reading, the less it counts, by a factor of e over the width; it lags, but works live",
    "none": "the readings as they are",
}
#: A gap in seconds: the person was not seen between readings that are further apart.
GAP = 1.0
#: A class that leads for less than this, in seconds, is a flicker.
SHORTEST = 0.25


@dataclass(frozen=True)
class Stretch:
    """A period in which one class was the most probable: from ``start`` to ``end`` in seconds, its ``peak`` between.

    ``first``, ``last`` and ``at`` are the positions of the readings; ``probability`` is the smoothed one at the peak.
    """

    name: str
    start: float
    end: float
    peak: float
    probability: float
    first: int
    last: int
    at: int


def smooth(values: np.ndarray, seconds: np.ndarray, how: str = "window", width: float = 0.4) -> np.ndarray:
    """Smoothed values, float32 (T, K), of readings (T, K) at rising times (T,) in seconds.

    No value is carried over a gap longer than :data:`GAP`. See :data:`SMOOTHINGS` for what ``width`` seconds mean.

    Raises:
        UserError: If there is no such smoothing or the width is not positive.
    """
    if how not in SMOOTHINGS:
        raise UserError(f"Smoothing is one of {', '.join(SMOOTHINGS)}, not {how!r}.")
    if not width > 0:
        raise UserError(f"The width of the smoothing must be above 0 seconds, not {width}.")
    values = np.asarray(values, np.float64)
    if how == "none" or len(values) < 2:
        return values.astype(np.float32)
    result = np.empty_like(values)
    for first, stop in _pieces(seconds):
        if how == "window":
            low, high = _window(seconds[first:stop], width)
            sums = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values[first:stop], axis=0)])
            result[first:stop] = (sums[high] - sums[low]) / (high - low)[:, None]
        else:
            state = result[first] = values[first]
            for t in range(first + 1, stop):
                keep = np.exp(-(seconds[t] - seconds[t - 1]) / width)
                state = result[t] = keep * state + (1 - keep) * values[t]
    return result.astype(np.float32)


def band(values: np.ndarray, seconds: np.ndarray, width: float = 0.4) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest value, float32 (T,) each, of readings (T,) within half the width before and after."""
    low = np.empty(len(values), np.float32)
    high = np.empty(len(values), np.float32)
    for first, stop in _pieces(seconds):
        starts, ends = _window(seconds[first:stop], width)
        for t, (a, b) in enumerate(zip(starts, ends, strict=True), first):
            near = values[first + a : first + b]
            low[t], high[t] = near.min(), near.max()
    return low, high


def stretches(
    probabilities: np.ndarray, seconds: np.ndarray, classes: Sequence[str], shortest: float = SHORTEST
) -> list[Stretch]:
    """Where one class leads, in order of time.

    A change of the leading class lies in the middle between two readings. A stretch shorter than ``shortest`` seconds
    joins the one before it (the first one joins the next), so that a flicker is no event.

    Args:
        probabilities: (T, K), smoothed.
        seconds: (T,), rising.
    """
    result: list[Stretch] = []
    for first, stop in _pieces(seconds):
        lead = probabilities[first:stop].argmax(1)
        edges = [0, *(np.flatnonzero(np.diff(lead)) + 1).tolist(), stop - first]
        times = seconds[first:stop]
        middle = [float(times[0]), *(float(times[e - 1] + times[e]) / 2 for e in edges[1:-1]), float(times[-1])]
        parts: list[tuple[int, int, float, float, int]] = []
        for a, b, start, end in zip(edges[:-1], edges[1:], middle[:-1], middle[1:], strict=True):
            name = int(lead[a])
            if parts and (end - start < shortest or parts[-1][4] == name):
                parts[-1] = (parts[-1][0], b, parts[-1][2], end, parts[-1][4])
            elif parts and parts[-1][3] - parts[-1][2] < shortest:
                parts[-1] = (parts[-1][0], b, parts[-1][2], end, name)
            else:
                parts.append((a, b, start, end, name))
        for a, b, start, end, name in parts:
            at = first + a + int(probabilities[first + a : first + b, name].argmax())
            peak, share = float(seconds[at]), float(probabilities[at, name])
            result.append(Stretch(classes[name], start, end, peak, share, first + a, first + b - 1, at))
    return result


def shares(parts: Sequence[Stretch]) -> dict[str, float]:
    """Share of the time in which each class led, in [0, 1], the largest first; empty without time."""
    total: dict[str, float] = {}
    for part in parts:
        total[part.name] = total.get(part.name, 0.0) + part.end - part.start
    whole = sum(total.values())
    if whole <= 0:
        return {part.name: 1.0 for part in parts[:1]}
    return {name: time / whole for name, time in sorted(total.items(), key=lambda item: -item[1])}


def people_by_class(
    readings: Sequence[tuple[np.ndarray, np.ndarray]], seconds: np.ndarray, gap: float = GAP
) -> np.ndarray:
    """How many people are read as each class at each moment, int64 (S, K).

    A person counts at a moment with the reading before it, unless that is longer ago than ``gap`` seconds.

    Args:
        readings: For each person rising times (T,) and probabilities (T, K).
        seconds: (S,) moments.
        gap: In seconds.

    Example:
        >>> one = np.array([0.0, 1.0]), np.array([[0.9, 0.1], [0.2, 0.8]])
        >>> two = np.array([1.0]), np.array([[0.4, 0.6]])
        >>> people_by_class([one, two], np.array([0.5, 1.0])).tolist()
        [[1, 0], [0, 2]]
    """
    classes = readings[0][1].shape[1] if readings else 0
    counts = np.zeros((len(seconds), classes), np.int64)
    for times, probabilities in readings:
        last = np.searchsorted(times, seconds + 1e-6, side="right") - 1
        there = np.flatnonzero((last >= 0) & (seconds - times[np.maximum(last, 0)] <= gap))
        counts[there, probabilities[last[there]].argmax(1)] += 1
    return counts


def _pieces(seconds: np.ndarray) -> list[tuple[int, int]]:
    """First and end (exclusive) of each run of readings without a gap."""
    cuts = (np.flatnonzero(np.diff(seconds) > GAP) + 1).tolist()
    edges = [0, *cuts, len(seconds)]
    return [(a, b) for a, b in pairwise(edges) if b > a]


def _window(seconds: np.ndarray, width: float) -> tuple[np.ndarray, np.ndarray]:
    """First and end (exclusive) of the readings within half the width of each; as many before as after.

    At the ends the window shrinks on both sides: a window of one side alone would shift a change.
    """
    # A tenth of a millisecond more: equal steps are not quite equal in binary.
    low = np.searchsorted(seconds, seconds - width / 2 - 1e-4)
    high = np.searchsorted(seconds, seconds + width / 2 + 1e-4, side="right")
    positions = np.arange(len(seconds))
    reach = np.minimum(positions - low, high - 1 - positions)
    return positions - reach, positions + reach + 1
