"""Values of the figures and tables of a stress test on many faces."""

from __future__ import annotations

from typing import Any

import numpy as np

from fer_models.evaluation.intervals import Estimate, mean_estimates
from fer_models.evaluation.sentence import interval_text
from fer_models.robustness import CORRUPTIONS
from fer_models.robustness.figures import SHARES, mean_share, rows, values
from fer_models.robustness.stress import StressResult, corrupt
from workbench.app.wording import percent
from workbench.features.stress.model.many_faces import Plan

#: A line for each network, kind and severity.
Lines = dict[tuple[str, str, int], dict[str, Any]]
#: Key of the mean of all corruptions.
ALL = "*"


def lines(result: StressResult) -> Lines:
    """The rows of the test by network, kind and severity."""
    return {(row["network"], row["kind"], row["severity"]): row for row in rows(result)}


def series(result: StressResult, line_of: Lines, network: str, kind: str, figure: str) -> list[Estimate]:
    """One figure at every severity, the clean faces first; ``nan`` if not measured."""
    levels = (0, *result.severities)
    missing = Estimate(float("nan"), float("nan"), float("nan"))
    if kind != ALL:
        return [line_of[network, kind, level].get(figure, missing) for level in levels]
    by_level = [[values(result, network, each, level).get(figure) for each in result.kinds] for level in levels]
    measured = [[column for column in columns if column is not None] for columns in by_level]
    if not measured[0]:
        return [missing] * len(levels)
    if figure in SHARES:
        return [mean_share(columns, result.units) for columns in measured]
    means = np.stack([np.mean(columns, axis=0) for columns in measured], 1)
    return mean_estimates(means, 1000, units=result.units_of(len(means)))


def headline(result: StressResult, line_of: Lines) -> str:
    """Accuracy of the first network under its worst and mildest corruption, at the middle severity."""
    network = result.networks[0]
    level = result.severities[len(result.severities) // 2]
    clean = line_of[network, result.kinds[0], 0]["accuracy"].value
    after = {kind: line_of[network, kind, level]["accuracy"].value for kind in result.kinds}
    worst, best = min(after, key=after.__getitem__), max(after, key=after.__getitem__)
    return (
        f"{network}: {percent(clean)} clean; at strength {level}, {CORRUPTIONS[worst].title.lower()} lowers it most "
        f"(to {percent(after[worst])}), {CORRUPTIONS[best].title.lower()} least (to {percent(after[best])})"
    )


def figure(estimate: Estimate) -> str:
    """In per cent with its interval, ``61.0 [57.2, 64.9]``; a dash if undefined."""
    return interval_text(*estimate, unit=False)


def breaking(result: StressResult, network: str, kind: str) -> np.ndarray:
    """Positions (int64) of faces that are right when clean and wrong at some severity, the earliest to break first."""
    right = result.clean(network).predicted == result.targets
    wrong = np.stack([result.answers[network, kind, s].predicted != result.targets for s in result.severities])
    candidates = np.flatnonzero(right & wrong.any(0))
    return candidates[np.argsort(wrong[:, candidates].argmax(0), kind="stable")]


def strip(result: StressResult, plan: Plan, network: str, kind: str, number: int) -> tuple[list[np.ndarray], list[str]]:
    """Crops of one face, clean and at every severity, uint8 (S, S, 1 or 3), with captions."""
    face, preprocess = plan.dataset.images[plan.index[number]], plan.networks[network].preprocess
    made, words = [], []
    corruption = CORRUPTIONS.create(kind)
    for level in (0, *result.severities):
        made += [preprocess.stored(image) for image in corrupt(corruption, [face], level, first=number)]
        answers = result.answers[network, kind, level]
        answer = result.classes[int(answers.predicted[number])]
        words.append(f"{level or 'clean'}: {answer} {percent(float(answers.confidence[number]), 0)}")
    return made, words
