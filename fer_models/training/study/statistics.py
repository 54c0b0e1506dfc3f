"""Statistics over the runs of a study: mean, spread, 95 % interval, and differences against chance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

#: Fewer runs give no interval and no test.
FEWEST = 3


@dataclass(frozen=True)
class Spread:
    """Mean of n runs, their standard deviation (n - 1 in the denominator), and the 95 % interval of the mean.

    A single run has no deviation. There is an interval from three runs on that are not all equal: with two it would be
    18 deviations wide, and of no width where they agree by chance. It stays within [0, 1].
    """

    n: int
    mean: float
    deviation: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Difference:
    """Mean difference of two settings with its 95 % interval and two-sided p-value; ``None`` for fewer than three runs.

    Args:
        n: pairs of runs, or runs of the smaller side where they are not paired.
        paired: whether runs of the same fold and seed were compared.
    """

    n: int
    value: float
    paired: bool
    low: float | None = None
    high: float | None = None
    p: float | None = None


def _half(variance: float, degrees: int) -> float:
    from scipy.stats import t

    return float(t.ppf(0.975, degrees)) * math.sqrt(variance)


def spread(values: Sequence[float], overlap: float = 0.0) -> Spread:
    """Mean, deviation and t-interval of the figures of runs, shares in [0, 1].

    Args:
        values: One figure a run.
        overlap: Measured over training images where each run draws its own measured images from one data set: such runs
            train on nearly the same images, so they are less independent than their number says. 0 where all runs are
            measured on the same images.

    Source:
        Nadeau and Bengio, "Inference for the generalization error", 2003, section 3: the corrected resampled t-test.
    """
    n = len(values)
    mean = float(np.mean(values))
    if n < 2:
        return Spread(n, mean)
    deviation = float(np.std(values, ddof=1))
    if n < FEWEST or deviation == 0:
        return Spread(n, mean, deviation)
    half = _half(deviation**2 * (1 / n + overlap), n - 1)
    return Spread(n, mean, deviation, max(mean - half, 0.0), min(mean + half, 1.0))


def difference(
    a: Sequence[float], b: Sequence[float], *, paired: bool, overlap: float = 0.0, overlap_b: float | None = None
) -> Difference:
    """How far ``a`` lies above ``b``.

    Args:
        paired: whether the i-th runs of both belong together (same fold and seed): then the test is on their
            differences. Otherwise Welch's, with the smaller side's degrees of freedom.
        overlap: as for :func:`spread`, of ``a`` and, unless ``overlap_b`` says otherwise, of ``b``.
    """
    from scipy.stats import t

    n = min(len(a), len(b))
    value = float(np.mean(a) - np.mean(b))
    if n < FEWEST:
        return Difference(n, value, paired)
    if paired:
        variance = float(np.var(np.subtract(a, b), ddof=1)) * (1 / n + overlap)
    else:
        variance = float(np.var(a, ddof=1)) * (1 / len(a) + overlap)
        variance += float(np.var(b, ddof=1)) * (1 / len(b) + (overlap if overlap_b is None else overlap_b))
    if variance == 0:  # a few runs, all with the same difference: no measure of chance
        return Difference(n, value, paired, *((value, value, 1.0) if value == 0 else ()))
    half = _half(variance, n - 1)
    p = float(2 * t.sf(abs(value) / math.sqrt(variance), n - 1))
    return Difference(n, value, paired, value - half, value + half, p)


def verdict(gap: Difference, p: float | None, unit: str = "points") -> str:
    """A difference in a sentence.

    Args:
        p: its p-value corrected for the number of comparisons; ``None`` where there is none.
    """
    points = f"{100 * gap.value:+.1f} {unit}"
    if gap.low is None or gap.high is None or p is None:
        return (
            f"{points}; {'too few runs' if gap.n > 1 else 'one run each'} to tell it from chance: add seeds or folds."
        )
    interval = f"{points} [{100 * gap.low:+.1f}, {100 * gap.high:+.1f}]"
    if p < 0.05:
        return f"{interval}, larger than chance (p = {p:.2g})."
    return f"{interval}, no difference larger than chance."
