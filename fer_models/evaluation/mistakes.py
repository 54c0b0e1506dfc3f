"""Which faces a network gets wrong, in which order, and the facts on each face."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from fer_models.data.dataset import FaceDataset
from fer_models.errors import UserError
from fer_models.evaluation.annotators import votes_by_row
from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.slicing.slices import column_values

#: What errors can be sorted by: ``"confidence"`` (most confident first), ``"loss"`` (largest first), ``"margin"``
#: (farthest from the label first), ``"close"`` (nearly right first), ``"votes"`` (annotators' doubt), ``"source"``.
Order = Literal["confidence", "loss", "margin", "close", "votes", "source"]
#: Probabilities are clipped to this before the logarithm of a loss.
_LEAST = 1e-12


@dataclass(frozen=True)
class Filter:
    """Which pictures are shown; empty and ``None`` mean all of them.

    Args:
        true, predicted: class names. subjects: names.
        brightness: lowest and highest mean pixel, 0 to 255.
        covered: lowest and highest rank of the occlusion proxy among these pictures, 0 to 100.
        rows: row numbers of the data set, for instance of marked pictures; ``None`` for all.
        right: show right answers too.
    """

    true: str | None = None
    predicted: str | None = None
    subjects: tuple[str, ...] = ()
    brightness: tuple[int, int] = (0, 255)
    covered: tuple[int, int] = (0, 100)
    rows: frozenset[int] | None = None
    right: bool = False


@dataclass(frozen=True)
class Scores:
    """How a network stands to each of N pictures, float64 (N,).

    Args:
        confidence: probability of its answer, in [0, 1].
        loss: minus the natural logarithm of the label's probability.
        margin: probability of the answer less that of the label; 0 where it is right.
        doubt: share of annotators who did not choose the label, NaN without votes; ``None`` where there are none.
    """

    confidence: np.ndarray
    loss: np.ndarray
    margin: np.ndarray
    doubt: np.ndarray | None


def scores(evaluation: Evaluation, voted: FaceDataset | None = None) -> Scores:
    """Confidence, loss, margin, and the annotators' doubt where ``voted`` has their votes."""
    at = np.arange(evaluation.n)
    probabilities = evaluation.probabilities.astype(np.float64)
    answer, label = probabilities[at, evaluation.predictions], probabilities[at, evaluation.targets]
    doubt = None if voted is None else 1 - _share_for_label(evaluation, voted)
    return Scores(answer, -np.log(np.maximum(label, _LEAST)), answer - label, doubt)


def ordered(
    evaluation: Evaluation,
    dataset: FaceDataset,
    chosen: Filter,
    order: Order,
    scored: Scores,
    *,
    brightness: np.ndarray | None = None,
    covered: np.ndarray | None = None,
) -> np.ndarray:
    """Indices among the evaluation's pictures, int64, of those that pass the filter, in this order.

    Args:
        brightness: float (N,), mean pixel of each picture, needed where the filter asks for it.
        covered: float (N,), rank of the occlusion proxy in [0, 100], likewise.

    Raises:
        UserError: If the order needs votes that are not there.
    """
    keep = np.ones(evaluation.n, bool) if chosen.right else evaluation.predictions != evaluation.targets
    if chosen.true is not None:
        keep &= evaluation.targets == evaluation.classes.index(chosen.true)
    if chosen.predicted is not None:
        keep &= evaluation.predictions == evaluation.classes.index(chosen.predicted)
    if chosen.subjects and dataset.subjects is not None:
        keep &= np.isin(np.asarray(dataset.subjects)[evaluation.positions], chosen.subjects)
    if chosen.brightness != (0, 255) and brightness is not None:
        low, high = chosen.brightness
        keep &= (np.rint(brightness) >= low) & (np.rint(brightness) <= high)
    if chosen.covered != (0, 100) and covered is not None:
        keep &= (covered >= chosen.covered[0]) & (covered <= chosen.covered[1])
    if chosen.rows is not None:
        keep &= np.isin(evaluation.rows, np.array(sorted(chosen.rows), np.int64))
    positions = np.flatnonzero(keep)
    if order == "source":
        return positions
    if order == "votes":
        if scored.doubt is None:
            raise UserError("There are no votes of annotators for these images; choose another order.")
        positions = positions[np.isfinite(scored.doubt[positions])]
        ranked = -scored.doubt[positions]
    elif order == "close":
        ranked = scored.margin[positions]
    else:
        ranked = -{"confidence": scored.confidence, "loss": scored.loss, "margin": scored.margin}[order][positions]
    return positions[np.argsort(ranked, kind="stable")]


def light(evaluation: Evaluation, dataset: FaceDataset) -> np.ndarray:
    """Mean pixel of each of the evaluation's pictures, float64 (N,), 0 to 255."""
    return column_values(dataset, evaluation.positions, "brightness")


def covered(evaluation: Evaluation, dataset: FaceDataset) -> np.ndarray:
    """Rank of each picture's occlusion proxy among these pictures, float64 (N,), 0 for the least, 100 for the most.

    Raises:
        UserError: If the data set is too small or too large for it.
    """
    proxy = column_values(dataset, evaluation.positions, "occlusion proxy")
    rank = np.empty(len(proxy))
    rank[np.argsort(proxy, kind="stable")] = np.linspace(0, 100, len(proxy))
    return rank


def votes_of(evaluation: Evaluation, voted: FaceDataset, number: int) -> list[tuple[str, float]]:
    """Classes and shares of annotators for one picture, the largest first; empty without votes."""
    shares = votes_by_row(evaluation.take(np.array([number])), voted)[0]
    if np.isnan(shares).any():
        return []
    ranked = np.argsort(-shares, kind="stable")
    return [(voted.classes[int(k)], float(shares[k])) for k in ranked if shares[k] > 0]


def confidence(evaluation: Evaluation, number: int) -> float:
    """Probability of the network's answer, in [0, 1]."""
    return float(evaluation.probabilities[number, evaluation.predictions[number]])


def _share_for_label(evaluation: Evaluation, voted: FaceDataset) -> np.ndarray:
    """float64 (N,): share of annotators who chose the label; NaN without votes."""
    votes = votes_by_row(evaluation, voted).astype(np.float64)
    column = np.array([voted.classes.index(name) if name in voted.classes else -1 for name in evaluation.classes])
    label = column[evaluation.targets]
    return np.where(label >= 0, votes[np.arange(evaluation.n), label], np.nan)
