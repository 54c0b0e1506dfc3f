"""Is one network better than another, or was it chance: paired tests on the same pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from fer_models.errors import UserError
from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.intervals import Estimate, percentile_interval, row_weights
from fer_models.evaluation.metrics import METRICS

#: A corrected p-value below this counts as more than chance.
LEVEL = 0.05


@dataclass(frozen=True)
class McNemar:
    """``only_a`` and ``only_b``: pictures that only the one network gets right; ``p``: two-sided exact p-value."""

    only_a: int
    only_b: int
    p: float


@dataclass(frozen=True)
class Comparison:
    """One pair of networks on the same n pictures.

    Args:
        a, b: indices in the list that was compared.
        metric: key of the metric.
        difference: metric of a less that of b, with its paired bootstrap 95 % interval; ``p`` its two-sided p-value.
        mcnemar: McNemar's exact test of accuracy.
        p_holm, mcnemar_holm: both p-values corrected for the number of pairs.
    """

    a: int
    b: int
    metric: str
    n: int
    difference: Estimate
    p: float
    mcnemar: McNemar
    p_holm: float
    mcnemar_holm: float

    @property
    def p_corrected(self) -> float:
        """Corrected for the number of pairs: McNemar's exact one for accuracy, the paired bootstrap's for others."""
        return self.mcnemar_holm if self.metric == "accuracy" else self.p_holm

    @property
    def sentence(self) -> str:
        """Whether the difference is larger than chance (corrected p below 0.05)."""
        title = METRICS[self.metric].title
        points = 100 * self.difference.value
        verdict = "is larger than chance" if self.p_holm < 0.05 else "can be chance"
        difference = f"The difference in {title} of {points:+.1f} points on {self.n:,} pictures"
        return f"{difference} {verdict} (p = {self.p_holm:.3g})."


def mcnemar_exact(correct_a: np.ndarray, correct_b: np.ndarray) -> McNemar:
    """McNemar's exact test: are the pictures that only one network gets right split evenly.

    Args:
        correct_a, correct_b: bool (N,), the same pictures in the same order.

    Raises:
        UserError: If the two differ in length.

    Source:
        McNemar 1947; the exact two-sided binomial form, without mid-p.
    """
    from scipy.special import bdtr

    a, b = np.asarray(correct_a, bool), np.asarray(correct_b, bool)
    if a.shape != b.shape:
        raise UserError(f"A paired test needs the same pictures: {len(a)} and {len(b)} were given.")
    only_a, only_b = int((a & ~b).sum()), int((~a & b).sum())
    if only_a + only_b == 0:
        return McNemar(0, 0, 1.0)
    return McNemar(only_a, only_b, float(min(1.0, 2 * bdtr(min(only_a, only_b), only_a + only_b, 0.5))))


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
                f"A paired comparison needs the same pictures and classes: {first.data} ({', '.join(first.classes)}) "
                f"and {other.data} ({', '.join(other.classes)}) differ."
            )
    common = first.positions
    for other in evaluations[1:]:
        common = np.intersect1d(common, other.positions)
    if not len(common):
        raise UserError(f"The networks were measured on different pictures of {first.data}; choose the same split.")
    cut = []
    for each in evaluations:
        order = np.argsort(each.positions)
        cut.append(each.take(order[np.searchsorted(each.positions, common, sorter=order)]))
    return cut


def _samples(evaluation: Evaluation, metric: str, weights: np.ndarray) -> np.ndarray:
    definition = METRICS[metric]
    if definition.needs == "probabilities":
        return definition.function(evaluation.targets, evaluation.probabilities, weights)
    k = len(evaluation.classes)
    cells = np.zeros((evaluation.n, k * k), weights.dtype)
    cells[np.arange(evaluation.n), evaluation.targets * k + evaluation.predictions] = 1
    return definition.function((weights @ cells).reshape(-1, k, k))


def _resampled(evaluations: Sequence[Evaluation], metric: str, resamples: int, seed: int = 0) -> list[np.ndarray]:
    """The metric of each evaluation, float64 (resamples,), on the same resampled rows."""
    drawn = [
        [_samples(each, metric, w) for each in evaluations] for w in row_weights(evaluations[0].n, resamples, seed)
    ]
    return [np.concatenate(pieces) for pieces in zip(*drawn, strict=True)]


def _difference(
    a: Evaluation, b: Evaluation, metric: str, samples_a: np.ndarray, samples_b: np.ndarray
) -> tuple[Estimate, float]:
    differences = samples_a - samples_b
    resamples = len(differences)
    value = a.value(metric) - b.value(metric)
    share = min((differences <= 0).mean(), (differences >= 0).mean())
    return Estimate(value, *percentile_interval(differences)), float(np.clip(2 * share, 1 / resamples, 1.0))


def compare(evaluations: Sequence[Evaluation], metric: str = "accuracy", *, resamples: int = 2000) -> list[Comparison]:
    """Every pair of networks on the pictures that all were measured on, p-values corrected by Holm.

    Raises:
        UserError: As :func:`paired`; also if fewer than two are given.
    """
    if len(evaluations) < 2:
        raise UserError("A comparison needs two or more networks; choose another one.")
    same = paired(evaluations)
    correct = [each.predictions == each.targets for each in same]
    samples = _resampled(same, metric, resamples)  # once a network, not once a pair
    pairs: list[dict[str, Any]] = []
    for a, b in combinations(range(len(same)), 2):
        difference, p = _difference(same[a], same[b], metric, samples[a], samples[b])
        test = mcnemar_exact(correct[a], correct[b])
        pairs.append({"a": a, "b": b, "difference": difference, "p": p, "mcnemar": test})
    p_holm = holm([pair["p"] for pair in pairs])
    mcnemar_holm = holm([pair["mcnemar"].p for pair in pairs])
    return [
        Comparison(**pair, metric=metric, n=same[0].n, p_holm=p_holm[i], mcnemar_holm=mcnemar_holm[i])
        for i, pair in enumerate(pairs)
    ]


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
        values: The metric of each network. pairs: As :func:`compare` returns them.
    """
    definition = METRICS[metric]
    top = max(range(len(values)), key=lambda i: values[i] if definition.direction == "higher" else -values[i])
    against = [pair for pair in pairs if top in (pair.a, pair.b)]
    return top if all(pair.p_corrected < LEVEL for pair in against) else None
