"""The confusion matrix as a page shows it: cell texts, order of the classes, the cell behind a click."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.intervals import Estimate, drawn_tables, percentile_interval
from fer_models.evaluation.metrics import f1
from fer_models.evaluation.sentence import interval_text
from fer_models.tables import latex_table

Kind = Literal["rows", "counts", "columns", "difference"]
KINDS: dict[Kind, str] = {
    "rows": "Per true class",
    "counts": "Counts",
    "columns": "Per predicted class",
    "difference": "Difference",
}
UNITS: dict[Kind, str] = {
    "rows": "% of the true class",
    "counts": "images",
    "columns": "% of the predicted class",
    "difference": "points more or less",
}
ORDERS = {"canonical": "usual order", "confusion": "confused classes together"}


@dataclass(frozen=True)
class ClassFigures:
    """Recall, precision, specificity (Wilson's 95 % intervals) and F1 (bootstrap) of one class, shares in [0, 1].

    ``pictures`` counts images of the class, ``predicted`` those predicted as it; a figure is ``None`` where its
    denominator is 0.
    """

    name: str
    pictures: int
    predicted: int
    recall: Estimate | None
    precision: Estimate | None
    specificity: Estimate | None
    f1: Estimate | None


def values(counts: np.ndarray, kind: Kind, other: np.ndarray | None = None) -> np.ndarray:
    """Values of the cells, float64 (K, K): counts, per cent of a row or column, or the difference in points.

    A class without images (or predictions) has NaN.

    Args:
        counts: int (K, K), rows are true classes.
        kind: Which values.
        other: int (K, K), of a second network, subtracted from ``counts`` for ``"difference"``.
    """
    if kind == "counts":
        return counts.astype(np.float64)
    if kind == "difference":
        assert other is not None, "a difference needs a second matrix"
        return values(counts, "rows") - values(other, "rows")
    total = counts.sum(1, keepdims=True) if kind == "rows" else counts.sum(0, keepdims=True)
    return np.divide(100.0 * counts, total, out=np.full(counts.shape, np.nan), where=total > 0)


def texts(shown: np.ndarray, kind: Kind) -> list[list[str]]:
    """Texts of the cells; empty for NaN."""

    def text(value: float) -> str:
        if np.isnan(value):
            return ""
        if kind == "counts":
            return f"{value:,.0f}"
        return f"{value:+.1f}" if kind == "difference" else f"{value:.1f}"

    return [[text(value) for value in row] for row in shown]


def order(counts: np.ndarray, how: str) -> np.ndarray:
    """Display order of the classes, int64 (K,).

    ``"confusion"`` puts classes that are often confused side by side: average linkage on one minus the mean of both
    confusion rates, with optimal leaf ordering.
    """
    size = len(counts)
    if how != "confusion" or size < 3:
        return np.arange(size)
    from scipy.cluster.hierarchy import leaves_list, linkage, optimal_leaf_ordering
    from scipy.spatial.distance import squareform

    shares = np.nan_to_num(values(counts, "rows")) / 100
    distance = 1 - (shares + shares.T) / 2
    np.fill_diagonal(distance, 0)
    flat = squareform(distance, checks=False)
    return leaves_list(optimal_leaf_ordering(linkage(flat, "average"), flat)).astype(np.int64)


def cell_of(points: Iterable[Mapping[str, Any]], classes: Sequence[str]) -> tuple[str, str] | None:
    """True and predicted class of a click, from the points that Plotly reports; ``None`` for a click on nothing.

    The classes are read from each point's ``customdata``, never from its position in the figure.
    """
    for point in points:
        names = point.get("customdata")
        if isinstance(names, (list, tuple)) and len(names) >= 2 and names[0] in classes and names[1] in classes:
            return str(names[0]), str(names[1])
    return None


def largest_confusion(counts: np.ndarray, classes: Sequence[str]) -> tuple[str, str]:
    """True and predicted class of the largest off-diagonal cell; the first class twice if there are no errors."""
    wrong = counts.copy()
    np.fill_diagonal(wrong, 0)
    row, column = divmod(int(wrong.argmax()), len(classes))
    return classes[row], classes[column]


def pictures(evaluation: Evaluation, true: str, predicted: str) -> np.ndarray:
    """Indices into the evaluation, int64: the images of one cell, most confident first."""
    k, j = evaluation.classes.index(true), evaluation.classes.index(predicted)
    indices = np.flatnonzero((evaluation.targets == k) & (evaluation.predictions == j))
    return indices[np.argsort(-evaluation.probabilities[indices, j], kind="stable")]


def moved(evaluation: Evaluation, other: Evaluation, true: str, predicted: str, *, into: bool) -> np.ndarray:
    """Indices into ``evaluation``, most confident first: images that only one of two networks puts into a cell.

    ``into=True``: only the network of ``evaluation`` does; ``False``: only the other one does.
    """
    k, j = evaluation.classes.index(true), evaluation.classes.index(predicted)
    predicted_by_other = {int(p): int(c) for p, c in zip(other.positions, other.predictions, strict=True)}
    others = np.array([predicted_by_other.get(int(p), -1) for p in evaluation.positions], np.int64)
    first, second = evaluation.predictions == j, others == j
    selected = first & ~second & (others >= 0) if into else second & ~first
    indices = np.flatnonzero((evaluation.targets == k) & selected)
    return indices[np.argsort(-evaluation.probabilities[indices].max(1), kind="stable")]


def cell_sentence(evaluation: Evaluation, true: str, predicted: str) -> str:
    """A cell in words, with its share of the true class and the interval of that share."""
    k, j = evaluation.classes.index(true), evaluation.classes.index(predicted)
    hits, total = int(evaluation.confusion[k, j]), int((evaluation.targets == k).sum())
    share = evaluation.share(evaluation.predictions == j, evaluation.targets == k)
    if share is None:
        return f"There is no image of {true} here."
    what = f"**{true}** is found" if k == j else f"**{true}** is taken for **{predicted}**"
    return f"{what} in {hits:,} of {total:,} images: {interval_text(*share)}"


def class_figures(evaluation: Evaluation) -> list[ClassFigures]:
    """The figures of each class, in the order of the evaluation."""
    counts = evaluation.confusion
    true, predicted = counts.sum(1), counts.sum(0)
    cells = evaluation.targets * len(counts) + evaluation.predictions
    low, high = percentile_interval(f1(drawn_tables(cells, len(counts), evaluation.units), None))
    middle = f1(counts, None)

    right = evaluation.predictions == evaluation.targets
    rows = []
    for k, name in enumerate(evaluation.classes):
        t, p = int(true[k]), int(predicted[k])
        of_class, called = evaluation.targets == k, evaluation.predictions == k
        f1_estimate = Estimate(float(middle[k]), float(low[k]), float(high[k])) if t else None
        shares = (
            evaluation.share(right, of_class),
            evaluation.share(right, called),
            evaluation.share(~called, ~of_class),
        )
        rows.append(ClassFigures(name, t, p, *shares, f1_estimate))
    return rows


def table_rows(counts: np.ndarray, classes: Sequence[str], kind: Kind, other: np.ndarray | None) -> list[list[object]]:
    """Rows of the CSV: the true class, then the values to four decimals."""
    shown = values(counts, kind, other)
    return [
        [name, *("" if np.isnan(v) else int(v) if kind == "counts" else round(float(v), 4) for v in row)]
        for name, row in zip(classes, shown, strict=True)
    ]


def latex(counts: np.ndarray, classes: Sequence[str], kind: Kind, other: np.ndarray | None, caption: str) -> str:
    """The matrix as a LaTeX table (package ``booktabs``), the diagonal in bold."""
    cells = texts(values(counts, kind, other), kind)
    bold = {(k, k + 1) for k in range(len(classes))}
    rows = [[name, *row] for name, row in zip(classes, cells, strict=True)]
    return latex_table(["true \\ predicted", *classes], rows, caption=caption, bold=bold)
