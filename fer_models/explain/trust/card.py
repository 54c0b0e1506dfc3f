"""The trust card: a verdict on a heatmap in under a second, with reasons."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from torch import Tensor

from fer_models.errors import UserError
from fer_models.explain.attribution import Attribution
from fer_models.explain.base import EXPLAINERS
from fer_models.explain.baselines import baseline_picture, scramble
from fer_models.explain.faithfulness.base import Trial
from fer_models.explain.faithfulness.parameter_randomisation import shuffled_copy
from fer_models.explain.faithfulness.references import REFERENCES
from fer_models.explain.faithfulness.similarity import rank_correlation
from fer_models.explain.per_network import PerNetwork
from fer_models.explain.trust.class_names import chance_of_names

if TYPE_CHECKING:
    from fer_models.classifier import Classifier

#: Least gain of probability over the scrambled pictures for which there is anything to explain. Fresh networks stay
#: below it, but for densely connected ones, which can react strongly to any change.
LEAST_EVIDENCE = 0.05
#: Largest chance of reading drawn faces as well with the class names dealt at random: 1 % of fresh networks pass it.
MOST_CHANCE = 0.01
#: Rank correlation with the map of a shuffled network above which a map does not depend on this network.
SAME_MAP, LIKE_MAP = 0.7, 0.5
_RANDOM = "random map"
#: The reference maps in plain words.
_PLAIN = {"random map": "random ones", "centred Gaussian": "a blob in the middle", "edge detector": "the edges"}
_STEPS, _RANDOM_MAPS, _SCRAMBLES, _SHUFFLES = 10, 5, 4, 3
#: Pictures in one pass: more of them are slower a picture, since their maps fall out of the processor's cache.
_ROWS = 64
#: Copies with shuffled weights, which take longer to make than a map of them does.
_SHUFFLED: PerNetwork[Any] = PerNetwork(most=4)


@dataclass(frozen=True)
class TrustCard:
    """A verdict on one heatmap.

    Args:
        level: ``"good"``, ``"doubtful"`` or ``"bad"``: green, amber, red.
        sentence: the verdict in words.
        figures: ``evidence`` (probability of the target minus its mean on scrambled pictures),
            ``chance`` (of reading clear drawn faces as well had the class names been dealt at random, ``nan`` for a
            network of other classes than emotions),
            ``gap`` (insertion minus deletion area of the map, blurred baseline), ``gap: centred Gaussian`` and
            ``gap: edge detector``, ``gap: random map`` (0, the mean of random maps and their reverses), ``spread``
            (root mean square of the gaps of random maps), and ``likeness`` (mean rank correlation with the maps of the
            network with its weights shuffled three times, ``nan`` for a map that no method makes).
    """

    level: Literal["good", "doubtful", "bad"]
    sentence: str
    figures: dict[str, float]


def trust_card(
    classifier: Classifier, batch: Tensor, attribution: Attribution, position: int = 0, seed: int = 0
) -> TrustCard:
    """Judge the heatmap of one picture of a batch.

    The probability must depend on the face: it must be lower on the picture cut into tiles and put together in another
    order, which it is not for most untrained networks. Drawn faces must be classified better than with class names
    dealt at random, which catches over-confident untrained networks. The map must explain more of the probability than
    reference maps, which do not depend on the network. The mean gap of random maps is 0 by symmetry: reversing a map
    swaps insertion and deletion and with them the sign of the gap; drawn maps give the spread. And the map must change
    when the weights are shuffled. The thresholds are this project's own.

    Args:
        classifier: the network.
        batch: the network inputs (B, C, H, W) that were explained.
        attribution: their maps.
        position: of the picture in the batch.
        seed: of random maps and shuffled weights.

    Raises:
        UserError: If batch and attribution differ in length, or there is no such picture.
    """
    if len(batch) != len(attribution.values) or not 0 <= position < len(batch):
        raise UserError(f"There are {len(batch)} pictures and {len(attribution.values)} maps; {position} fits neither.")
    trial = Trial(classifier, batch[position : position + 1], attribution.one(position))
    deterministic = [name for name in REFERENCES if name != _RANDOM]
    references = [REFERENCES[name](trial, seed) for name in deterministic]
    drawn = [REFERENCES[_RANDOM](trial, seed + i) for i in range(_RANDOM_MAPS)]
    evidence, gaps = _evidence_and_gaps(trial, np.concatenate([trial.attribution.values, *references, *drawn]), seed)
    figures = {"evidence": evidence, "chance": chance_of_names(classifier), "gap": float(gaps[0])}
    figures |= {f"gap: {_RANDOM}": 0.0, "spread": float(np.sqrt((gaps[-_RANDOM_MAPS:] ** 2).mean()))}
    figures |= {f"gap: {name}": float(gap) for name, gap in zip(deterministic, gaps[1:-_RANDOM_MAPS], strict=True)}
    figures["likeness"] = _likeness(trial, seed)
    index, against = trial.attribution.target, trial.attribution.against
    name = classifier.classes[index[0]]
    words = name if against is None else f"{name} rather than {classifier.classes[against[0]]}"
    level, sentence = _verdict(figures, bool(trial.attribution.has_positive[0]), words)
    return TrustCard(level, sentence, figures)


def _evidence_and_gaps(trial: Trial, maps: np.ndarray, seed: int) -> tuple[float, np.ndarray]:
    """Gain over the scrambled picture, and insertion minus deletion area of maps (M, H, W) of the one picture, (M,).

    All changed pictures go through the network together, and the two ends that all curves share only once.
    """
    mixed = [scramble(trial.batch, seed + i) for i in range(_SCRAMBLES)]
    ends = (trial.batch, baseline_picture(trial.batch, "blurred", trial.black))
    treated = [
        pictures for values in maps for pictures in _treated_pictures(trial.with_values(values[None], "any"), ends)
    ]
    scores = trial.score(torch.cat([*ends, *mixed, *treated]), rows=_ROWS)[:, 0]
    evidence = scores[0] - scores[2 : 2 + _SCRAMBLES].mean()
    inserted, deleted = scores[2 + _SCRAMBLES :].reshape(len(maps), 2, _STEPS - 1).transpose(1, 0, 2)
    # Trapezoids of equal width: both curves have the same two ends, which cancel out of the difference.
    return float(evidence), (inserted - deleted).sum(1) / _STEPS


def _treated_pictures(trial: Trial, ends: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    """The pictures between both ends, each (steps - 1, C, H, W): pixels inserted in the map's order, and removed."""
    whole, empty = ends
    ranks = trial.ranks()
    counts = [round(share * ranks.numel()) for share in np.linspace(0, 1, _STEPS + 1)[1:-1]]
    first = ranks < torch.tensor(counts, device=ranks.device)[:, None, None]
    return torch.where(first[:, None], whole, empty), torch.where(first[:, None], empty, whole)


