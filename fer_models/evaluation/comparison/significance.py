"""Is one network better than another, or was it chance: paired tests on the same images.

One test for every figure: if two networks are equally good, exchanging their predictions for an image (or for all
images of one person) changes nothing but by chance. For shares of images every exchange is counted, which for single
images is McNemar's exact test; for other figures exchanges are drawn at random. Error rates: ``docs/statistics.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from fer_models.errors import UserError
from fer_models.evaluation.comparison.swap import exact_sign_p, swap_p
from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.intervals import Estimate, percentile_interval, row_weights
from fer_models.evaluation.metrics import METRICS, Metric

#: A corrected p-value below this counts as more than chance.
LEVEL = 0.05


@dataclass(frozen=True)
class Comparison:
    """One pair of networks on the same n images.

    Args:
        a, b: Indices in the list that was compared.
        metric: Key of the metric.
        n: Number of images.
        difference: Metric of a less that of b, with its paired bootstrap 95 % interval.
        only_a, only_b: Images that only the one network gets right.
        p: Two-sided p-value; ``None`` where the figure is undefined on these images, or on too many exchanges of them.
        p_holm: Corrected for the number of pairs.
    """

    a: int
    b: int
    metric: str
    n: int
    difference: Estimate
    only_a: int
    only_b: int
    p: float | None
    p_holm: float | None

    @property
    def proven(self) -> bool:
        """Whether the difference is larger than chance: its corrected p-value is below 0.05."""
        return self.p_holm is not None and self.p_holm < LEVEL

    @property
    def sentence(self) -> str:
        """The difference and whether it is larger than chance."""
        title = METRICS[self.metric].title
        if self.p_holm is None:
            return f"{title} is not defined on these {self.n:,} images, so it cannot be compared."
        verdict = "is larger than chance" if self.proven else "can be chance"
        difference = f"The difference in {title} of {100 * self.difference.value:+.1f} points on {self.n:,} images"
        return f"{difference} {verdict} (p = {self.p_holm:.3g})."


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down correction: p-values that hold for all tests together, in the order given.

    Source:
        Holm, "A simple sequentially rejective multiple test procedure", 1979.
    """
    p = np.asarray(p_values, np.float64)
    order = np.argsort(p, kind="stable")
    scaled = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(scaled, 1.0)
    return corrected.tolist()


def paired(evaluations: Sequence[Evaluation]) -> list[Evaluation]:
    """The evaluations cut to the pictures that all of them measured, in the same order.

    Raises:
        UserError: If they are of different data or classes, or share no picture.
    """
    first = evaluations[0]
    for other in evaluations[1:]:
        if other.data != first.data or other.classes != first.classes:
            raise UserError(
                f"A paired comparison needs the same images and classes: {first.data} ({', '.join(first.classes)}) "
                f"and {other.data} ({', '.join(other.classes)}) differ."
            )
    common = first.positions
    for other in evaluations[1:]:
        common = np.intersect1d(common, other.positions)
    if not len(common):
        raise UserError(f"The networks were measured on different images of {first.data}; choose the same split.")
    cut = []
    for each in evaluations:
        order = np.argsort(each.positions)
        cut.append(each.take(order[np.searchsorted(each.positions, common, sorter=order)]))
    return cut


def compare(evaluations: Sequence[Evaluation], metric: str = "accuracy", *, resamples: int = 2000) -> list[Comparison]:
    """Every pair of networks on the images that all were measured on, p-values corrected by Holm.

    Args:
        evaluations: Two or more.
        metric: Key of the figure.
        resamples: For the intervals, and the least number of exchanges of a test.

    Raises:
        UserError: As :func:`paired`; also if fewer than two are given.
    """
    if len(evaluations) < 2:
        raise UserError("A comparison needs two or more networks; choose another one.")
    same, definition = paired(evaluations), METRICS[metric]
    which = list(combinations(range(len(same)), 2))
    # Holm multiplies the smallest p-value by the number of pairs: more pairs need a smaller one.
    draws = max(resamples, 2 * round(len(which) / LEVEL))
    samples = [_resampled(each, definition, resamples) for each in same]  # once a network, not once a pair
    values = [each.value(metric) for each in same]
    pairs: list[dict[str, Any]] = []
    for a, b in which:
        difference = Estimate(values[a] - values[b], *percentile_interval(samples[a] - samples[b]))
        right_a, right_b = (each.predictions == each.targets for each in (same[a], same[b]))
        only = {"only_a": int((right_a & ~right_b).sum()), "only_b": int((right_b & ~right_a).sum())}
        p = _swap_p(same[a], same[b], definition, draws)
        pairs.append({"a": a, "b": b, "difference": difference, "p": p, **only})
    tested = [i for i, pair in enumerate(pairs) if pair["p"] is not None]
    corrected = dict(zip(tested, holm([pairs[i]["p"] for i in tested]), strict=True))
    return [Comparison(**pair, metric=metric, n=same[0].n, p_holm=corrected.get(i)) for i, pair in enumerate(pairs)]


