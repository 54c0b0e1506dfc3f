"""Which faces a network gets wrong, in which order, and what is known of each."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

import numpy as np

from fer_models.data import FaceDataset, known_datasets
from fer_models.errors import UserError
from fer_models.evaluation.annotators import votes_by_row
from fer_models.evaluation.class_match import match_classes
from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.slices import column_values
from workbench.app.wording import percent

Order = Literal["confidence", "loss", "margin", "close", "votes", "source"]
ORDERS: dict[Order, str] = {
    "confidence": "the surest errors first",
    "loss": "largest loss first",
    "margin": "farthest from the label",
    "close": "nearly right first",
    "votes": "annotators doubt the label",
    "source": "as in the set",
}
#: Probability below which a loss is not told apart any more.
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


def places(
    evaluation: Evaluation,
    dataset: FaceDataset,
    asked: Filter,
    order: Order,
    found: Scores,
    brightness: np.ndarray | None = None,
    covered: np.ndarray | None = None,
) -> np.ndarray:
    """Places among the evaluation's pictures, int64, of those that fit, in the order asked for.

    Args:
        brightness: float (N,), mean pixel of each picture, needed where the filter asks for it.
        covered: float (N,), rank of the occlusion proxy in [0, 100], likewise.

    Raises:
        UserError: If the order needs votes that are not there.
    """
    keep = np.ones(evaluation.n, bool) if asked.right else evaluation.predictions != evaluation.targets
    if asked.true is not None:
        keep &= evaluation.targets == evaluation.classes.index(asked.true)
    if asked.predicted is not None:
        keep &= evaluation.predictions == evaluation.classes.index(asked.predicted)
    if asked.subjects and dataset.subjects is not None:
        keep &= np.isin(np.asarray(dataset.subjects)[evaluation.positions], asked.subjects)
    if asked.brightness != (0, 255) and brightness is not None:
        low, high = asked.brightness
        keep &= (np.rint(brightness) >= low) & (np.rint(brightness) <= high)
    if asked.covered != (0, 100) and covered is not None:
        keep &= (covered >= asked.covered[0]) & (covered <= asked.covered[1])
    if asked.rows is not None:
        keep &= np.isin(evaluation.rows, np.array(sorted(asked.rows), np.int64))
    chosen = np.flatnonzero(keep)
    if order == "source":
        return chosen
    if order == "votes":
        if found.doubt is None:
            raise UserError("There are no votes of annotators for these pictures; choose another order.")
        chosen = chosen[np.isfinite(found.doubt[chosen])]
        ranked = -found.doubt[chosen]
    elif order == "close":
        ranked = found.margin[chosen]
    else:
        ranked = -{"confidence": found.confidence, "loss": found.loss, "margin": found.margin}[order][chosen]
    return chosen[np.argsort(ranked, kind="stable")]


def light(evaluation: Evaluation, dataset: FaceDataset) -> np.ndarray:
    """Mean pixel of each of the evaluation's pictures, float64 (N,), 0 to 255."""
    return column_values(dataset, evaluation.positions, "brightness")


def covered(evaluation: Evaluation, dataset: FaceDataset) -> np.ndarray:
    """Rank of each picture's occlusion proxy among these pictures, float64 (N,), 0 for the least, 100 for the most.

    Raises:
        UserError: If the data set is too small or too large for it.
    """
    found = column_values(dataset, evaluation.positions, "occlusion proxy")
    rank = np.empty(len(found))
    rank[np.argsort(found, kind="stable")] = np.linspace(0, 100, len(found))
    return rank


def votes_name(dataset: FaceDataset, name: str) -> str | None:
    """Under which name a set with annotators' votes for the same rows is opened: itself, or FERPlus for FER2013.

    Args:
        name: under which the data set was opened.
    """
    if dataset.soft_labels is not None:
        return name
    entries = known_datasets()
    own = next((entry for entry in entries if entry.name == name), None)
    if own is None or own.reader.split(":")[0] != "fer2013":
        return None
    return next(
        (e.name for e in entries if e.reader.split(":")[0] == "ferplus" and e.source == own.source),
        None,
    )


def votes_of(evaluation: Evaluation, voted: FaceDataset, place: int) -> list[tuple[str, float]]:
    """Classes and shares of annotators for one picture, the largest first; empty without votes."""
    shares = votes_by_row(evaluation.take(np.array([place])), voted)[0]
    if np.isnan(shares).any():
        return []
    ranked = np.argsort(-shares, kind="stable")
    return [(voted.classes[int(k)], float(shares[k])) for k in ranked if shares[k] > 0]


def title(evaluation: Evaluation, place: int) -> str:
    """``sad > happy``: the true class, then the predicted one, as the papers print it."""
    return f"{evaluation.classes[evaluation.targets[place]]} > {evaluation.classes[evaluation.predictions[place]]}"


def caption(evaluation: Evaluation, place: int) -> str:
    """Title and confidence; number and sign stay on one line."""
    return f"{title(evaluation, place)}, {percent(confidence(evaluation, place), 0)}".replace(" %", "\u00a0%")


def confidence(evaluation: Evaluation, place: int) -> float:
    """Probability of the network's answer, in [0, 1]."""
    return float(evaluation.probabilities[place, evaluation.predictions[place]])


def network_classes(network: tuple[str, ...], data: tuple[str, ...]) -> dict[str, str]:
    """What the network calls each class that it shares with the data set.

    Raises:
        UserError: If no class is common.
    """
    match = match_classes(network, data)
    return {name: network[int(k)] for name, k in zip(match.classes, match.of_network, strict=True)}


def marked_rows(marks: dict[int, frozenset[str]], wanted: Collection[str]) -> frozenset[int]:
    """Row numbers that carry one of the wanted marks."""
    return frozenset(row for row, own in marks.items() if own & set(wanted))


def _share_for_label(evaluation: Evaluation, voted: FaceDataset) -> np.ndarray:
    """float64 (N,): share of annotators who chose the label; NaN without votes."""
    votes = votes_by_row(evaluation, voted).astype(np.float64)
    place = np.array([voted.classes.index(name) if name in voted.classes else -1 for name in evaluation.classes])
    own = place[evaluation.targets]
    return np.where(own >= 0, votes[np.arange(evaluation.n), own], np.nan)