def _likeness(trial: Trial, seed: int) -> float:
    if trial.attribution.method not in EXPLAINERS:
        return float("nan")
    copies = _SHUFFLED.of(trial.classifier, seed, lambda: _shuffled(trial.classifier, seed))
    maps = np.concatenate([trial.again(classifier=copy) for copy in copies])
    return float(rank_correlation(np.broadcast_to(trial.attribution.values, maps.shape), maps).mean())


def _shuffled(classifier: Classifier, seed: int) -> list[Classifier]:
    """One shuffling alone moves a likeness by about 0.2, a third of the way between the limits."""
    return [shuffled_copy(classifier, seed + i) for i in range(_SHUFFLES)]


def _verdict(figures: dict[str, float], positive: bool, words: str) -> tuple[Literal["good", "doubtful", "bad"], str]:
    gap, likeness = figures["gap"], figures["likeness"]
    beaten = [name for name in REFERENCES if gap > figures[f"gap: {name}"]]
    lost = [name for name in REFERENCES if name not in beaten]
    findings: list[tuple[Callable[[], bool], str]] = [
        (lambda: not positive, f"This map holds no positive evidence for {words}, so there is nothing to look at."),
        (
            lambda: figures["evidence"] < LEAST_EVIDENCE,
            f"The probability of {words} is hardly higher on this face than on its tiles in another order "
            f"({100 * figures['evidence']:+.1f} points), so the network does not read it from the face.",
        ),
        (
            lambda: figures["chance"] > MOST_CHANCE,
            "Dealing the class names out to the network's outputs at random would read drawn faces as well in "
            f"{100 * figures['chance']:.0f} % of all cases, so nothing shows that it has learned what {words} means.",
        ),
        (
            lambda: likeness > SAME_MAP,
            f"The map stays the same when the network's weights are shuffled (rank correlation {likeness:.2f}): "
            "it shows the picture, not what the network learned.",
        ),
        (
            lambda: _RANDOM in lost,
            f"The highlighted pixels carry no more of the probability of {words} than random ones do "
            f"({gap:+.2f} against 0 on average): the answer may be right, but this map does not show why; "
            "try another layer or method.",
        ),
    ]
    for applies, sentence in findings:
        if applies():
            return "bad", sentence
    if lost:
        return "doubtful", (
            f"The highlighted pixels carry more of the probability of {words} than random ones, "
            f"but no more than {' or '.join(_PLAIN[name] for name in lost)}, found without knowing the network."
        )
    if gap <= figures["spread"]:
        return "doubtful", (
            f"The highlighted pixels carry more of the probability of {words} than random ones do on average, but no "
            f"more than about one random map in six does by chance ({gap:+.2f} against {figures['spread']:.2f})."
        )
    if likeness > LIKE_MAP:
        return "doubtful", (
            f"The highlighted pixels carry the probability of {words}, but a network with shuffled weights "
            f"gives a similar map (rank correlation {likeness:.2f})."
        )
    return "good", (
        f"The highlighted pixels carry more of the probability of {words} than a random map, a blob in the middle or "
        "the picture's edges, and the map depends on what the network learned."
    )
