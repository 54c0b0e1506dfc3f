"""Tests of a heatmap: removal curves beside reference maps, and shuffled networks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from fer_models.classifier import Classifier
from fer_models.explain import Attribution
from fer_models.explain.faithfulness import FAITHFULNESS, REFERENCES, Trial, measure_with_references
from fer_models.explain.faithfulness.parameter_randomisation import Cascade, cascade
from fer_models.explain.faithfulness.removal import removal_curve
from fer_models.explain.faithfulness.road import impute
from fer_models.explain.trust.card import LEAST_EVIDENCE, LIKE_MAP, MOST_CHANCE, TrustCard
from fer_models.explain.trust.class_names import orders_of_names
from fer_models.progress import Progress, silent

#: What removed pixels are replaced with.
BASELINES = ("mean", "blurred", "black")
OWN = "this map"
_STEPS, _ROAD_SHARES, _CASCADE_STEPS = 20, (0.1, 0.3, 0.5, 0.7, 0.9), 6


@dataclass(frozen=True)
class Line:
    """One map's curve: ``share`` (n,) of the pixels treated in [0, 1], ``score`` (n,), and the area under it."""

    name: str
    share: np.ndarray
    score: np.ndarray
    area: float


@dataclass(frozen=True)
class Evidence:
    """Results of all tests of a map.

    Args:
        curves: test to lines, this map's first: ``deletion``, ``insertion`` and ``road``.
        measures: metric to name to value; names are :data:`OWN` and those of the reference maps.
        cascade: the maps of the network while its layers are shuffled, or ``None``.
    """

    curves: dict[str, list[Line]]
    measures: dict[str, dict[str, float]]
    cascade: Cascade | None


def evidence(
    classifier: Classifier,
    pixels: np.ndarray,
    attribution: Attribution,
    baseline: str,
    progress: Progress = silent,
) -> Evidence:
    """Run every test that needs no masks on the map of one face, uint8 (S, S, C); takes some seconds.

    Raises:
        UserError: If the baseline is unknown.
    """
    batch = classifier.prepare([pixels])
    trial = Trial(classifier, batch, attribution)
    trials = {OWN: trial} | {name: trial.with_values(make(trial, 0), name) for name, make in REFERENCES.items()}
    curves: dict[str, list[Line]] = {"deletion": [], "insertion": [], "road": []}
    for number, (name, each) in enumerate(trials.items()):
        progress(0.4 * number / len(trials), f"curves of {name}")
        for metric in ("deletion", "insertion"):
            curve = removal_curve(each, _STEPS, baseline, insert=metric == "insertion")
            curves[metric].append(Line(name, curve.share, curve.score[:, 0], float(curve.area[0])))
        curves["road"].append(_road(name, each))
    measures: dict[str, dict[str, float]] = {}
    metrics = [key for key, metric in FAITHFULNESS.items() if not metric.needs_masks and key not in _SHOWN_OTHERWISE]
    for number, key in enumerate(metrics):
        progress(0.4 + 0.4 * number / len(metrics), FAITHFULNESS[key].title)
        values = measure_with_references(classifier, batch, attribution, [key])[key]
        measures[key] = {OWN if n == attribution.method else n: float(v[0]) for n, v in values.items()}
    for key in curves:
        measures[key] = {line.name: line.area for line in curves[key]}
    shuffled = cascade(
        classifier,
        batch,
        attribution,
        _CASCADE_STEPS,
        progress=lambda s, message: progress(0.8 + 0.2 * s, "shuffled networks"),
    )
    return Evidence(curves, measures, shuffled)


#: Parameter randomisation is shown as a strip; the values of the others come from their curves.
_SHOWN_OTHERWISE = ("parameter_randomisation", "deletion", "insertion", "road")


def _road(name: str, trial: Trial, noise: float = 0.01) -> Line:
    """Probability lost when the most relevant pixels are filled in, minus that of the least relevant, halved."""
    ranks = trial.ranks()
    pixels, generator, pictures = ranks[0].numel(), torch.Generator().manual_seed(0), []
    for share in _ROAD_SHARES:
        count = round(share * pixels)
        for gone in (ranks >= pixels - count, ranks < count):
            pictures.append(impute(trial.batch, gone, noise, generator))
    scores = trial.score(torch.cat(pictures))[:, 0]
    gap = (scores[0::2] - scores[1::2]) / 2
    return Line(name, np.array((0.0, *_ROAD_SHARES)), np.array((0.0, *gap)), float(gap.mean()))


