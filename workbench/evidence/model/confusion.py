"""The confusion matrix as a page shows it: what a cell says, in which order classes stand, what a click means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.intervals import Estimate, percentile_interval, resample_tables, wilson
from fer_models.evaluation.metrics import f1
from fer_models.evaluation.significance import paired
from workbench.app.latex import escaped
from workbench.app.wording import percent

Kind = Literal["rows", "counts", "columns", "difference"]
KINDS: dict[Kind, str] = {
    "rows": "Per true class",
    "counts": "Counts",
    "columns": "Per predicted class",
    "difference": "Difference",
}
UNITS: dict[Kind, str] = {
    "rows": "% of the true class",
    "counts": "pictures",
    "columns": "% of the predicted class",
    "difference": "points more or less",
}
ORDERS = {"canonical": "usual order", "confusion": "confused ones together"}


@dataclass(frozen=True)
class ClassFigures:
    """Recall, precision, specificity (Wilson's 95 % intervals) and F1 (bootstrap) of one class, shares in [0, 1].

    ``pictures`` is how many the class has, ``predicted`` how many were given it; a figure out of none is ``None``.
    """

    name: str
    pictures: int
    predicted: int
    recall: Estimate | None
    precision: Estimate | None
    specificity: Estimate | None
    f1: Estimate | None


def values(counts: np.ndarray, kind: Kind, other: np.ndarray | None = None) -> np.ndarray:
    """What the cells show, float64 (K, K): pictures, per cent of a row or column, or the difference in points.

    A class without pictures (or predictions) has no shares: NaN.

    Args:
        counts: int (K, K), rows true. other: of another network, for ``"difference"``: the first minus it.
    """
    if kind == "counts":
        return counts.astype(np.float64)
    if kind == "difference":
        assert other is not None, "a difference needs a second matrix"
        return values(counts, "rows") - values(other, "rows")
    total = counts.sum(1, keepdims=True) if kind == "rows" else counts.sum(0, keepdims=True)
    return np.divide(100.0 * counts, total, out=np.full(counts.shape, np.nan), where=total > 0)


def texts(shown: np.ndarray, kind: Kind) -> list[list[str]]:
    """What is written into the cells; nothing where there is nothing."""

    def text(value: float) -> str:
        if np.isnan(value):
            return ""
        if kind == "counts":
            return f"{value:,.0f}"
        return f"{value:+.1f}" if kind == "difference" else f"{value:.1f}"

    return [[text(value) for value in row] for row in shown]


def order(counts: np.ndarray, how: str) -> np.ndarray:
    """Positions of the classes as they shall stand, int64 (K,).

    ``"confusion"`` puts classes side by side that are mistaken for one another: average linkage of one minus the mean
    share of confusion both ways, with the leaves in their best order.
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

    The classes are read from each point's own ``customdata``, never from its place in the figure.
    """
    for point in points:
        told = point.get("customdata")
        if isinstance(told, (list, tuple)) and len(told) >= 2 and told[0] in classes and told[1] in classes:
            return str(told[0]), str(told[1])
    return None


def largest_confusion(counts: np.ndarray, classes: Sequence[str]) -> tuple[str, str]:
    """The true and predicted class of the most pictures off the diagonal; of all pictures right, the first class."""
    wrong = counts.copy()
    np.fill_diagonal(wrong, 0)
    row, column = divmod(int(wrong.argmax()), len(classes))
    return classes[row], classes[column]


def pictures(evaluation: Evaluation, true: str, predicted: str) -> np.ndarray:
    """Places among the evaluation's pictures, int64: those of one cell, the surest first."""
    k, j = evaluation.classes.index(true), evaluation.classes.index(predicted)
    places = np.flatnonzero((evaluation.targets == k) & (evaluation.predictions == j))
    return places[np.argsort(-evaluation.probabilities[places, j], kind="stable")]


def moved(evaluation: Evaluation, other: Evaluation, true: str, predicted: str, *, into: bool) -> np.ndarray:
    """Places among ``evaluation``'s pictures, the surest first: those of a cell in only one of two networks.

    ``into=True``: this network puts them into the cell and the other does not; ``False``: only the other one does.
    """
    k, j = evaluation.classes.index(true), evaluation.classes.index(predicted)
    known = {int(p): int(c) for p, c in zip(other.positions, other.predictions, strict=True)}
    theirs = np.array([known.get(int(p), -1) for p in evaluation.positions], np.int64)
    here, there = evaluation.predictions == j, theirs == j
    wanted = here & ~there & (theirs >= 0) if into else there & ~here
    places = np.flatnonzero((evaluation.targets == k) & wanted)
    return places[np.argsort(-evaluation.probabilities[places].max(1), kind="stable")]


def pair(evaluation: Evaluation, other: Evaluation) -> tuple[np.ndarray, np.ndarray]:
    """Confusion matrices of two networks on the pictures that both were asked about.

    Raises:
        UserError: If they are of different data or classes.
    """
    first, second = paired((evaluation, other))
    return first.confusion, second.confusion


def cell_sentence(counts: np.ndarray, classes: Sequence[str], true: str, predicted: str) -> str:
    """What a cell says, with its share of the true class and that share's interval."""
    k, j = classes.index(true), classes.index(predicted)
    hits, total = int(counts[k, j]), int(counts[k].sum())
    if not total:
        return f"There is no picture of {true} here."
    low, high = wilson(hits, total)
    what = f"**{true}** is found" if k == j else f"**{true}** is taken for **{predicted}**"
    return f"{what} in {hits:,} of {total:,} pictures: {percent(hits / total)} [{100 * low:.1f}, {100 * high:.1f}]"


def class_figures(evaluation: Evaluation) -> list[ClassFigures]:
    """Every class's figures, in the evaluation's order."""
    counts = evaluation.confusion
    n, hits, true, given = counts.sum(), np.diagonal(counts), counts.sum(1), counts.sum(0)
    low, high = percentile_interval(f1(resample_tables(counts), None))
    middle = f1(counts, None)

    def share(part: int, whole: int) -> Estimate | None:
        return Estimate(part / whole, *wilson(part, whole)) if whole else None

    found = []
    for k, name in enumerate(evaluation.classes):
        h, t, g = int(hits[k]), int(true[k]), int(given[k])
        harmonic = Estimate(float(middle[k]), float(low[k]), float(high[k])) if t + g else None
        rest = share(int(n) - t - g + h, int(n) - t)
        found.append(ClassFigures(name, t, g, share(h, t), share(h, g), rest, harmonic))
    return found


def table_rows(counts: np.ndarray, classes: Sequence[str], kind: Kind, other: np.ndarray | None) -> list[list[object]]:
    """Lines of the CSV: the true class, then the shown values with all their digits."""
    shown = values(counts, kind, other)
    return [
        [name, *("" if np.isnan(v) else int(v) if kind == "counts" else round(float(v), 4) for v in row)]
        for name, row in zip(classes, shown, strict=True)
    ]


def latex(counts: np.ndarray, classes: Sequence[str], kind: Kind, other: np.ndarray | None, caption: str) -> str:
    """The matrix as a LaTeX table (package ``booktabs``), the diagonal in bold."""
    cells = texts(values(counts, kind, other), kind)
    names = [escaped(name) for name in classes]
    lines = []
    for k, (name, row) in enumerate(zip(names, cells, strict=True)):
        marked = [rf"\textbf{{{text}}}" if k == j and text else text for j, text in enumerate(row)]
        lines.append(rf"{name} & {' & '.join(marked)} \\")
    return "\n".join(
        [
            r"% needs \usepackage{booktabs}",
            r"\begin{table}",
            rf"\caption{{{escaped(caption)}}}",
            r"\centering",
            rf"\begin{{tabular}}{{l{'r' * len(classes)}}}",
            r"\toprule",
            rf"true \textbackslash{{}} predicted & {' & '.join(names)} \\",
            r"\midrule",
            *lines,
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
            "",
        ]
    )
