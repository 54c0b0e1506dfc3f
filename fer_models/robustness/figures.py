"""What a stress test shows in figures: with intervals, by class, and as one mean corruption error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fer_models.errors import UserError
from fer_models.evaluation.intervals import Estimate, mean_estimates, percentile_interval, row_weights, share_estimate
from fer_models.robustness.corruption import CORRUPTIONS
from fer_models.robustness.stress import Answers, StressResult

#: Figures of one network at one severity, shares in [0, 1] but for ``likeness`` in [-1, 1]: key to title.
FIGURES: dict[str, str] = {
    "accuracy": "Accuracy",
    "agreement": "Same class as clean",
    "confidence": "Confidence",
    "likeness": "Heatmap likeness",
    "mirrored": "Same class mirrored",
}
#: The three conditions of Li et al., "SLDCNN", 2025, Figure 8 and Table 7, photographed there and made here.
CONDITIONS: dict[str, tuple[tuple[str, int], ...]] = {
    "normal": (),
    "low light": (("low_light", 3),),
    "covered": (("mask", 3), ("glasses", 5)),
}
#: Figures that are shares of faces.
SHARES = ("accuracy", "agreement", "mirrored")
_RESAMPLES = 1000


def values(result: StressResult, network: str, kind: str, severity: int) -> dict[str, np.ndarray]:
    """The figures of each face, float64 (N,), (M,) for the heatmaps; a figure that was not measured is absent."""
    answers = result.answers[network, kind, severity]
    columns: dict[str, np.ndarray] = {}
    if result.targets is not None:
        columns["accuracy"] = answers.predicted == result.targets
    columns["agreement"] = answers.predicted == result.clean(network).predicted
    columns["confidence"] = answers.confidence
    if len(answers.likeness):
        columns["likeness"] = answers.likeness
    if answers.mirrored is not None:
        columns["mirrored"] = answers.mirrored
    return {key: value.astype(np.float64) for key, value in columns.items()}


def rows(result: StressResult, level: float = 0.95) -> list[dict[str, Any]]:
    """A line for each network, kind and severity (0 first), with every figure and its interval.

    Wilson's for shares of faces, the bootstrap for means, both over people where they are known; one face gives none.
    """
    lines: list[dict[str, Any]] = []
    columns: dict[str, list[tuple[int, np.ndarray]]] = {key: [] for key in FIGURES}
    for network in result.networks:
        for kind in result.kinds:
            for severity in (0, *result.severities):
                corruption = CORRUPTIONS[kind]
                for key, column in values(result, network, kind, severity).items():
                    columns[key].append((len(lines), column))
                lines.append(
                    {
                        "network": network,
                        "kind": kind,
                        "title": corruption.title,
                        "severity": severity,
                        "strength": corruption.strength(severity),
                        "unit": corruption.unit,
                        "n": result.n,
                    }
                )
    for key, entries in columns.items():
        for line_number, column in entries if key in SHARES else ():
            lines[line_number][key] = share_estimate(column == 1, result.units, level)
        # Only some networks may have heatmaps, so columns can differ in length.
        for count in set() if key in SHARES else {len(column) for _, column in entries}:
            group = [(line_number, column) for line_number, column in entries if len(column) == count]
            means = mean_estimates(
                np.stack([column for _, column in group], 1), _RESAMPLES, units=result.units_of(count)
            )
            for (line_number, _), estimate in zip(group, means, strict=True):
                lines[line_number][key] = estimate
    return lines


def mean_share(columns: Sequence[np.ndarray], units: np.ndarray | None = None) -> Estimate:
    """The share of right answers in several columns (N,) of the same faces.

    Args:
        columns: 1.0 for a right answer, 0.0 for a wrong one.
        units: int64 (N,), the person of each face, whose answers are one group; ``None``: those of each face are.
    """
    answers = np.stack(columns, 1)
    groups = np.arange(len(answers)) if units is None else units
    return share_estimate(answers.ravel() == 1, np.repeat(groups, answers.shape[1]))


@dataclass(frozen=True)
class CorruptionError:
    """How much corruptions cost one network, as shares (1.0 = 100 %), with 95 % intervals over faces, or people.

    Args:
        network: Name of the network.
        reference: Name of the network it is compared with.
        error: share of wrong predictions over all kinds and severities, each with the same weight.
        rise: ``error`` minus the error on the clean faces.
        mce: mean corruption error against the reference network.
        relative: the relative one; ``nan`` where the reference makes no error, or loses nothing, in some kind.
        kinds: ``error`` of each kind.
        against: corruption error of each kind against the reference.
    """

    network: str
    reference: str
    error: Estimate
    rise: Estimate
    mce: Estimate
    relative: Estimate
    kinds: Mapping[str, Estimate]
    against: Mapping[str, Estimate]


def corruption_errors(result: StressResult, reference: str | None = None) -> list[CorruptionError]:
    """The mean corruption error of every network; of the reference itself it is 1 by definition.

    With the error :math:`E_{s,c}` of a network at severity s of kind c and :math:`G_{s,c}` of the reference,
    :math:`CE_c = \\sum_s E_{s,c} / \\sum_s G_{s,c}` and the mean corruption error is the mean over c; the relative one
    takes the errors minus those on the clean faces.

    Args:
        reference: name of a network of the result, the first by default.

    Raises:
        UserError: If the faces are unlabelled, or there is no such network.

    Source:
        Hendrycks and Dietterich, "Benchmarking neural network robustness to common corruptions and perturbations",
        ICLR 2019, section 4.1. The reference there is AlexNet on ImageNet; here it is a network of the same test.
    """
    if result.targets is None:
        raise UserError("The corruption error needs labelled faces; choose a split of a data set.")
    base = reference or result.networks[0]
    if base not in result.networks:
        raise UserError(f"There is no network {base!r} in this test; choose one of: {', '.join(result.networks)}.")
    wrong = {
        network: {
            kind: [_wrong(result, result.answers[network, kind, s]) for s in result.severities] for kind in result.kinds
        }
        for network in result.networks
    }
    columns = np.stack(
        [
            column
            for network in result.networks
            for column in (
                _wrong(result, result.clean(network)),
                *(np.mean(errors_of_kind, axis=0) for errors_of_kind in wrong[network].values()),
            )
        ],
        1,
    )
    # The figures themselves in the first row, resampled ones below; networks x (clean, kinds).
    shape = (-1, len(result.networks), 1 + len(result.kinds))
    errors = np.concatenate([columns.mean(0)[None], _bootstrap(columns, result.units)]).reshape(shape)
    ground = errors[:, result.networks.index(base)]
    costs = []
    for i, network in enumerate(result.networks):
        network_errors = errors[:, i]
        against = _ratio(network_errors[:, 1:], ground[:, 1:])
        relative = _ratio(network_errors[:, 1:] - network_errors[:, :1], ground[:, 1:] - ground[:, :1])
        costs.append(
            CorruptionError(
                network,
                base,
                error=mean_share(
                    [error for errors_of_kind in wrong[network].values() for error in errors_of_kind], result.units
                ),
                rise=_estimate(network_errors[:, 1:].mean(1) - network_errors[:, 0]),
                mce=_estimate(against.mean(1)),
                relative=_estimate(relative.mean(1)),
                kinds={
                    kind: mean_share(errors_of_kind, result.units) for kind, errors_of_kind in wrong[network].items()
                },
                against={kind: _estimate(against[:, k]) for k, kind in enumerate(result.kinds)},
            )
        )
    return costs


def class_recalls(result: StressResult, network: str) -> dict[str, dict[str, float]]:
    """Recall of each class under each kind, the mean over its severities; ``"clean"`` first; ``nan`` without faces.

    Raises:
        UserError: If the faces are unlabelled.
    """
    if result.targets is None:
        raise UserError("Recall needs labelled faces; choose a split of a data set.")
    table: dict[str, dict[str, float]] = {}
    for position, name in enumerate(result.classes):
        members = result.targets == position
        line = {}
        for column in ("clean", *result.kinds):
            by_severity = (
                [result.clean(network)]
                if column == "clean"
                else [result.answers[network, column, s] for s in result.severities]
            )
            hits = [
                float((answers.predicted[members] == position).mean()) if members.any() else np.nan
                for answers in by_severity
            ]
            line[column] = float(np.mean(hits))
        table[name] = line
    return table


def conditions(result: StressResult) -> dict[str, dict[str, Estimate]]:
    """Network to condition to accuracy (agreement with the clean prediction for unlabelled faces).

    A condition of several covers is their mean; a condition that the test did not cover is absent.
    """
    key = "agreement" if result.targets is None else "accuracy"
    table: dict[str, dict[str, Estimate]] = {}
    for network in result.networks:
        table[network] = {"normal": mean_share([values(result, network, result.kinds[0], 0)[key]], result.units)}
        for name, parts in CONDITIONS.items():
            if parts and all((network, *part) in result.answers for part in parts):
                table[network][name] = mean_share([values(result, network, *part)[key] for part in parts], result.units)
    return table


def _bootstrap(columns: np.ndarray, units: np.ndarray | None) -> np.ndarray:
    """Means (resamples, C) of the columns (N, C) over resampled faces, or people; NaN for a single one."""
    if len(columns if units is None else np.unique(units)) < 2:
        return np.full((_RESAMPLES, columns.shape[1]), np.nan)
    narrow = np.ascontiguousarray(columns, np.float32)
    drawn = row_weights(len(columns), _RESAMPLES, units=units)
    return np.concatenate([weights @ narrow / weights.sum(1, keepdims=True) for weights in drawn])


def _wrong(result: StressResult, answers: Answers) -> np.ndarray:
    return (answers.predicted != result.targets).astype(np.float64)


def _ratio(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    return np.divide(top, bottom, out=np.full_like(top, np.nan), where=bottom > 0)


def _estimate(drawn: np.ndarray) -> Estimate:
    """The value is the first entry, the resampled values follow."""
    return Estimate(float(drawn[0]), *percentile_interval(drawn[1:]))
