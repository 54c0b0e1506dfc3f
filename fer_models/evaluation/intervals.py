"""How sure a figure is: Wilson's interval for shares, the bootstrap for everything else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np

from fer_models.errors import UserError
from fer_models.evaluation.metrics.base import Metric
from fer_models.evaluation.metrics.confusion import confusion

#: Numbers that one piece of a bootstrap may hold at once (4 bytes each).
_PIECE = 4_000_000


class Estimate(NamedTuple):
    """A figure with its interval, all on the figure's own scale (shares in [0, 1], not per cent)."""

    value: float
    low: float
    high: float


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
    z = NormalDist().inv_cdf((1 + level) / 2)
    safe = np.maximum(total, 1)
    share = hits / safe
    centre = (share + z * z / (2 * safe)) / (1 + z * z / safe)
    half = z / (1 + z * z / safe) * np.sqrt(share * (1 - share) / safe + z * z / (4 * safe * safe))
    # At 0 and at n the formula gives exactly 0 and 1, but for rounding.
    low = np.where((total == 0) | (hits == 0), 0.0, np.maximum(centre - half, 0.0))
    high = np.where((total == 0) | (hits == total), 1.0, np.minimum(centre + half, 1.0))
    return (float(low), float(high)) if low.ndim == 0 else (low, high)


def resample_tables(table: np.ndarray, resamples: int = 2000, seed: int = 0) -> np.ndarray:
    """Confusion matrices of resampled pictures, int64 (resamples, K, K): multinomial draws of the table's own total."""
    counts = np.asarray(table, np.int64)
    n = int(counts.sum())
    if n == 0:
        return np.zeros((resamples, *counts.shape), np.int64)
    drawn = np.random.default_rng(seed).multinomial(n, counts.ravel() / n, size=resamples)
    return drawn.reshape(resamples, *counts.shape)


def row_weights(n: int, resamples: int = 2000, seed: int = 0) -> Iterator[np.ndarray]:
    """How often each of n rows is drawn in each resample: pieces of float32 (resamples in the piece, n)."""
    rng = np.random.default_rng(seed)
    step = max(1, _PIECE // max(n, 1))
    for start in range(0, resamples, step):
        size = min(step, resamples - start)
        drawn = rng.integers(0, n, (size, n), dtype=np.int32)
        drawn += (np.arange(size, dtype=np.int32) * n)[:, None]
        yield np.bincount(drawn.ravel(), minlength=size * n).reshape(size, n).astype(np.float32)


def percentile_interval(samples: np.ndarray, level: float = 0.95) -> tuple[Any, Any]:
    """Percentile interval along the first axis; resamples where the figure is undefined (NaN) are left out."""
    tail = (1 - level) / 2
    low, high = np.nanquantile(samples, [tail, 1 - tail], axis=0)
    return (float(low), float(high)) if np.ndim(low) == 0 else (low, high)


def table_estimates(
    metrics: Mapping[str, Metric], table: np.ndarray, *, resamples: int = 2000, level: float = 0.95, seed: int = 0
) -> dict[str, Estimate]:
    """Value and bootstrap interval of every metric that needs only the confusion matrix (others are left out).

    The interval of ``"accuracy"`` is Wilson's.
    """
    from_table = {key: metric for key, metric in metrics.items() if metric.needs == "confusion"}
    drawn = resample_tables(table, resamples, seed)
    results = {}
    for key, metric in from_table.items():
        low, high = percentile_interval(metric.function(drawn), level)
        if key == "accuracy":
            low, high = wilson(np.trace(table), np.sum(table), level)
        results[key] = Estimate(float(metric.function(table)), low, high)
    return results


def estimates(
    metrics: Mapping[str, Metric],
    targets: np.ndarray,
    probabilities: np.ndarray,
    predictions: np.ndarray | None = None,
    *,
    resamples: int = 2000,
    level: float = 0.95,
    seed: int = 0,
) -> dict[str, Estimate]:
    """Value and bootstrap interval of every metric: rows are resampled, for metrics of the confusion matrix its cells.

    Args:
        targets, predictions: int (N,); predictions are the most probable classes unless given.
        probabilities: float (N, K).

    Raises:
        UserError: If there is no picture.
    """
    if not len(targets):
        raise UserError("There is no labelled picture to measure on; choose another split or data set.")
    classes = probabilities.shape[1]
    predicted = probabilities.argmax(1) if predictions is None else predictions
    table = confusion(targets, predicted, classes)
    by_rows = {key: metric for key, metric in metrics.items() if metric.needs == "probabilities"}
    results = table_estimates(metrics, table, resamples=resamples, level=level, seed=seed)
    samples: dict[str, list[np.ndarray]] = {key: [] for key in by_rows}
    for weights in row_weights(len(targets), resamples, seed) if by_rows else ():
        for key, metric in by_rows.items():
            samples[key].append(metric.function(targets, probabilities, weights))
    for key, metric in by_rows.items():
        low, high = percentile_interval(np.concatenate(samples[key]), level)
        results[key] = Estimate(float(metric.function(targets, probabilities, None)), low, high)
    return {key: results[key] for key in metrics}


def chosen_metrics(registry: Any, names: Sequence[str] | None = None) -> dict[str, Metric]:
    """Metrics by key: those named, or all of the registry.

    Raises:
        UserError: If a name is not known; the message lists the valid ones.
    """
    return {key: registry[key] for key in (registry if names is None else names)}
