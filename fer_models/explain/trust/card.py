"""The trust card: a verdict on a heatmap, with reasons."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from torch import Tensor

from fer_models.errors import UserError
from fer_models.explain.attribution import Attribution
from fer_models.explain.base import EXPLAINERS
from fer_models.explain.baselines import scramble
from fer_models.explain.faithfulness.base import Trial
from fer_models.explain.faithfulness.parameter_randomisation import shuffled_copy
from fer_models.explain.faithfulness.similarity import rank_correlation
from fer_models.explain.per_network import PerNetwork
from fer_models.explain.trust.class_names import chance_of_names
from fer_models.explain.trust.passes import fast_pass, multiply_adds
from fer_models.explain.trust.standing import FIXED, RANDOM_MAPS, STEPS, Standing, standing
from fer_models.progress import Progress, silent, within

if TYPE_CHECKING:
    from fer_models.classifier import Classifier

#: Least gain of probability over the scrambled pictures for which there is anything to explain. Fresh networks stay
#: below it, but for densely connected ones, which can react strongly to any change.
LEAST_EVIDENCE = 0.05
#: Largest chance of reading drawn faces as well with the class names shuffled: 1 % of fresh networks pass it.
MOST_CHANCE = 0.01
#: Rank correlation with the map of a shuffled network above which a map does not depend on this network.
SAME_MAP, LIKE_MAP = 0.7, 0.5
#: Baselines at which a map must pass.
BASELINES = ("blurred", "mean")
#: Multiply-adds of an image from which on a quick verdict treats half of the pixels alone, in one step.
LARGE = 6e8
#: Multiply-adds of both baselines' images from which on it leaves the mean one to :func:`continued`: they take more
#: than a second of two cores.
AT_ONCE = 7e10
#: Random maps of a quick verdict; enough for p at most 0.05, if none of them or their reverses does as well.
QUICK_MAPS = 10
#: The fixed reference maps in plain words.
_PLAIN = {"centred Gaussian": "a blob in the middle", "edge detector": "the edges of the image"}
_SCRAMBLES = 4
#: Copies of the network with shuffled weights whose maps are compared with the map.
SHUFFLES = 3
#: Copies with shuffled weights, which take longer to make than a map of them does.
_SHUFFLED: PerNetwork[Any] = PerNetwork(most=4)

Level = Literal["good", "doubtful", "bad"]


@dataclass(frozen=True)
class TrustCard:
    """A verdict on one heatmap.

    Args:
        level: ``"good"``, ``"doubtful"`` or ``"bad"``: green, amber, red.
        sentence: The verdict in words.
        figures: ``evidence`` (probability of the target minus its mean on scrambled pictures), ``chance`` (of reading
            clear drawn faces as well with class names shuffled at random, ``nan`` for a network of other classes than
            emotions) and ``likeness`` (mean rank correlation with the maps of the network with its weights shuffled
            three times, ``nan`` for a map that no method makes, and for an ONNX file).
        standings: Where the map stands among random maps, by baseline: each of :data:`BASELINES`, or in a quick verdict
            the first alone. Tables and curves on a page show these, so that they cannot contradict the verdict.
        provisional: Whether more random maps may change the verdict: fewer than :data:`RANDOM_MAPS` were drawn, and the
            other tests are passed.
        seconds: Wall-clock time of the removal curves.
    """

    level: Level
    sentence: str
    figures: Mapping[str, float]
    standings: Mapping[str, Standing]
    provisional: bool = False
    seconds: float = 0.0

    @property
    def maps(self) -> int:
        """Number of random maps."""
        return min(each.rank.of for each in self.standings.values()) // 2

    @property
    def unfinished(self) -> bool:
        """Whether :func:`continued` has something to test: the map passes so far, and the mean baseline is left."""
        standing = self.standings[BASELINES[0]]
        return self.provisional and len(self.standings) < len(BASELINES) and standing.passes

    @property
    def full_seconds(self) -> float:
        """Estimated wall-clock time of the removal curves of all random maps at both baselines."""
        images = sum(standing.insertion[:, 1:-1].size for standing in self.standings.values())
        return self.seconds * len(BASELINES) * (1 + len(FIXED) + RANDOM_MAPS) * (STEPS - 1) / images


def trust_card(
    classifier: Classifier,
    batch: Tensor,
    attribution: Attribution,
    position: int = 0,
    seed: int = 0,
    *,
    maps: int = RANDOM_MAPS,
    progress: Progress = silent,
) -> TrustCard:
    """Judge the heatmap of one picture of a batch.

    The probability must depend on the face: it must be lower on the picture cut into tiles and put together in another
    order, which it is not for most untrained networks. Drawn faces must be classified better than with class names
    shuffled at random, which catches over-confident untrained networks. The map must not stay the same when the weights
    are shuffled. And its pixels must carry more of the probability than random maps of its smoothness, a blob in the
    middle and the picture's edges: insertion minus deletion, ranked among random maps and their reverses, with removed
    pixels replaced by the blurred picture and by its mean. The thresholds are this project's own; what was measured
    about them stands in ``docs/explanations.md``.

    With fewer than :data:`RANDOM_MAPS` random maps the verdict is a quick one: the mean baseline is tested only where
    the map passes at the blurred one, and left to :func:`continued` where both would take more than :data:`AT_ONCE`.
    In a network above :data:`LARGE` one step treats half of the pixels.

    Args:
        classifier: The network.
        batch: The network inputs (B, C, H, W) that were explained.
        attribution: Their maps.
        position: Of the picture in the batch.
        seed: Of random maps and shuffled weights.
        maps: Number of random maps; :data:`QUICK_MAPS` for a quick verdict.
        progress: Called with the fraction done and a message; an exception raised in it cancels.

    Raises:
        UserError: If batch and attribution differ in length, there is no such picture, or there are fewer than 10
            random maps.

    Example:
        >>> from fer_models import load_checkpoint
        >>> from fer_models.explain import explain
        >>> classifier = load_checkpoint("checkpoints/mini-xception-fer2013")
        >>> batch = classifier.prepare([np.eye(48, dtype=np.uint8) * 255])
        >>> card = trust_card(classifier, batch, explain(classifier, batch), maps=10)
        >>> card.maps, "blurred" in card.standings
        (10, True)
    """
    if len(batch) != len(attribution.values) or not 0 <= position < len(batch):
        raise UserError(f"There are {len(batch)} images and {len(attribution.values)} maps; {position} fits neither.")
    trial = Trial(classifier, batch[position : position + 1], attribution.one(position))
    figures = {
        "evidence": _evidence(trial, seed),
        "chance": chance_of_names(classifier),
        "likeness": _likeness(trial, seed),
    }
    words = _words(trial)
    problem = _problem(figures, words, positive=bool(trial.attribution.has_positive[0]))
    quick = maps < RANDOM_MAPS
    macs = multiply_adds(trial) if quick else 0
    steps = 2 if macs > LARGE else STEPS
    images = 2 * (steps - 1) * (1 + len(FIXED) + maps)  # of one baseline
    tested = BASELINES[: 1 if len(BASELINES) * images * macs > AT_ONCE else None]
    start = time.perf_counter()
    standings: dict[str, Standing] = {}
    for number, baseline in enumerate(tested):
        if number and quick and (problem is not None or not standings[BASELINES[0]].passes):
            break
        part = within(progress, number / len(BASELINES), (number + 1) / len(BASELINES))
        standings[baseline] = standing(trial, baseline, maps, seed, steps=steps, progress=part)
    seconds = time.perf_counter() - start
    level, sentence = _verdict(standings, figures["likeness"], words) if problem is None else ("bad", problem)
    return TrustCard(level, sentence, figures, standings, problem is None and quick, seconds)


def continued(classifier: Classifier, batch: Tensor, attribution: Attribution, card: TrustCard) -> TrustCard:
    """The quick card of a large network with the mean baseline too, where the map passes at the blurred one.

    Args:
        classifier: The network.
        batch: The network input (1, C, H, W) that was explained.
        attribution: Its map.
        card: Its quick verdict, with the default seed; returned as it is unless :attr:`TrustCard.unfinished`.
    """
    if not card.unfinished:
        return card
    trial, first = Trial(classifier, batch, attribution), card.standings[BASELINES[0]]
    start = time.perf_counter()
    standings = dict(card.standings)
    for baseline in BASELINES[1:]:
        standings[baseline] = standing(trial, baseline, card.maps, steps=len(first.share) - 1)
    level, sentence = _verdict(standings, card.figures["likeness"], _words(trial))
    seconds = card.seconds + time.perf_counter() - start
    return replace(card, level=level, sentence=sentence, standings=standings, seconds=seconds)


def _words(trial: Trial) -> str:
    """The class that is explained, or why it and not another."""
    classes, against = trial.classifier.classes, trial.attribution.against
    name = classes[trial.attribution.target[0]]
    return name if against is None else f"{name} rather than {classes[against[0]]}"


def _evidence(trial: Trial, seed: int) -> float:
    """Gain of probability over the scrambled pictures."""
    mixed = [scramble(trial.batch, seed + i) for i in range(_SCRAMBLES)]
    scores = trial.score(torch.cat([trial.batch, *mixed]), forward=fast_pass(trial.classifier))[:, 0]
    return float(scores[0] - scores[1:].mean())


def _likeness(trial: Trial, seed: int) -> float:
    if trial.attribution.method not in EXPLAINERS or not trial.classifier.model.differentiable:
        return float("nan")
    copies = _SHUFFLED.of(trial.classifier, seed, lambda: _shuffled(trial.classifier, seed))
    maps = np.concatenate([trial.again(classifier=copy) for copy in copies])
    return float(rank_correlation(np.broadcast_to(trial.attribution.values, maps.shape), maps).mean())


def _shuffled(classifier: Classifier, seed: int) -> list[Classifier]:
    """One shuffling alone moves a likeness by about 0.2, a third of the way between the limits."""
    return [shuffled_copy(classifier, seed + i) for i in range(SHUFFLES)]


def _problem(figures: Mapping[str, float], words: str, *, positive: bool) -> str | None:
    """What makes a map worthless whatever its pixels carry, in a sentence."""
    findings: list[tuple[bool, Callable[[], str]]] = [
        (not positive, lambda: f"This map holds no positive evidence for {words}, so there is nothing to look at."),
        (
            figures["evidence"] < LEAST_EVIDENCE,
            lambda: (
                f"The probability of {words} is hardly higher on this face than on its tiles in another order "
                f"({100 * figures['evidence']:+.1f} points), so the network does not read it from the face."
            ),
        ),
        (
            figures["chance"] > MOST_CHANCE,
            lambda: (
                "With class names shuffled at random, the network does as well on drawn faces in "
                f"{100 * figures['chance']:.0f} % of all cases, so nothing shows that it knows what {words} means."
            ),
        ),
        (
            figures["likeness"] > SAME_MAP,
            lambda: (
                "The map stays the same when the network's weights are shuffled (rank correlation "
                f"{figures['likeness']:.2f}): it shows the image, not what the network learned."
            ),
        ),
    ]
    return next((sentence() for applies, sentence in findings if applies), None)


def _verdict(standings: Mapping[str, Standing], likeness: float, words: str) -> tuple[Level, str]:
    verdicts = {name: each.rank.verdict for name, each in standings.items()}
    less = [name for name, verdict in verdicts.items() if verdict == "less"]
    if less and "more" not in verdicts.values():
        return "bad", (
            f"The highlighted pixels carry less of the probability of {words} than those of random maps "
            f"({_counts(standings, less)}): the prediction may be right, but this map does not show why."
        )
    short = [name for name, verdict in verdicts.items() if verdict != "more"]
    if short:
        ranked = standings[short[0]].rank
        return "doubtful", (
            f"The highlighted pixels carry no more of the probability of {words} than those of random maps of the same "
            f"smoothness ({_counts(standings, short)}; at most {ranked.may} of {ranked.of} may)."
        )
    lost = [name for name in FIXED if any(name not in each.beats for each in standings.values())]
    if lost:
        return "doubtful", (
            f"The highlighted pixels carry more of the probability of {words} than random maps, "
            f"but no more than {' or '.join(_PLAIN[name] for name in lost)}, found without knowing the network."
        )
    if likeness > LIKE_MAP:
        return "doubtful", (
            f"The highlighted pixels carry the probability of {words}, but a network with shuffled weights "
            f"gives a similar map (rank correlation {likeness:.2f})."
        )
    learned = (
        "; its weights cannot be shuffled, so whether the map depends on them was not tested."
        if likeness != likeness
        else ", and the map depends on what the network learned."
    )
    return "good", (
        f"The highlighted pixels carry more of the probability of {words} than random maps, a blob in the middle or "
        f"the edges of the image{learned}"
    )


def _counts(standings: Mapping[str, Standing], names: list[str]) -> str:
    """How many random maps do as well with each of the named baselines."""
    ranks = {name: standings[name].rank for name in names}
    return ", ".join(f"{one.as_good} of {one.of} do as well with the {name} baseline" for name, one in ranks.items())
