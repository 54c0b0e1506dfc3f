"""The scorecard: every figure of a network with where it comes from, how sure it is, and what speaks against it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fer_models.averaging import AVERAGINGS
from fer_models.checkpoint import Checkpoint
from fer_models.errors import UserError
from fer_models.evaluation.annotators import VoteAgreement
from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.intervals import Estimate
from fer_models.evaluation.metrics import METRICS
from fer_models.evaluation.sentence import interval_text, percent_text

#: Accuracy of people on a data set, as low and high end, with the source.
HUMAN_LEVEL: dict[str, tuple[float, float, str]] = {
    "fer2013": (0.60, 0.70, "65 ± 5 %, Goodfellow et al., Challenges in Representation Learning, 2013"),
}
#: Metrics on the card, in this order.
CARD_METRICS = ("accuracy", "macro_f1", "balanced_accuracy", "log_loss", "ece")


@dataclass(frozen=True)
class CardFigure:
    """One line of the card: what was measured, the figure with its interval, and on how many pictures."""

    label: str
    metric: str
    estimate: Estimate
    n: int

    @property
    def text(self) -> str:
        """The figure as the project writes it."""
        return interval_text(*self.estimate, percent=METRICS[self.metric].percent)


@dataclass(frozen=True)
class Baseline:
    """Accuracy of something simple on the same split, for instance a nearest neighbour on pixels."""

    label: str
    accuracy: float
    n: int


@dataclass(frozen=True)
class Scorecard:
    """A network's card.

    Args:
        evaluation: the plain predictions that the card is made from.
        figures: plain and averaged figures, and those without leaked pictures where leaks are known.
        baselines: simple methods on the same split.
        human: accuracy of people (low, high, source), where known.
        votes: agreement with annotators, where there are votes.
        leaked: pictures with a copy in training; ``None`` if that was not looked for.
        parameters, macs: of the network; ``milliseconds`` a picture on ``device``; ``None`` where not measured.
        warnings: sentences on what speaks against the figures.
    """

    name: str
    checkpoint: Checkpoint
    evaluation: Evaluation
    figures: tuple[CardFigure, ...]
    baselines: tuple[Baseline, ...]
    human: tuple[float, float, str] | None
    votes: VoteAgreement | None
    leaked: int | None
    parameters: int | None
    macs: int | None
    milliseconds: float | None
    device: str
    warnings: tuple[str, ...]

    @property
    def seed(self) -> Any:
        """Seed of the training run, or ``None``."""
        recipe = self.checkpoint.provenance.get("recipe", {})
        return recipe.get("seed") if isinstance(recipe, Mapping) else None

    def to_json(self) -> dict[str, Any]:
        """The card's facts as JSON, figures as shares in [0, 1]."""
        measured = self.evaluation
        return {
            "name": self.name,
            "network": self.checkpoint.network,
            "options": self.checkpoint.options,
            "weights_sha256": self.checkpoint.sha256,
            "data": measured.data,
            "fingerprint": measured.fingerprint,
            "split": measured.split,
            "selection": measured.selection,
            "seed": self.seed,
            "figures": [{"label": f.label, "metric": f.metric, **f.estimate._asdict(), "n": f.n} for f in self.figures],
            "baselines": [{"label": b.label, "accuracy": b.accuracy, "n": b.n} for b in self.baselines],
            "human": None
            if self.human is None
            else {"low": self.human[0], "high": self.human[1], "source": self.human[2]},
            "votes": None
            if self.votes is None
            else {
                "n": self.votes.n,
                "majority": self.votes.majority._asdict(),
                "share": self.votes.share._asdict(),
                "ceiling": self.votes.ceiling,
            },
            "leaked": self.leaked,
            "parameters": self.parameters,
            "macs": self.macs,
            "milliseconds": self.milliseconds,
            "device": self.device,
            "warnings": list(self.warnings),
        }


def selected_on(selection: str, split: str) -> bool:
    """Whether the words of a selection rule name the split, as a whole word and not after "not"."""
    if not split or selection.lower().startswith("not selected"):
        return False
    return re.search(rf"(?<!\w){re.escape(split)}(?!\w)", selection, re.IGNORECASE) is not None


def gain_warning(gain: float, over: str, estimate: Estimate) -> str | None:
    """A sentence where a claimed gain in a share is smaller than the half-width of the figure's interval."""
    half = (estimate.high - estimate.low) / 2
    if abs(gain) >= half:
        return None
    return (
        f"The gain of {100 * gain:+.1f} points over {over} is smaller than the interval of ± {100 * half:.1f} points: "
        "without a paired test on the same pictures it cannot be told from chance."
    )


