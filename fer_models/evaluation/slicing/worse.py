"""Which slices are worse than chance allows, however many slices were looked at."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np

from fer_models.evaluation.comparison.significance import holm
from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.metrics import METRICS, Metric
from fer_models.evaluation.slicing.slices import Slice

_DRAWS = 200


def against_rest(evaluation: Evaluation, slices: Sequence[Slice], metric: str) -> list[Slice]:
    """The slices with p-values of being worse than the rest of the images, corrected for their number by Holm.

    A slice is compared with slices of its size that are drawn at random from all images, which have the same bias as
    it has. For shares of images that is Fisher's exact test; for other figures the normal distribution with the mean
    and deviation of 200 draws, one-sided. Where a slice consists of whole groups, such as people, whole groups are
    drawn. Small slices are not tested, nor those that hold all images.

    Args:
        evaluation: All images.
        slices: Slices of them.
        metric: Key of the metric of the slices.

    Source:
        Fisher, "The design of experiments", 1935.
    """
    found = [None if part.small else _p(evaluation, part, METRICS[metric]) for part in slices]
    corrected = iter(holm([p for p in found if p is not None]))
    return [
        dataclasses.replace(s, p=None if p is None else next(corrected)) for s, p in zip(slices, found, strict=True)
    ]


def _p(evaluation: Evaluation, part: Slice, metric: Metric) -> float | None:
    if part.n == evaluation.n or np.isnan(part.estimate.value):
        return None
    inside = np.zeros(evaluation.n, bool)
    inside[part.positions] = True
    units = np.arange(evaluation.n) if evaluation.units is None else evaluation.units
    whole_groups = len(np.unique(units)) < evaluation.n and not np.isin(units[~inside], units[inside]).any()
    if metric.hits is not None and not whole_groups:
        from scipy.stats import hypergeom

        hits = metric.hits(evaluation.targets, evaluation.probabilities, evaluation.predictions)
        good = hits if metric.direction == "higher" else ~hits
        return float(hypergeom.cdf(int(good[inside].sum()), evaluation.n, int(good.sum()), part.n))
    drawn = _values(evaluation, metric, _random(units if whole_groups else np.arange(evaluation.n), inside))
    drawn, own = drawn[np.isfinite(drawn)], float(_values(evaluation, metric, inside[None].astype(np.float32))[0])
    if len(drawn) < 2 or np.isnan(own) or drawn.std() == 0:
        return None
    score = (own - drawn.mean()) / drawn.std(ddof=1)
    return NormalDist().cdf(float(score if metric.direction == "higher" else -score))


def _random(units: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Random slices of as many units as are inside, float32 (draws, N) of 0 and 1."""
    _, of_unit = np.unique(units, return_inverse=True)
    count, chosen = int(of_unit.max()) + 1, len(np.unique(of_unit[inside]))
    order = np.random.default_rng(0).random((_DRAWS, count)).argpartition(chosen - 1, axis=1)
    drawn = np.zeros((_DRAWS, count), np.float32)
    np.put_along_axis(drawn, order[:, :chosen], 1, axis=1)
    return drawn[:, of_unit]


def _values(evaluation: Evaluation, metric: Metric, weights: np.ndarray) -> np.ndarray:
    """The metric, float64 (R,), for row weights (R, N)."""
    if metric.needs == "probabilities":
        return np.asarray(metric.function(evaluation.targets, evaluation.probabilities, weights))
    classes = len(evaluation.classes)
    cells = np.zeros((evaluation.n, classes**2), np.float32)
    cells[np.arange(evaluation.n), evaluation.targets * classes + evaluation.predictions] = 1
    return np.asarray(metric.function((weights @ cells).reshape(-1, classes, classes)))
