"""What one confusion matrix can give: bounds by linear programming over hits and false positives of each class.

For class k let ``w`` be its share of the pictures, ``h`` its hits and ``f`` its false positives as shares of all of
them. A matrix with these exists exactly when 0 <= h <= w, f >= 0, the f sum to all misses, and no class has more false
positives than the other classes have misses. Accuracy, recall and specificity are linear in h and f. Precision
p = h / (h + f) and F1 = 2h / (w + h + f) are not: they get variables of their own, held by McCormick's envelopes over
the boxes that the linear figures leave, and by tangents of concave bounds. Every constraint is necessary, so no true
matrix is refused; what is not refused need not exist.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

#: Figures that a claim may hold, in the order in which reasons are looked for.
FIGURES = ("accuracy", "recall", "specificity", "precision", "f1")
AVERAGINGS = ("macro", "micro", "weighted")
_CURVED = ("precision", "f1")
#: Places where tangents of concave bounds touch.
_TOUCH = (0.02, 0.1, 0.25, 0.4, 0.55, 0.7, 0.8, 0.9, 0.95, 1.0)
#: Violations below this, on a scale of shares, are rounding errors of the solver.
_SLACK = 1e-7

Interval = tuple[float, float]


@dataclass
class _Rows:
    """Rows of ``matrix @ x <= limit``."""

    matrix: list[np.ndarray] = field(default_factory=list)
    limit: list[float] = field(default_factory=list)

    def add(self, row: np.ndarray, limit: float) -> None:
        self.matrix.append(row)
        self.limit.append(limit)


class ClaimBounds:
    """Bounds on figures for given class counts.

    Args:
        counts: int (K,), pictures of each class, all positive, K >= 2.
        averaging: for each figure one of :data:`AVERAGINGS`; micro figures and weighted recall equal accuracy, but for
            micro specificity.
        folds: over how many folds the figures are means. A mean of folds obeys what is linear, apart from unequal class
            shares (see :meth:`widened`), and bounds that are concave; precision and F1 of a matrix do not carry over.
    """

    def __init__(self, counts: np.ndarray, averaging: Mapping[str, str], folds: int = 1):
        self.folds = folds
        part = np.asarray(counts, np.float64) / folds
        left = part - np.floor(part)
        # A fold has one image of a class more or less than its share; hits over images move by half of that in all.
        self.slack = 0.0 if folds == 1 else float((left * (1 - left)).sum() / part.sum())
        self.share = np.asarray(counts, np.float64) / np.sum(counts)
        self.averaging = averaging
        self.classes = len(self.share)

    def widened(self, figures: Mapping[str, Interval]) -> dict[str, Interval]:
        """The intervals of figures that weigh classes by their images, by what unequal folds can add or take."""

        def wide(name: str) -> bool:
            return name == "specificity" or name == "accuracy" or self.averaging.get(name, "macro") != "macro"

        return {
            name: (max(0.0, low - self.slack), min(1.0, high + self.slack)) if wide(name) else (low, high)
            for name, (low, high) in figures.items()
        }

    def feasible(self, figures: Mapping[str, Interval]) -> bool:
        """Whether the bounds leave room for all figures, each a share in its interval."""
        from scipy.optimize import linprog

        boxes = self._boxes(figures)
        if boxes is None:
            return False
        rows, equal = self._system(figures, boxes)
        # One more variable: by how much every row may be violated.
        matrix = np.column_stack([np.array(rows.matrix), -np.ones(len(rows.limit))])
        bounds = [*self._variable_bounds(boxes), (0, None)]
        cost = np.r_[np.zeros(4 * self.classes), 1.0]
        solution = linprog(
            cost, A_ub=matrix, b_ub=rows.limit, A_eq=np.r_[equal[0], 0.0][None], b_eq=[equal[1]], bounds=bounds
        )
        return solution.status != 0 or solution.fun <= _SLACK

    def bounds(self, figure: str, others: Mapping[str, Interval], claimed: Interval) -> Interval:
        """Least and largest value that a figure can have beside the others (which must be feasible themselves).

        Where the linear programme for the ends leaves room for the value claimed although there is none, the end on
        its side is searched for by halving, to 0.0005.
        """
        low, high = self._programme(figure, others)
        if low > claimed[1] or high < claimed[0]:
            return low, high
        if not self.feasible({**others, figure: (0.0, claimed[1])}):
            return self._halve(figure, others, claimed[1], high, upwards=True), high
        if not self.feasible({**others, figure: (claimed[0], 1.0)}):
            return low, self._halve(figure, others, claimed[0], low, upwards=False)
        return low, high

    def _halve(self, figure: str, others: Mapping[str, Interval], out: float, far: float, upwards: bool) -> float:
        """Move ``out``, beyond which nothing is feasible, towards ``far`` as long as that stays so."""
        while abs(far - out) > 5e-4:
            middle = (out + far) / 2
            open_end = (0.0, middle) if upwards else (middle, 1.0)
            if self.feasible({**others, figure: open_end}):
                far = middle
            else:
                out = middle
        return out

    def _programme(self, figure: str, others: Mapping[str, Interval]) -> Interval:
        boxes = self._boxes(others)
        if boxes is None:
            return (0.0, 1.0)
        row, constant = self._expression(figure)
        rows, equal = self._system(others, boxes)
        ends = []
        for sign in (1, -1):
            value = self._solve(sign * row, rows, equal, self._variable_bounds(boxes))
            ends.append((0.0 if sign > 0 else 1.0) if value is None else sign * value + constant)
        return float(np.clip(ends[0], 0, 1)), float(np.clip(ends[1], 0, 1))

    def _part(self, position: int, values: np.ndarray | float) -> np.ndarray:
        """A row that is zero but for one of the four groups of variables: hits, false positives, precision, F1."""
        row = np.zeros((4, self.classes))
        row[position] = values
        return row.ravel()

    def _expression(self, figure: str) -> tuple[np.ndarray, float]:
        """A figure as ``row @ x + constant``."""
        way = self.averaging.get(figure, "macro")
        macro = 1 / self.classes
        if figure == "specificity":
            if way == "micro":
                return self._part(1, -1 / (self.classes - 1)), 1.0
            weight = macro if way == "macro" else self.share
            return self._part(1, -weight / (1 - self.share)), 1.0
        if figure == "accuracy" or way == "micro" or (figure == "recall" and way == "weighted"):
            return self._part(0, 1.0), 0.0
        if figure == "recall":
            return self._part(0, macro / self.share), 0.0
        return self._part(2 if figure == "precision" else 3, macro if way == "macro" else self.share), 0.0

    def _linear(self, figures: Mapping[str, Interval]) -> tuple[_Rows, tuple[np.ndarray, float]]:
        rows = _Rows()
        for k in range(self.classes):
            row = self._part(0, 1.0) - self._one(0, k) + self._one(1, k)
            rows.add(row, 1 - self.share[k])
        for figure, (low, high) in figures.items():
            row, constant = self._expression(figure)
            rows.add(row, high - constant)
            rows.add(-row, constant - low)
        return rows, (self._part(0, 1.0) + self._part(1, 1.0), 1.0)

    def _one(self, position: int, k: int) -> np.ndarray:
        row = np.zeros((4, self.classes))
        row[position, k] = 1
        return row.ravel()

    def _boxes(self, figures: Mapping[str, Interval]) -> np.ndarray | None:
        """Least and largest hits and false positives a class, (2, 2, K), from linear figures; ``None`` if none fit."""
        linear = {name: interval for name, interval in figures.items() if not self._curved(name)}
        boxes = np.stack([np.zeros((2, self.classes)), np.stack([self.share, 1 - self.share])], axis=1)
        if not linear or len(linear) == len(figures):
            return boxes  # no linear figures give no bounds, and without curved ones boxes are useless
        rows, equal = self._linear(linear)
        limits = self._variable_bounds(boxes)
        for group in (0, 1):
            for k in range(self.classes):
                for end, sign in ((0, 1), (1, -1)):
                    value = self._solve(sign * self._one(group, k), rows, equal, limits)
                    if value is None:
                        return None if not self.feasible(linear) else boxes
                    wider = sign * value - sign * _SLACK
                    boxes[group, end, k] = np.clip(wider, boxes[group, 0, k], boxes[group, 1, k])
        return boxes

    def _curved(self, figure: str) -> bool:
        return figure in _CURVED and self.averaging.get(figure, "macro") != "micro"

    def _solve(
        self, cost: np.ndarray, rows: _Rows, equal: tuple[np.ndarray, float], limits: list[Interval]
    ) -> float | None:
        from scipy.optimize import linprog

        solution = linprog(
            cost, A_ub=np.array(rows.matrix), b_ub=rows.limit, A_eq=equal[0][None], b_eq=[equal[1]], bounds=limits
        )
        return float(solution.fun) if solution.status == 0 else None

    def _variable_bounds(self, boxes: np.ndarray) -> list[Interval]:
        ends = [(boxes[0, 0], boxes[0, 1]), (boxes[1, 0], boxes[1, 1])]
        any_share = (np.zeros(self.classes), np.ones(self.classes))
        ends += [any_share] * 2 if self.folds > 1 else [self._precision(boxes), self._f1(boxes)]
        return [(float(low[k]), float(high[k])) for low, high in ends for k in range(self.classes)]

    @staticmethod
    def _precision(boxes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Least and largest precision over a box; 0 where a class is never predicted, as in scikit-learn."""
        (h_low, h_high), (f_low, f_high) = boxes
        low = np.divide(h_low, h_low + f_high, out=np.zeros_like(h_low), where=h_low > 0)
        high = np.divide(h_high, h_high + f_low, out=np.zeros_like(h_low), where=h_high > 0)
        return low, high

    def _f1(self, boxes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        (h_low, h_high), (f_low, f_high) = boxes
        return 2 * h_low / (self.share + h_low + f_high), 2 * h_high / (self.share + h_high + f_low)

    def _system(self, figures: Mapping[str, Interval], boxes: np.ndarray) -> tuple[_Rows, tuple[np.ndarray, float]]:
        rows, equal = self._linear(figures)
        curved = [name for name in _CURVED if any(self._curved(figure) and figure == name for figure in figures)]
        for k in range(self.classes) if curved else ():
            h, f, p, score = (self._one(group, k) for group in range(4))
            predicted = (boxes[0, 0, k] + boxes[1, 0, k], boxes[0, 1, k] + boxes[1, 1, k])
            if self.folds == 1:
                self._envelope(rows, h, p, h + f, 0.0, tuple(v[k] for v in self._precision(boxes)), predicted)
                f1_box = tuple(v[k] for v in self._f1(boxes))
                # 2 h = F1 (w + h + f), with w moved to the constant of the second factor.
                self._envelope(rows, 2 * h, score, h + f, self.share[k], f1_box, predicted)
            for t in _TOUCH:
                # F1 is concave in precision and recall, and below 2p / (1 + p) and 2r / (1 + r).
                for other in (p, h / self.share[k]):
                    slope = 2 / (1 + t) ** 2
                    rows.add(score - slope * other, 2 * t / (1 + t) - slope * t)
                for a, b in ((t, 1.0), (1.0, t)):
                    by_p, by_r = 2 * b**2 / (a + b) ** 2, 2 * a**2 / (a + b) ** 2
                    rows.add(score - by_p * p - by_r * h / self.share[k], 0.0)
        return rows, equal

    @staticmethod
    def _envelope(
        rows: _Rows,
        product: np.ndarray,
        a: np.ndarray,
        b: np.ndarray,
        offset: float,
        a_box: Interval,
        b_box: Interval,
    ) -> None:
        """McCormick's four planes around ``product = a (b + offset)`` for a and b in their boxes."""
        (a_low, a_high), (b_low, b_high) = a_box, (b_box[0] + offset, b_box[1] + offset)
        for a_end, b_end, sign in ((a_low, b_low, 1), (a_high, b_high, 1), (a_high, b_low, -1), (a_low, b_high, -1)):
            # sign 1: product >= a_end (b + offset) + b_end a - a_end b_end; sign -1: <=.
            rows.add(sign * (a_end * b + b_end * a - product), sign * (a_end * b_end - a_end * offset) + _SLACK)
