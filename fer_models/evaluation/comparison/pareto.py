"""Which networks are worth their cost: the Pareto front of accuracy against cost."""

from __future__ import annotations

from collections.abc import Sequence


def pareto_front(points: Sequence[tuple[float, float]]) -> list[int]:
    """Positions of the (cost, accuracy) points than which none is as cheap and as accurate, the cheapest first.

    Args:
        points: Cost, smaller is better, and accuracy, larger is better, in any units.

    Example:
        >>> pareto_front([(2.0, 0.6), (1.0, 0.5), (3.0, 0.55)])
        [1, 0]
    """
    order = sorted(range(len(points)), key=lambda i: (points[i][0], -points[i][1]))
    best, front = float("-inf"), []
    for i in order:
        if points[i][1] > best:
            best = points[i][1]
            front.append(i)
    return front
