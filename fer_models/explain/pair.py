"""Two heatmaps of one face against each other."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from fer_models.errors import UserError
from fer_models.explain.attribution import Attribution
from fer_models.explain.faithfulness.similarity import rank_correlation

#: Share of the pixels that count as the brightest.
_BRIGHTEST = 0.1


@dataclass(frozen=True)
class Pair:
    """How two maps of one face differ.

    Args:
        difference: float32 (H, W) in [-1, 1], the first heatmap minus the second, each a part of its largest value.
        correlation: Spearman's, of all pixels: 1 for the same order, 0 for unrelated ones.
        shared: Share of the brightest tenth of the first that is among the brightest tenth of the second; two unrelated
            maps share a tenth.
    """

    difference: np.ndarray
    correlation: float
    shared: float


def compare(a: Attribution, b: Attribution) -> Pair:
    """Compare the positive part of two maps, the coarser one brought to the size of the finer one.

    Args:
        a: One map, (1, H, W).
        b: Another of the same face in the same frame.

    Raises:
        UserError: If there is more than one map, or a map holds nothing positive.

    Example:
        >>> maps = np.zeros((2, 1, 4, 4), np.float32)
        >>> maps[0, 0, 0], maps[1, 0, 3] = 1, 2
        >>> top, bottom = (Attribution(m, "saliency", None, None, "logit", np.zeros(1, int), 0.0) for m in maps)
        >>> compare(top, bottom).difference[:, 0].tolist(), round(compare(top, top).correlation, 6)
        ([1.0, 0.0, 0.0, -1.0], 1.0)
    """
    if len(a.values) != 1 or len(b.values) != 1:
        raise UserError("Give two maps, one for each side.")
    if not (a.has_positive[0] and b.has_positive[0]):
        raise UserError("One of the two maps holds no positive evidence, so there is nothing to compare.")
    side = max(a.values.shape[1], b.values.shape[1])
    first, second = (_sized(each.heatmap()[0], side) for each in (a, b))
    correlation = float(rank_correlation(first[None], second[None])[0])
    count = max(1, round(_BRIGHTEST * first.size))
    brightest = [set(np.argsort(-each.ravel(), kind="stable")[:count].tolist()) for each in (first, second)]
    return Pair(first - second, correlation, len(brightest[0] & brightest[1]) / count)


def _sized(heat: np.ndarray, side: int) -> np.ndarray:
    return heat if heat.shape[0] == side else cv2.resize(heat, (side, side), interpolation=cv2.INTER_LINEAR)