def card_rows(card: TrustCard, classes: tuple[str, ...]) -> list[tuple[str, str, str]]:
    """The numbers of a trust card: question, result, and threshold.

    Args:
        classes: of the network.
    """
    figures, orders = card.figures, orders_of_names(classes)
    fitting = "no test: too few of its classes are expressions that can be drawn"
    if orders and figures["chance"] == figures["chance"]:
        fitting = f"{max(1, round(figures['chance'] * orders)):,} of {orders:,} orders"
    card_lines = [
        ("How much more probable the class is on this face than on its tiles in another order",
         f"{100 * figures['evidence']:+.1f} points", f"more than {100 * LEAST_EVIDENCE:.0f} points"),
        ("How many orders of the class names fit what it says of drawn faces at least as well as the true one",
         fitting, f"at most {max(1, int(MOST_CHANCE * orders)):,}" if orders else ""),
        ("Insertion minus deletion: how much of the probability the highlighted pixels carry", _gap(figures["gap"]),
         "more than the three below"),
    ]  # fmt: skip
    for name, words in _REFERENCES.items():
        card_lines.append((f"The same of {words}", _gap(figures[f"gap: {name}"]), ""))
        if name == "random map":
            card_lines.append(
                (
                    "How far a random map is from that by chance; one in six does better",
                    f"{figures['spread']:.2f}",
                    "less than the map's own",
                )
            )
    likeness = figures["likeness"]
    alike = "no test: no method makes this map" if likeness != likeness else f"{likeness:+.2f}"
    return [
        *card_lines,
        (
            "Mean rank correlation with the maps of the same network after shuffling its weights three times (1: same)",
            alike,
            f"at most {LIKE_MAP:g}",
        ),
    ]


_REFERENCES = {
    "random map": "random maps on average, which is 0: each has a reverse that gets the opposite",
    "centred Gaussian": "a blob in the middle",
    "edge detector": "the picture's edges",
}


def _gap(value: float) -> str:
    return f"{value:+.2f}"


def rows(results: Evidence) -> tuple[list[tuple[str, ...]], set[tuple[int, int]]]:
    """Cells of the table of measures, a row per metric, and row and column of the best of the four maps."""
    names = (OWN, *REFERENCES)
    cells, best = [], set()
    for row, (key, values) in enumerate(results.measures.items()):
        metric = FAITHFULNESS[key]
        cells.append((metric.title, f"{metric.direction} is better", *(_number(values.get(name)) for name in names)))
        numbers = {name: v for name, v in values.items() if v == v}
        if len(numbers) > 1:
            winner = (max if metric.direction == "higher" else min)(numbers, key=numbers.__getitem__)
            best.add((row, 2 + names.index(winner)))
    return cells, best


def columns() -> tuple[str, ...]:
    """Heads of that table."""
    return ("Test", "Direction", OWN, *REFERENCES)


def _number(value: float | None) -> str:
    return "" if value is None else "none" if value != value else f"{value:.3f}"


def long_table(results: Evidence) -> list[tuple[object, ...]]:
    """A line per point of a curve and per measure, for a CSV file."""
    lines: list[tuple[object, ...]] = []
    for metric, curves in results.curves.items():
        for line in curves:
            lines += [(metric, line.name, float(x), float(y)) for x, y in zip(line.share, line.score, strict=True)]
    for metric, values in results.measures.items():
        lines += [(f"{metric} (value)", name, "", value) for name, value in values.items()]
    if results.cascade is not None:
        steps = zip(results.cascade.layers, results.cascade.correlation[:, 0], results.cascade.ssim[:, 0], strict=True)
        for layer, rank, structure in steps:
            lines += [("rank correlation when shuffled", layer, "", float(rank))]
            lines += [("structural similarity when shuffled", layer, "", float(structure))]
    return lines


def cascade_sentence(shuffled: Cascade) -> str:
    """The result of the randomisation, in a sentence."""
    last = float(shuffled.correlation[-1, 0])
    if last > 0.7:
        return (
            f"With all weights shuffled the map is still alike (rank correlation {last:.2f}): it shows the picture "
            "more than what the network learned."
        )
    return f"With all weights shuffled the map is another one (rank correlation {last:.2f}), as it should be."