def _resampled(evaluation: Evaluation, metric: Metric, resamples: int) -> np.ndarray:
    """The metric, float64 (resamples,), on resampled images: the same ones for every network."""
    n, classes = evaluation.n, len(evaluation.classes)
    if metric.needs == "probabilities":
        pieces = row_weights(n, resamples, units=evaluation.units)
        return np.concatenate([metric.function(evaluation.targets, evaluation.probabilities, w) for w in pieces])
    cells = np.zeros((n, classes**2), np.float32)
    cells[np.arange(n), evaluation.targets * classes + evaluation.predictions] = 1
    pieces = row_weights(n, resamples, units=evaluation.units)
    return np.concatenate([metric.function((w @ cells).reshape(-1, classes, classes)) for w in pieces])


def _swap_p(a: Evaluation, b: Evaluation, metric: Metric, draws: int) -> float | None:
    if metric.hits is not None:
        hits = [metric.hits(each.targets, each.probabilities, each.predictions).astype(np.int64) for each in (a, b)]
        return exact_sign_p(_by_unit(hits[0] - hits[1], a.units))
    if metric.needs == "probabilities":
        return swap_p(_probability_difference(a, b, metric), a.n, draws=draws, units=a.units)
    moved, difference = _table_difference(a, b, metric)
    return swap_p(difference, moved, draws=draws)


def _by_unit(values: np.ndarray, units: np.ndarray | None) -> np.ndarray:
    """Sums of the values (N, ...) of each unit, (G, ...)."""
    if units is None:
        return values
    of_unit = np.unique(units, return_inverse=True)[1].reshape(-1)
    sums = np.zeros((int(of_unit.max()) + 1, *values.shape[1:]), values.dtype)
    np.add.at(sums, of_unit, values)
    return sums


def _probability_difference(a: Evaluation, b: Evaluation, metric: Metric) -> Callable[[np.ndarray], np.ndarray]:
    """The difference for exchanges (R, N): each side's rows are those of either network, by weights of 0 and 1."""
    targets = np.concatenate([a.targets, b.targets])
    probabilities = np.concatenate([a.probabilities, b.probabilities])

    def difference(swapped: np.ndarray) -> np.ndarray:
        own, others = np.hstack([1 - swapped, swapped]), np.hstack([swapped, 1 - swapped])
        first, second = (metric.function(targets, probabilities, weights) for weights in (own, others))
        return np.asarray(first - second)

    return difference


def _table_difference(a: Evaluation, b: Evaluation, metric: Metric) -> tuple[int, Callable[[np.ndarray], np.ndarray]]:
    """The units on which the networks differ, and the difference for exchanges of them, from confusion tables."""
    classes = len(a.classes)
    change = np.zeros((a.n, classes**2), np.float32)
    rows = np.arange(a.n)
    np.add.at(change, (rows, b.targets * classes + b.predictions), 1)
    np.add.at(change, (rows, a.targets * classes + a.predictions), -1)
    change = _by_unit(change, a.units)
    change = change[change.any(1)]

    def difference(swapped: np.ndarray) -> np.ndarray:
        moved = (swapped @ change).reshape(-1, classes, classes)
        return np.asarray(metric.function(a.confusion + moved) - metric.function(b.confusion - moved))

    return len(change), difference


def agreement_matrix(evaluations: Sequence[Evaluation]) -> np.ndarray:
    """Share of pictures on which each two networks predict the same class, float64 (M, M), right or wrong.

    Raises:
        UserError: As :func:`paired`.
    """
    predictions = np.stack([each.predictions for each in paired(evaluations)])
    return (predictions[:, None] == predictions[None]).mean(2)


def winner(metric: str, values: Sequence[float], pairs: Sequence[Comparison]) -> int | None:
    """Position of the network that beats each other one by more than chance, or ``None``.

    Args:
        metric: Key of the metric.
        values: The metric of each network; where one is undefined, none wins.
        pairs: As :func:`compare` returns them.
    """
    if not np.isfinite(values).all():
        return None
    definition = METRICS[metric]
    top = max(range(len(values)), key=lambda i: values[i] if definition.direction == "higher" else -values[i])
    return top if all(pair.proven for pair in pairs if top in (pair.a, pair.b)) else None
