"""What stands in the figures and tables of a stress test on many faces."""

from __future__ import annotations

from typing import Any

import numpy as np

from fer_models.evaluation.intervals import Estimate
from fer_models.robustness import CORRUPTIONS
from fer_models.robustness.figures import bootstrap, rows, values
from fer_models.robustness.stress import StressResult, corrupt
from workbench.app.wording import percent
from workbench.features.stress.model.many_faces import Plan

#: A line for each network, kind and severity.
Lines = dict[tuple[str, str, int], dict[str, Any]]
#: Stands for the mean of all corruptions.
ALL = "*"


def lines(result: StressResult) -> Lines:
    """The rows of the test by network, kind and severity."""
    return {(row["network"], row["kind"], row["severity"]): row for row in rows(result)}


def series(result: StressResult, known: Lines, network: str, kind: str, figure: str) -> list[Estimate]:
    """One figure at every severity, the clean faces first; ``nan`` where it was not measured."""
    levels = (0, *result.severities)
    missing = Estimate(float("nan"), float("nan"), float("nan"))
    if kind != ALL:
        return [known[network, kind, level].get(figure, missing) for level in levels]
    columns = []
    for level in levels:
        found = [values(result, network, each, level) for each in result.kinds]
        if figure not in found[0]:
            return [missing] * len(levels)
        columns.append(np.mean([one[figure] for one in found], axis=0))
    low, high = np.quantile(bootstrap(np.stack(columns, 1)), [0.025, 0.975], axis=0)
    return [Estimate(float(c.mean()), float(a), float(b)) for c, a, b in zip(columns, low, high, strict=True)]


def headline(result: StressResult, known: Lines) -> str:
    """What costs the first network most at the middle severity."""
    network = result.networks[0]
    level = result.severities[len(result.severities) // 2]
    clean = known[network, result.kinds[0], 0]["accuracy"].value
    after = {kind: known[network, kind, level]["accuracy"].value for kind in result.kinds}
    worst, best = min(after, key=after.__getitem__), max(after, key=after.__getitem__)
    return (
        f"{network}: {percent(clean)} clean; at severity {level} {CORRUPTIONS[worst].title.lower()} costs most "
        f"({percent(after[worst])}), {CORRUPTIONS[best].title.lower()} least ({percent(after[best])})"
    )


def figure(estimate: Estimate) -> str:
    """In per cent with its interval, ``61.0 [57.2, 64.9]``; a dash where it is undefined."""
    if np.isnan(estimate.value):
        return "–"
    return f"{100 * estimate.value:.1f} [{100 * estimate.low:.1f}, {100 * estimate.high:.1f}]"


def breaking(result: StressResult, network: str, kind: str) -> np.ndarray:
    """int64, places of the faces that are right when clean and wrong at some severity, those that last longest last."""
    right = result.clean(network).predicted == result.targets
    wrong = np.stack([result.answers[network, kind, s].predicted != result.targets for s in result.severities])
    places = np.flatnonzero(right & wrong.any(0))
    return places[np.argsort(wrong[:, places].argmax(0), kind="stable")]


def strip(result: StressResult, asked: Plan, network: str, kind: str, place: int) -> tuple[list[np.ndarray], list[str]]:
    """One face clean and at every severity as the network got it, uint8 (S, S, 1 or 3), with the answers."""
    face, preprocess = asked.dataset.images[asked.index[place]], asked.networks[network].preprocess
    made, words = [], []
    corruption = CORRUPTIONS.create(kind)
    for level in (0, *result.severities):
        made += [preprocess.stored(one) for one in corrupt(corruption, [face], level, first=place)]
        said = result.answers[network, kind, level]
        answer = result.classes[int(said.predicted[place])]
        words.append(f"{level or 'clean'}: {answer} {percent(float(said.confidence[place]), 0)}")
    return made, words
