"""Agreement of a network with several annotators of the same pictures, such as FERPlus's ten votes a face."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fer_models.data.catalogue import known_datasets
from fer_models.data.dataset import FaceDataset
from fer_models.errors import UserError
from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.intervals import Estimate, mean_estimates, share_estimate


@dataclass(frozen=True)
class VoteAgreement:
    """How a network's answers compare with annotators on the n pictures that both know.

    Args:
        majority: share of pictures on which the network names the class with the most votes (the first of equal ones).
        share: mean share of annotators who chose the network's class, with its bootstrap interval.
        ceiling: mean share of annotators who chose the most voted class: no network can have a higher ``share``.
        people: Number of people in these pictures, as :attr:`~fer_models.evaluation.evaluate.Evaluation.people`.
        photographs: Number of photographs, where some are copies of each other.
    """

    n: int
    majority: Estimate
    share: Estimate
    ceiling: float
    people: int | None = None
    photographs: int | None = None


def votes_by_row(evaluation: Evaluation, voted: FaceDataset) -> np.ndarray:
    """Shares of votes float32 (N, K') for the evaluation's pictures, joined by row number; NaN where there are none.

    ``voted`` is a data set with ``soft_labels`` over the same source rows, for instance FERPlus for FER2013.

    Raises:
        UserError: If ``voted`` has no votes.
    """
    if voted.soft_labels is None:
        raise UserError(f"{voted.name} has no votes of annotators; choose FERPlus or another set that has them.")
    order = np.argsort(voted.rows, kind="stable")
    sorted_rows = np.asarray(voted.rows)[order]
    votes = np.full((evaluation.n, voted.soft_labels.shape[1]), np.nan, np.float32)
    if len(sorted_rows):
        at = np.searchsorted(sorted_rows, evaluation.rows).clip(max=len(sorted_rows) - 1)
        same = sorted_rows[at] == evaluation.rows
        votes[same] = voted.soft_labels[order[at[same]]]
    return votes


def vote_agreement(evaluation: Evaluation, votes: np.ndarray, classes: tuple[str, ...]) -> VoteAgreement:
    """Compare predictions with votes.

    Args:
        votes: float (N, K'), shares of annotators a class, rows as the evaluation's; rows of NaN are left out.
        classes: names of the K' voted classes.

    Raises:
        UserError: If no picture has votes, or the network has a class that was not voted on.
    """
    missing = [name for name in evaluation.classes if name not in classes]
    if missing:
        raise UserError(f"The annotators did not vote on {', '.join(missing)}; choose another network or votes.")
    voted_on = np.flatnonzero(~np.isnan(votes).any(1))
    if not len(voted_on):
        raise UserError("None of these images has votes of annotators.")
    of_class = np.array([classes.index(name) for name in evaluation.classes])
    predicted = of_class[evaluation.predictions[voted_on]]
    shares = votes[voted_on].astype(np.float64)
    agreed = shares[np.arange(len(voted_on)), predicted]
    both = evaluation.take(voted_on)
    return VoteAgreement(
        n=both.n,
        majority=share_estimate(shares.argmax(1) == predicted, both.units),
        share=mean_estimates(agreed[:, None], units=both.units)[0],
        ceiling=float(shares.max(1).mean()),
        people=both.people,
        photographs=both.photographs,
    )


def votes_name(dataset: FaceDataset, name: str) -> str | None:
    """Under which name a set with annotators' votes for the same rows is opened: itself, or FERPlus for FER2013.

    Args:
        name: under which the data set was opened.
    """
    if dataset.soft_labels is not None:
        return name
    entries = known_datasets()
    source = next((e.source for e in entries if e.name == name and e.reader.split(":")[0] == "fer2013"), None)
    if source is None:
        return None
    return next((e.name for e in entries if e.reader.split(":")[0] == "ferplus" and e.source == source), None)
