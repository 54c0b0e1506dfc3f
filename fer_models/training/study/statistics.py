"""Statistics over the runs of a study: mean, spread, 95 % interval, and differences against chance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Spread:
    """Mean of n runs, their standard deviation (n - 1 in the denominator), and the 95 % interval of the mean.

    Deviation and interval are ``None`` for a single run: one run says nothing about chance in training.
    """

    n: int
    mean: float
    deviation: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Difference:
    """Mean difference of two settings with its 95 % interval and two-sided p-value; ``None`` where there is one run.

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


def overlap(folds: int) -> float:
    """The part that folds add to the variance of a mean, relative to the runs' variance: test over training pictures.

    Runs on the folds of one data set train on nearly the same pictures, so they are less independent than their number
    says. 0 for runs that differ in their seed only.

    Source:
        Nadeau and Bengio, "Inference for the generalization error", 2003, section 3: the corrected resampled t-test.
    """
    return 1 / (folds - 1) if folds > 1 else 0.0


def _half(variance: float, degrees: int) -> float:
    from scipy.stats import t

    return float(t.ppf(0.975, degrees)) * math.sqrt(variance)


def spread(values: Sequence[float], folds: int = 1) -> Spread:
    """Mean, deviation and t-interval of the figures of runs.

    Args:
        folds: of how many folds the runs are; 1 where they differ in their seed only.
    """
    n = len(values)
    mean = float(np.mean(values))
    if n < 2:
        return Spread(n, mean)
    deviation = float(np.std(values, ddof=1))
    half = _half(deviation**2 * (1 / n + overlap(folds)), n - 1)
    return Spread(n, mean, deviation, mean - half, mean + half)


def difference(
    a: Sequence[float], b: Sequence[float], *, paired: bool, folds: int = 1, folds_b: int | None = None
) -> Difference:
    """How far ``a`` lies above ``b``.

    Args:
        paired: whether the i-th runs of both belong together (same fold and seed): then the test is on their
            differences. Otherwise Welch's, with the smaller side's degrees of freedom.
        folds: of how many folds the runs of ``a`` (and of ``b``, unless ``folds_b`` says otherwise) are.
    """
    from scipy.stats import t

    n = min(len(a), len(b))
    value = float(np.mean(a) - np.mean(b))
    if n < 2:
        return Difference(n, value, paired)
    if paired:
        variance = float(np.var(np.subtract(a, b), ddof=1)) * (1 / n + overlap(folds))
    else:
        variance = float(np.var(a, ddof=1)) * (1 / len(a) + overlap(folds))
        variance += float(np.var(b, ddof=1)) * (1 / len(b) + overlap(folds if folds_b is None else folds_b))
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
