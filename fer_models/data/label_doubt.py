"""Label doubt: pictures whose label a network or the annotators themselves contradict."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fer_models.errors import UserError


@dataclass(frozen=True)
class LabelDoubt:
    """Result of confident learning for N labelled pictures and K classes.

    Args:
        joint: float64 (K, K) estimated share of pictures with given label (row) and true label (column); sums to 1.
        thresholds: float64 (K,) mean probability that the network gives to a class on pictures labelled so; NaN where
            a class has no picture.
        self_confidence: float32 (N,) probability of the given label: the smaller, the more doubtful.
        suggested: int64 (N,) the class in which the network is confident, or the given label where there is none.
        issues: int64, positions of the likely label errors, most doubtful first.
    """

    joint: np.ndarray
    thresholds: np.ndarray
    self_confidence: np.ndarray
    suggested: np.ndarray
    issues: np.ndarray

    @property
    def ranking(self) -> np.ndarray:
        """All N positions, most doubtful first."""
        return np.argsort(self.self_confidence, kind="stable")


def confident_learning(probabilities: np.ndarray, labels: np.ndarray) -> LabelDoubt:
    """Find likely label errors from a network's probabilities (N, K) on pictures it was not trained on.

    A picture counts as class j if the network gives j at least the mean probability that it gives to j on pictures
    labelled j; the largest such probability wins. Counts by given and such label, brought to the number of given
    labels, estimate the joint distribution. Issues are pictures that count as a class other than their own (off the
    diagonal of the confident joint), ranked by the probability of the given label.

    Raises:
        UserError: If the shapes do not fit, a label is out of range or the rows are no probabilities.

    Source:
        Northcutt, Jiang and Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels", JAIR 70, 2021,
        section 3.1 (confident joint, calibration) and section 3.2 (ranking by self-confidence).
    """
    p = np.asarray(probabilities, np.float64)
    labels = np.asarray(labels, np.int64)
    if p.ndim != 2 or labels.shape != (len(p),) or not len(p):
        raise UserError(f"Label doubt needs probabilities (N, K) and N labels, not {p.shape} and {labels.shape}.")
    if labels.min() < 0 or labels.max() >= p.shape[1]:
        raise UserError(f"Labels must lie between 0 and {p.shape[1] - 1}; leave unlabelled images out.")
    if not np.isfinite(p).all() or p.min() < -1e-6 or np.abs(p.sum(axis=1) - 1).max() > 1e-2:
        raise UserError("Label doubt needs probabilities that sum to 1 in each row, not logits.")
    classes = p.shape[1]
    counts = np.bincount(labels, minlength=classes)
    self_confidence = p[np.arange(len(p)), labels]
    sums = np.bincount(labels, self_confidence, classes)
    thresholds = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    above = p >= thresholds  # never, for a class without images, whose threshold is NaN
    confident = above.any(axis=1)
    suggested = np.where(confident, np.where(above, p, -1.0).argmax(axis=1), labels)
    joint = np.zeros((classes, classes))
    np.add.at(joint, (labels[confident], suggested[confident]), 1)
    row_sums = joint.sum(axis=1, keepdims=True)
    # A class of which no picture is confident keeps its given labels.
    joint = np.where(row_sums > 0, joint / np.maximum(row_sums, 1), np.eye(classes)) * counts[:, None]
    wrong = np.flatnonzero(suggested != labels)
    return LabelDoubt(
        joint=joint / joint.sum(),
        thresholds=thresholds,
        self_confidence=self_confidence.astype(np.float32),
        suggested=suggested.astype(np.int64),
        issues=wrong[np.argsort(self_confidence[wrong], kind="stable")],
    )


def vote_disagreement(votes: np.ndarray) -> np.ndarray:
    """Disagreement of annotators, float32 (N,) in [0, 1]: 0 if all votes agree, 1 if they are spread evenly.

    The entropy of each row of ``votes`` (N, K), counts or shares of any sum, divided by its largest value log K; rows
    without votes are 0.

    Raises:
        UserError: If ``votes`` is no table of at least two columns or has negative entries.
    """
    table = np.asarray(votes, np.float64)
    if table.ndim != 2 or table.shape[1] < 2 or (table.size and table.min() < 0):
        raise UserError(f"Votes are a table (N, K) of counts, not {table.shape}.")
    share = table / np.maximum(table.sum(axis=1, keepdims=True), 1e-12)
    logs = np.log(share, where=share > 0, out=np.zeros_like(share))
    return (np.abs((share * logs).sum(axis=1)) / np.log(table.shape[1])).astype(np.float32)
