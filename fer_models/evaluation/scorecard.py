"""The scorecard: every figure of a network with where it comes from, how sure it is, and what speaks against it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
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
class Leaks:
    """What the measured pictures share with the training pictures.

    Args:
        copied: bool ``(N,)``, pictures with an exact or near copy in training; ``None`` if copies were not searched.
        subjects: Number of subjects who are both in training and among the measured pictures.
    """

    copied: np.ndarray | None = None
    subjects: int = 0


@dataclass(frozen=True)
class Comparisons:
    """What the figures of a network are compared with.

    Args:
        baselines: Simple methods on the same split.
        votes: Agreement with annotators, where there are votes.
        gains: Claimed gains in accuracy as shares, by what they are over.
    """

    baselines: tuple[Baseline, ...] = ()
    votes: VoteAgreement | None = None
    gains: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Cost:
    """What one prediction costs; ``None`` where it was not measured.

    Args:
        parameters: Number of weights.
        macs: Multiply-accumulate operations a picture.
        milliseconds: Time a picture on ``device``.
        device: Where the time was measured, in words.
    """

    parameters: int | None = None
    macs: int | None = None
    milliseconds: float | None = None
    device: str = ""


@dataclass(frozen=True)
class Scorecard:
    """A network's card.

    Args:
        checkpoint: The network.
        evaluation: The plain predictions that the card is made from.
        figures: Plain and averaged figures, and those without leaked pictures where leaks are known.
        comparisons: Baselines and annotators on the same pictures.
        leaked: Number of pictures with a copy in training; ``None`` if copies were not searched.
        cost: Size and time of the network.
        warnings: Sentences on what speaks against the figures.
    """

    checkpoint: Checkpoint
    evaluation: Evaluation
    figures: tuple[CardFigure, ...]
    comparisons: Comparisons
    leaked: int | None
    cost: Cost
    warnings: tuple[str, ...]

    @property
    def name(self) -> str:
        """Name of the network."""
        return self.checkpoint.name

    @property
    def human(self) -> tuple[float, float, str] | None:
        """Accuracy of people on the data set (low, high, source), where it is known."""
        return HUMAN_LEVEL.get(self.evaluation.data)

    @property
    def seed(self) -> Any:
        """Seed of the training run, or ``None``."""
        recipe = self.checkpoint.provenance.get("recipe", {})
        return recipe.get("seed") if isinstance(recipe, Mapping) else None

    def to_json(self) -> dict[str, Any]:
        """The card's facts as JSON, figures as shares in [0, 1]."""
        evaluation, votes, human = self.evaluation, self.comparisons.votes, self.human
        return {
            "name": self.name,
            "network": self.checkpoint.network,
            "options": self.checkpoint.options,
            "weights_sha256": self.checkpoint.sha256,
            "data": evaluation.data,
            "fingerprint": evaluation.fingerprint,
            "split": evaluation.split,
            "selection": evaluation.selection,
            "seed": self.seed,
            "figures": [{"label": f.label, "metric": f.metric, **f.estimate.to_json(), "n": f.n} for f in self.figures],
            "baselines": [{"label": b.label, "accuracy": b.accuracy, "n": b.n} for b in self.comparisons.baselines],
            "human": None if human is None else dict(zip(("low", "high", "source"), human, strict=True)),
            "votes": None
            if votes is None
            else {
                "n": votes.n,
                "majority": votes.majority.to_json(),
                "share": votes.share.to_json(),
                "ceiling": votes.ceiling,
            },
            "leaked": self.leaked,
            **asdict(self.cost),
            "warnings": list(self.warnings),
        }


_NO_LEAKS, _NO_COMPARISONS, _NO_COST = Leaks(), Comparisons(), Cost()


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
        "without a paired test on the same images it cannot be told from chance."
    )


def scorecard(
    checkpoint: Checkpoint,
    plain: Evaluation,
    *,
    averaged: Sequence[Evaluation] = (),
    leaks: Leaks = _NO_LEAKS,
    comparisons: Comparisons = _NO_COMPARISONS,
    cost: Cost = _NO_COST,
) -> Scorecard:
    """Put a card together from what was measured; only intervals are computed.

    Args:
        checkpoint: The network.
        plain: Its predictions without test-time averaging.
        averaged: Predictions for the same pictures with averaging, for instance flip.
        leaks: What the pictures of ``plain`` share with the training pictures.
        comparisons: Baselines, annotators and claimed gains on the same pictures.
        cost: Size and time of the network.

    Raises:
        UserError: If ``leaks.copied`` is not one flag a picture, or an averaged evaluation is of other pictures.
    """
    leaked = leaks.copied
    figures = _figures("plain", plain, CARD_METRICS)
    for other in averaged:
        if other.fingerprint != plain.fingerprint:
            raise UserError("Plain and averaged figures of a card must be of the same images; evaluate both again.")
        figures += _figures(AVERAGINGS.get(other.averaging, other.averaging), other, ("accuracy", "macro_f1"))
    if leaked is not None:
        leaked = np.asarray(leaked)
        if leaked.dtype != bool or leaked.shape != (plain.n,):
            raise UserError(f"Leaked images are given as one flag for each of the {plain.n} images.")
        if leaked.any() and not leaked.all():
            for other in (plain, *averaged):
                averaging = "" if other is plain else f", {AVERAGINGS.get(other.averaging, other.averaging)}"
                figures += _figures(f"without leaked images{averaging}", other.take(~leaked), ("accuracy",))
    return Scorecard(
        checkpoint=checkpoint,
        evaluation=plain,
        figures=tuple(figures),
        comparisons=comparisons,
        leaked=None if leaked is None else int(leaked.sum()),
        cost=cost,
        warnings=tuple(_warnings(plain, leaks, comparisons)),
    )


def _figures(label: str, evaluation: Evaluation, names: Sequence[str]) -> list[CardFigure]:
    estimates = evaluation.estimate(tuple(names))
    return [CardFigure(label, name, estimate, evaluation.n) for name, estimate in estimates.items()]


def _warnings(plain: Evaluation, leaks: Leaks, comparisons: Comparisons) -> list[str]:
    accuracy = plain.estimate(("accuracy",))["accuracy"]
    warnings = []
    if selected_on(plain.selection, plain.split):
        warnings.append(
            f"The network was selected on {plain.split}, the split that these figures are measured on, so they are "
            "flattering: measure it on images that chose nothing."
        )
    if not plain.selection:
        warnings.append("It is not known on which images the network was selected.")
    if (copied := leaks.copied) is not None and copied.any():
        warnings.append(
            f"The split leaks: {int(copied.sum()):,} of {plain.n:,} images ({percent_text(copied.mean())}) have a "
            "copy in the training images; read the figure without them."
        )
    if leaks.subjects:
        warnings.append(
            f"The split leaks identities: {leaks.subjects:,} subjects are both in training and among these images, "
            "so the figure says little about strangers."
        )
    for baseline in comparisons.baselines:
        if baseline.accuracy >= accuracy.low:
            warnings.append(
                f"{baseline.label} reaches {percent_text(baseline.accuracy)} on this split: the network's accuracy of "
                f"{interval_text(*accuracy)} is not clearly above it."
            )
    if plain.few:
        warnings.append(plain.few)
    warnings += [warning for over, gain in comparisons.gains.items() if (warning := gain_warning(gain, over, accuracy))]
    return [*warnings, *plain.notes]
