"""How sure a figure is: Wilson's interval for shares, the bootstrap for everything else.

``units`` says what may be taken as independent: int64 (N,), the number of the group that each image belongs to, for
instance its person, or ``None`` where every image is a group of its own. A single image or group gives no interval:
both ends are NaN. What each interval assumes, and how often it held the truth in simulations: ``docs/statistics.md``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np

from fer_models.errors import UserError
from fer_models.evaluation.metrics.base import Metric
from fer_models.evaluation.metrics.confusion import confusion

#: Numbers that one piece of a bootstrap may hold at once (4 bytes each).
PIECE = 4_000_000
#: Share of the resamples in which a figure must be defined for an interval or a test of it.
DEFINED = 0.9


class Estimate(NamedTuple):
    """A figure with its interval, all on the figure's own scale (shares in [0, 1], not per cent).

    Both ends are NaN where there is no interval, for instance for a single image.
    """

    value: float
    low: float
    high: float

    def to_json(self) -> dict[str, float | None]:
        """The three numbers by name, ``None`` for NaN, which JSON does not have."""
        return {name: None if np.isnan(number) else number for name, number in self._asdict().items()}


def wilson(successes: Any, n: Any, level: float = 0.95) -> tuple[Any, Any]:
    """Wilson's score interval of a share ``successes / n``; floats for numbers, arrays for arrays; (0, 1) for n = 0.

    Raises:
        UserError: If ``level`` is not in (0, 1) or ``successes`` not in 0 .. n.

    Example:
        >>> low, high = wilson(np.array(80), np.array(100))
        >>> round(float(low), 3), round(float(high), 3)
        (0.711, 0.867)

    Source:
        Wilson, "Probable inference, the law of succession, and statistical inference", 1927; no continuity correction.
    """
    if not 0 < level < 1:
        raise UserError(f"The level of an interval lies between 0 and 1, for instance 0.95, not {level}.")
    hits, total = np.asarray(successes, np.float64), np.asarray(n, np.float64)
    if np.any(hits < 0) or np.any(hits > total):
        raise UserError("The number of successes must lie between 0 and n.")
    return _wilson(hits, total, NormalDist().inv_cdf((1 + level) / 2))


def _wilson(hits: np.ndarray, total: np.ndarray, z: float) -> tuple[Any, Any]:
    safe = np.maximum(total, 1)
    share = hits / safe
    centre = (share + z * z / (2 * safe)) / (1 + z * z / safe)
    half = z / (1 + z * z / safe) * np.sqrt(share * (1 - share) / safe + z * z / (4 * safe * safe))
    # At 0 and at n the formula gives exactly 0 and 1, but for rounding.
    low = np.where((total == 0) | (hits == 0), 0.0, np.maximum(centre - half, 0.0))
    high = np.where((total == 0) | (hits == total), 1.0, np.minimum(centre + half, 1.0))
    return (float(low), float(high)) if low.ndim == 0 else (low, high)


def share_estimate(hits: np.ndarray, units: np.ndarray | None = None, level: float = 0.95) -> Estimate:
    """The share of images that count, with an interval that allows for images of one group depending on each other.

    It is Wilson's for the effective number of images: n over the design effect, which is the variance of the share
    between groups over that of single images, at least 1; the normal quantile gives way to Student's for the number of
    groups. Where all images count, or none, a group counts as one image. Without groups it is Wilson's.

    Args:
        hits: bool (N,), which images count.
        units: int64 (N,), the group of each image; ``None`` for single images.
        level: Of the interval.

    Example:
        >>> right = np.ones(10, bool)
        >>> [round(share_estimate(right, units).low, 2) for units in (None, np.arange(10) // 2)]
        [0.72, 0.39]

    Source:
        Kish, "Survey sampling", 1965 (design effect); Korn and Graubard, "Confidence intervals for proportions with
        small expected number of positive counts", 1998 (effective number, degrees of freedom).
    """
    hits = np.asarray(hits, np.float64)
    n = len(hits)
    share = float(hits.mean()) if n else float("nan")
    groups, of_group = _groups(units, n)
    if groups < 2:
        return Estimate(share, float("nan"), float("nan"))
    if of_group is None:
        return Estimate(share, *wilson(hits.sum(), n, level))
    from scipy.special import stdtrit

    effective = float(groups)
    if 0 < share < 1:
        gaps = np.bincount(of_group, hits - share)
        variance = groups / (groups - 1) * float(gaps @ gaps) / n**2
        effective = n / max(variance * n / (share * (1 - share)), 1.0)
    quantile = float(stdtrit(groups - 1, (1 + level) / 2))
    successes = effective if share == 1 else share * effective
    return Estimate(share, *_wilson(np.asarray(successes), np.asarray(effective), quantile))


def _groups(units: np.ndarray | None, n: int) -> tuple[int, np.ndarray | None]:
    """Number of groups, and the number 0 .. G - 1 of each image's group; ``None`` where all are single images."""
    if units is None:
        return n, None
    names, of_group = np.unique(units, return_inverse=True)
    return len(names), None if len(names) == n else of_group.reshape(-1)


def resample_tables(table: np.ndarray, resamples: int = 2000, seed: int = 0) -> np.ndarray:
    """Confusion matrices of resampled images, int64 (resamples, K, K): multinomial draws of the table's own total."""
    counts = np.asarray(table, np.int64)
    n = int(counts.sum())
    if n == 0:
        return np.zeros((resamples, *counts.shape), np.int64)
    drawn = np.random.default_rng(seed).multinomial(n, counts.ravel() / n, size=resamples)
    return drawn.reshape(resamples, *counts.shape)


def drawn_tables(
    cells: np.ndarray, classes: int, units: np.ndarray | None = None, resamples: int = 2000, seed: int = 0
) -> np.ndarray:
    """Confusion matrices (resamples, K, K) of resampled images, or of resampled groups of images.

    Args:
        cells: int64 (N,), the cell ``target * K + prediction`` of each image.
        classes: K.
    """
    groups, of_group = _groups(units, len(cells))
    if of_group is None:
        return resample_tables(np.bincount(cells, minlength=classes**2).reshape(classes, classes), resamples, seed)
    tables = np.zeros((groups, classes**2), np.float32)
    np.add.at(tables, (of_group, cells), 1)
    drawn = np.concatenate([weights @ tables for weights in row_weights(groups, resamples, seed)])
    return drawn.reshape(resamples, classes, classes)


def row_weights(n: int, resamples: int = 2000, seed: int = 0, units: np.ndarray | None = None) -> Iterator[np.ndarray]:
    """How often each of n rows is drawn in each resample: pieces of float32 (resamples in the piece, n).

    With ``units``, whole groups of rows are drawn.
    """
    rng = np.random.default_rng(seed)
    groups, of_group = _groups(units, n)
    step = max(1, PIECE // max(n, 1))
    for start in range(0, resamples, step):
        size = min(step, resamples - start)
        drawn = rng.integers(0, groups, (size, groups), dtype=np.int32)
        drawn += (np.arange(size, dtype=np.int32) * groups)[:, None]
        weights = np.bincount(drawn.ravel(), minlength=size * groups).reshape(size, groups).astype(np.float32)
        yield weights if of_group is None else weights[:, of_group]


def percentile_interval(samples: np.ndarray, level: float = 0.95) -> tuple[Any, Any]:
    """Percentile interval along the first axis; resamples where the figure is undefined (NaN) are left out.

    NaN where it is undefined in more than a tenth of them.
    """
    tail = (1 - level) / 2
    samples = np.asarray(samples, np.float64)
    enough = np.isfinite(samples).mean(axis=0) >= DEFINED
    low, high = np.nanquantile(np.where(enough, samples, 0.0), [tail, 1 - tail], axis=0)
    low, high = np.where(enough, low, np.nan), np.where(enough, high, np.nan)
    return (float(low), float(high)) if np.ndim(low) == 0 else (low, high)


def mean_estimates(
    columns: np.ndarray, resamples: int = 2000, seed: int = 0, units: np.ndarray | None = None
) -> list[Estimate]:
    """The mean of each column of values (N, C) over N images, with bootstrap intervals of the same resamples."""
    narrow = np.ascontiguousarray(columns, np.float32)
    means = columns.mean(0)
    if _groups(units, len(columns))[0] < 2:
        return [Estimate(float(mean), float("nan"), float("nan")) for mean in means]
    drawn = [w @ narrow / w.sum(1, keepdims=True) for w in row_weights(len(narrow), resamples, seed, units)]
    low, high = percentile_interval(np.concatenate(drawn))
    return [Estimate(float(m), float(a), float(b)) for m, a, b in zip(means, low, high, strict=True)]


def corrected(value: float, samples: np.ndarray, chance: np.ndarray, level: float = 0.95) -> Estimate:
    """A figure of at least 0 that few images make larger, less that bias, with the reflected interval, both from 0 up.

    The interval begins at 0 where a perfect network would show as much by chance.

    Args:
        value: The figure as measured.
        samples: float (R,), the figure of the resamples.
        chance: float (R',), the figure that a perfect network would show with as many images.

    Source:
        Efron and Tibshirani, "An introduction to the bootstrap", 1993, chapter 10 (bias); Davison and Hinkley,
        "Bootstrap methods and their application", 1997, section 5.2 (the reflected, there basic, interval).
    """
    low, high = percentile_interval(samples, level)
    middle = 2 * value - float(np.nanmean(samples))
    least = 0.0 if value <= np.quantile(chance, (1 + level) / 2) else 2 * value - high
    return Estimate(*(float(np.maximum(end, 0.0)) for end in (middle, least, 2 * value - low)))


def estimates(
    metrics: Mapping[str, Metric],
    targets: np.ndarray,
    probabilities: np.ndarray,
    predictions: np.ndarray | None = None,
    *,
    units: np.ndarray | None = None,
    resamples: int = 2000,
    seed: int = 0,
) -> dict[str, Estimate]:
    """Value and interval of every metric: :func:`share_estimate` for shares of images, else the bootstrap.

    Args:
        targets: int (N,).
        probabilities: float (N, K).
        predictions: int (N,), the most probable classes unless given.
        units: int64 (N,), the group of each image; ``None`` for single images.

    Raises:
        UserError: If there is no image.
    """
    if not len(targets):
        raise UserError("There is no labelled image to measure on; choose another split or data set.")
    classes = probabilities.shape[1]
    predicted = probabilities.argmax(1) if predictions is None else predictions
    table = confusion(targets, predicted, classes)
    if _groups(units, len(targets))[0] < 2 or not np.isfinite(probabilities).all():
        values = {key: metric.value(table, targets, probabilities) for key, metric in metrics.items()}
        return {key: Estimate(value, float("nan"), float("nan")) for key, value in values.items()}
    tables = None
    results, by_rows = {}, {}
    for key, metric in metrics.items():
        if metric.hits is not None:
            results[key] = share_estimate(metric.hits(targets, probabilities, predicted), units)
        elif metric.needs == "probabilities":
            by_rows[key] = metric
        else:
            if tables is None:
                tables = drawn_tables(targets * classes + predicted, classes, units, resamples, seed)
            results[key] = Estimate(float(metric.function(table)), *percentile_interval(metric.function(tables)))
    weights = row_weights(len(targets), resamples, seed, units)
    results |= _by_rows(by_rows, targets, probabilities, weights) if by_rows else {}
    return {key: results[key] for key in metrics}


def _by_rows(
    metrics: Mapping[str, Metric], targets: np.ndarray, probabilities: np.ndarray, pieces: Iterator[np.ndarray]
) -> dict[str, Estimate]:
    samples: dict[str, list[np.ndarray]] = {key: [] for key in metrics}
    for weights in pieces:
        for key, metric in metrics.items():
            samples[key].append(metric.function(targets, probabilities, weights))
    results = {}
    for key, metric in metrics.items():
        value, drawn = float(metric.function(targets, probabilities, None)), np.concatenate(samples[key])
        if metric.chance is None:
            results[key] = Estimate(value, *percentile_interval(drawn))
        else:
            results[key] = corrected(value, drawn, metric.chance(probabilities, 1000))
    return results


def chosen_metrics(registry: Any, names: Sequence[str] | None = None) -> dict[str, Metric]:
    """Metrics by key: those named, or all of the registry.

    Raises:
        UserError: If a name is not known; the message lists the valid ones.
    """
    return {key: registry[key] for key in (registry if names is None else names)}