def scorecard(
    checkpoint: Checkpoint,
    plain: Evaluation,
    *,
    averaged: Sequence[Evaluation] = (),
    leaked: np.ndarray | None = None,
    subjects_across: int = 0,
    baselines: Sequence[Baseline] = (),
    votes: VoteAgreement | None = None,
    gains: Mapping[str, float] | None = None,
    parameters: int | None = None,
    macs: int | None = None,
    milliseconds: float | None = None,
    device: str = "",
) -> Scorecard:
    """Put a card together from what was measured; nothing is computed again but intervals.

    Args:
        plain: predictions without test-time averaging.
        averaged: the same pictures with it, for instance flip.
        leaked: bool (N,) over the pictures of ``plain``: those with an exact or near copy in training; ``None`` if that
            was not looked for.
        subjects_across: number of subjects that are both in training and among the measured pictures.
        gains: claimed gains in accuracy as shares, by what they are over.

    Raises:
        UserError: If ``leaked`` is not one flag a picture, or an averaged evaluation is of other pictures.
    """
    figures = _figures("plain", plain, CARD_METRICS)
    for other in averaged:
        if other.fingerprint != plain.fingerprint:
            raise UserError("Plain and averaged figures of a card must be of the same pictures; evaluate both again.")
        figures += _figures(AVERAGINGS.get(other.averaging, other.averaging), other, ("accuracy", "macro_f1"))
    if leaked is not None:
        leaked = np.asarray(leaked)
        if leaked.dtype != bool or leaked.shape != (plain.n,):
            raise UserError(f"Leaked pictures are given as one flag for each of the {plain.n} pictures.")
        if leaked.any() and not leaked.all():
            for other in (plain, *averaged):
                way = "" if other is plain else f", {AVERAGINGS.get(other.averaging, other.averaging)}"
                figures += _figures(f"without leaked pictures{way}", other.take(~leaked), ("accuracy",))
    return Scorecard(
        name=checkpoint.name,
        checkpoint=checkpoint,
        evaluation=plain,
        figures=tuple(figures),
        baselines=tuple(baselines),
        human=HUMAN_LEVEL.get(plain.data),
        votes=votes,
        leaked=None if leaked is None else int(leaked.sum()),
        parameters=parameters,
        macs=macs,
        milliseconds=milliseconds,
        device=device,
        warnings=tuple(_warnings(plain, leaked, subjects_across, baselines, gains or {})),
    )


def _figures(label: str, evaluation: Evaluation, names: Sequence[str]) -> list[CardFigure]:
    found = evaluation.estimate(tuple(names))
    return [CardFigure(label, name, estimate, evaluation.n) for name, estimate in found.items()]


def _warnings(
    plain: Evaluation,
    leaked: np.ndarray | None,
    subjects_across: int,
    baselines: Sequence[Baseline],
    gains: Mapping[str, float],
) -> list[str]:
    accuracy = plain.estimate(("accuracy",))["accuracy"]
    found = []
    if selected_on(plain.selection, plain.split):
        found.append(
            f"The network was selected on {plain.split}, the split that these figures are measured on, so they are "
            "flattering: measure it on pictures that chose nothing."
        )
    if not plain.selection:
        found.append("It is not known on which pictures the network was selected.")
    if leaked is not None and leaked.any():
        found.append(
            f"The split leaks: {int(leaked.sum()):,} of {plain.n:,} pictures ({percent_text(leaked.mean())}) have a "
            "copy in the training pictures; read the figure without them."
        )
    if subjects_across:
        found.append(
            f"The split leaks identities: {subjects_across:,} subjects are both in training and among these pictures, "
            "so the figure says little about strangers."
        )
    for baseline in baselines:
        if baseline.accuracy >= accuracy.low:
            found.append(
                f"{baseline.label} reaches {percent_text(baseline.accuracy)} on this split: the network's accuracy of "
                f"{interval_text(*accuracy)} is not clearly above it."
            )
    few = [name for name, n in zip(plain.classes, plain.confusion.sum(1), strict=True) if 0 < n < 30]
    if few:
        found.append(f"Fewer than 30 pictures were measured of {', '.join(few)}: their recalls are uncertain.")
    found += [warning for over, gain in gains.items() if (warning := gain_warning(gain, over, accuracy))]
    return [*found, *plain.notes]
