"""What a metric is: its words, its direction and its function, in one registry that pages and commands list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from fer_models.registry import Registry


@dataclass(frozen=True)
class Metric:
    """One figure of merit.

    Args:
        title: short name for a table's head.
        sentence: what it tells, in one sentence.
        direction: which way is better.
        needs: ``"confusion"``: ``function(tables)`` maps counts (..., K, K), rows true, to (...).
            ``"probabilities"``: ``function(targets, probabilities, weights)`` maps int (N,), float (N, K) and row
            weights (..., N) or ``None`` to (...).
        percent: whether a page shows 100 times the value with a per cent sign.
        hits: for a share of images, which images count: maps targets (N,), probabilities (N, K) and predictions (N,) to
            bool (N,). Its interval is Wilson's; ``None`` for other figures, which are resampled.
        chance: for a figure that few images make larger, what a perfect network would show with these probabilities:
            maps them and a number of draws to (R,). Estimates are corrected; ``None`` for other figures.

    Example:
        >>> from fer_models.evaluation.metrics import METRICS
        >>> table = np.array([[8, 2], [5, 5]])  # rows are true classes
        >>> float(METRICS["accuracy"].function(table)), METRICS["accuracy"].direction
        (0.65, 'higher')
    """

    title: str
    sentence: str
    direction: Literal["higher", "lower"]
    needs: Literal["confusion", "probabilities"]
    function: Callable[..., Any]
    percent: bool = True
    hits: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray] | None = None
    chance: Callable[[np.ndarray, int], np.ndarray] | None = None

    def value(self, table: np.ndarray, targets: np.ndarray, probabilities: np.ndarray) -> float:
        """The figure of N images, NaN where there is none or a probability is not finite.

        Args:
            table: Counts (K, K), rows true. targets: int (N,). probabilities: float (N, K).
        """
        if not len(targets) or not np.isfinite(probabilities).all():
            return float("nan")
        needed = (table,) if self.needs == "confusion" else (targets, probabilities, None)
        return float(self.function(*needed))

    def better(self, a: float, b: float) -> bool:
        """Whether value ``a`` is better than value ``b``."""
        return a > b if self.direction == "higher" else a < b


#: Every metric by its key; modules of metrics add theirs when they are imported (see ``metrics.py``).
METRICS: Registry[Metric] = Registry("metric")
