"""Tests of a heatmap: removal curves beside random and reference maps, further measures, and shuffled networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from fer_models.classifier import Classifier
from fer_models.explain import EXPLAINERS, Attribution
from fer_models.explain.faithfulness import FAITHFULNESS, REFERENCES, Trial
from fer_models.explain.faithfulness.base import many_maps
from fer_models.explain.faithfulness.parameter_randomisation import Cascade, cascade
from fer_models.explain.faithfulness.references import random_maps
from fer_models.explain.faithfulness.road import impute
from fer_models.explain.trust.better import Tried
from fer_models.explain.trust.card import LEAST_EVIDENCE, MOST_CHANCE, TrustCard, trust_card
from fer_models.explain.trust.other_faces import gaps_of_other_faces
from fer_models.explain.trust.standing import FIXED, RANDOM_MAPS, Rank, Standing, rank
from fer_models.progress import Progress, silent, within

OWN = "this map"
_ROAD_SHARES, _ROAD_MAPS, _CASCADE_STEPS = (0.1, 0.3, 0.5, 0.7, 0.9), 20, 6


@dataclass(frozen=True)
class Curves:
    """Curves of one test over the share of the pixels treated.

    Args:
        share: (n,) in [0, 1].
        lines: Name of a map to (n,): :data:`OWN` and the fixed reference maps.
        random: (m, n), those of random maps.
    """

    share: np.ndarray
    lines: Mapping[str, np.ndarray]
    random: np.ndarray

    @property
    def band(self) -> np.ndarray:
        """(3, n): 5 %, median and 95 % of the random maps."""
        return np.quantile(self.random, (0.05, 0.5, 0.95), axis=0)


@dataclass(frozen=True)
class Measure:
    """One test of the map: its value among those of random maps, and the values of the fixed reference maps.

    Args:
        rank: Among random maps; ``None`` where a random map cannot be tested or the value is undefined.
        value: Of the map.
        references: Name of a fixed reference map to value.
    """

    rank: Rank | None
    value: float
    references: Mapping[str, float]


@dataclass(frozen=True)
class Evidence:
    """Results of the tests that take some seconds.

    Args:
        card: With all random maps.
        road: ROAD's curves.
        measures: Key of a metric to its result.
        others: Insertion minus deletion among this method's maps of other faces; ``None`` if no method made the map.
        cascade: The maps of the network while its layers are shuffled.
    """

    card: TrustCard
    road: Curves
    measures: Mapping[str, Measure]
    others: Rank | None
    cascade: Cascade


def evidence(
    classifier: Classifier,
    pixels: np.ndarray,
    attribution: Attribution,
    card: TrustCard,
    *,
    baseline: str,
    progress: Progress = silent,
) -> Evidence:
    """Run every test that needs no masks on the map of one face.

    Args:
        classifier: The network.
        pixels: The face, uint8 (S, S, C).
        attribution: Its map.
        card: Of that map; drawn up again if it has fewer random maps than a full one.
        baseline: Of the comparison with other faces.
        progress: Called with the fraction done and a message.
    """
    batch = classifier.prepare([pixels])
    trial = Trial(classifier, batch, attribution)
    if card.maps < RANDOM_MAPS:
        card = trust_card(classifier, batch, attribution, progress=within(progress, 0.0, 0.4))
    drawn = random_maps(trial, RANDOM_MAPS)
    maps = np.concatenate([attribution.values, *(REFERENCES[name](trial, 0) for name in FIXED), drawn])
    progress(0.4, "ROAD")
    road = _road(trial, maps[: 1 + len(FIXED) + _ROAD_MAPS], within(progress, 0.4, 0.6))
    measures = {"road": _road_measure(road)}
    for key, metric in FAITHFULNESS.items():
        if not metric.needs_masks and key not in _SHOWN_OTHERWISE:
            progress(0.65, metric.title)
            measures[key] = _measure(key, trial, maps)
    others = None
    if attribution.method in EXPLAINERS:
        progress(0.75, "maps of other faces")
        others = rank(card.standings[baseline].gap, gaps_of_other_faces(trial, baseline))
    shuffled = cascade(
        classifier,
        batch,
        attribution,
        _CASCADE_STEPS,
        progress=lambda s, message: progress(0.8 + 0.2 * s, "shuffled networks"),
    )
    return Evidence(card, road, measures, others, shuffled)


#: Parameter randomisation is shown as a strip; the values of the others come from their curves.
_SHOWN_OTHERWISE = ("parameter_randomisation", "deletion", "insertion", "road")


def _measure(key: str, trial: Trial, maps: np.ndarray) -> Measure:
    metric = FAITHFULNESS[key]()
    if metric.needs_method:
        return Measure(None, float(metric.measure(trial)[0]), {})
    values = metric.measure(many_maps(trial, maps))
    drawn = values[1 + len(FIXED) :]
    ranked = rank(float(values[0]), drawn, metric.direction) if np.isfinite(values).all() else None
    return Measure(ranked, float(values[0]), dict(zip(FIXED, values[1:].tolist(), strict=False)))


def _road(trial: Trial, maps: np.ndarray, progress: Progress, noise: float = 0.01) -> Curves:
    """Probability lost when the most relevant pixels are filled in, minus that of the least relevant, halved."""
    generator, gaps = torch.Generator().manual_seed(0), []
    for number, values in enumerate(maps):
        one = trial.with_values(values[None], trial.attribution.method)
        ranks, pictures = one.ranks(), []
        pixels = ranks[0].numel()
        for share in _ROAD_SHARES:
            count = round(share * pixels)
            for gone in (ranks >= pixels - count, ranks < count):
                pictures.append(impute(trial.batch, gone, noise, generator))
        scores = trial.score(torch.cat(pictures))[:, 0]
        gaps.append(np.array((0.0, *(scores[0::2] - scores[1::2]) / 2)))
        progress((number + 1) / len(maps), "ROAD")
    drawn = np.array(gaps[1 + len(FIXED) :])
    lines = dict(zip((OWN, *FIXED), gaps, strict=False))
    # Filling in the pixels of a reversed map swaps the most and the least relevant ones.
    return Curves(np.array((0.0, *_ROAD_SHARES)), lines, np.concatenate([drawn, -drawn]))


def _road_measure(road: Curves) -> Measure:
    areas = {name: float(line[1:].mean()) for name, line in road.lines.items()}
    own = areas.pop(OWN)
    return Measure(rank(own, road.random[:, 1:].mean(1)), own, areas)


def worth_trying(card: TrustCard) -> bool:
    """Whether another map could have a better verdict: not where the network itself does not read the face."""
    knows = card.figures["evidence"] >= LEAST_EVIDENCE and not card.figures["chance"] > MOST_CHANCE
    return card.level != "good" and knows


def tried_rows(tried: Sequence[Tried]) -> list[tuple[str, ...]]:
    """Method, layer, verdict, and how many random maps do as well at the worse of both baselines."""
    rows: list[tuple[str, ...]] = []
    for way in tried:
        worse = max((each.rank for each in way.card.standings.values()), key=lambda rank: rank.p)
        rows.append(
            (EXPLAINERS[way.method].title, way.layer or "", LEVELS[way.card.level], f"{worse.as_good} of {worse.of}")
        )
    return rows


#: A verdict in words.
LEVELS = {"good": "can be believed", "doubtful": "doubtful", "bad": "not to be believed"}


def removal(standing: Standing, metric: str) -> Curves:
    """The curves of ``"insertion"`` or ``"deletion"`` that the trust card measured."""
    own = standing.insertion if metric == "insertion" else standing.deletion
    random = standing.random_curves("insertion" if metric == "insertion" else "deletion")
    return Curves(standing.share, dict(zip((OWN, *FIXED), own, strict=False)), random)


def card_measures(standing: Standing) -> dict[str, Measure]:
    """What the trust card measured at one baseline: the difference of both areas, and each of them."""
    results = {"gap": Measure(standing.rank, standing.gap, standing.references)}
    for metric in ("insertion", "deletion"):
        curves = removal(standing, metric)
        areas = {name: float(np.trapezoid(line, curves.share)) for name, line in curves.lines.items()}
        ranked = standing.area_rank("insertion" if metric == "insertion" else "deletion")
        results[metric] = Measure(ranked, areas.pop(OWN), areas)
    return results
