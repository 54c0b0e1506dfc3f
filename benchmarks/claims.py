"""How often the claims check refuses true figures, and finds false ones, by simulation: ``docs/statistics.md``.

Run: ``python benchmarks/claims.py [--repeats R]``.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from functools import partial

import numpy as np

from fer_models.evaluation.claims.check import check_claim
from fer_models.evaluation.metrics import accuracy, f1, precision, recall, specificity

#: Images of each class. CK+ as the papers use it, JAFFE, and FER2013's PublicTest.
SETS = {
    "CK+": (45, 18, 59, 25, 69, 28, 83),
    "JAFFE": (30, 29, 32, 31, 31, 30, 30),
    "PublicTest": (467, 56, 496, 895, 653, 415, 607),
}
FIGURES: dict[str, Callable[..., np.ndarray]] = {
    "accuracy": accuracy,
    "precision": precision,
    "recall": recall,
    "specificity": specificity,
    "f1": f1,
}


def matrix(counts: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """A random confusion matrix, 75 to 95 % right, with more of some confusions than of others."""
    level, rows = 0.75 + 0.2 * rng.random(), []
    for k, count in enumerate(counts):
        wrong = rng.dirichlet(np.full(len(counts), 0.5))
        wrong[k] = 0
        hits = np.clip(level + 0.08 * rng.normal(), 0.2, 0.99)
        chances = (1 - hits) * wrong / wrong.sum() + hits * np.eye(len(counts))[k]
        rows.append(rng.multinomial(count, chances / chances.sum()))
    return np.stack(rows)


def in_folds(table: np.ndarray, folds: int, rng: np.random.Generator) -> np.ndarray:
    """The images of a confusion matrix in stratified folds, (folds, K, K)."""
    parts, at = np.zeros((folds, *table.shape), int), 0
    for k, row in enumerate(table):
        for answer in rng.permutation(np.repeat(np.arange(len(row)), row)):
            parts[at % folds, k, answer] += 1
            at += 1
    return parts


def printed(tables: np.ndarray, *, cut: bool = False) -> dict[str, str]:
    """All figures in per cent with two digits, means over tables (folds, K, K); with ``cut`` digits are cut off."""
    values = {name: 100 * float(np.mean(figure(tables))) for name, figure in FIGURES.items()}
    return {name: f"{math.floor(100 * v + 1e-9) / 100 if cut else v:.2f}" for name, v in values.items()}


def share(repeats: int, claim: Callable[[], dict[str, object]]) -> float:
    """Share of claims, in per cent, that are refused."""
    return 100 * float(np.mean([not check_claim(claim(), search=False)["possible"] for _ in range(repeats)]))


def main() -> None:
    """Print for each set the share of true figures that is refused, by how they are printed, and of false ones."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=40)
    repeats = parser.parse_args().repeats
    for name, counts in SETS.items():
        rng = np.random.default_rng(0)
        base: dict[str, object] = {"counts": list(counts)}

        def one(*, cut: bool = False, said: bool = False, wrong: float = 0.0) -> dict[str, object]:
            figures = printed(matrix(counts, rng)[None], cut=cut)  # noqa: B023
            if wrong:
                chosen = str(rng.choice(list(FIGURES)))  # noqa: B023
                figures[chosen] = f"{min(float(figures[chosen]) + wrong, 100):.2f}"
            return base | figures | ({"truncated": True} if said else {})  # noqa: B023

        def means(folds: int, *, said: bool) -> dict[str, object]:
            figures = printed(in_folds(matrix(counts, rng), folds, rng))  # noqa: B023
            return base | figures | ({"folds": folds} if said else {})  # noqa: B023

        print(f"{name}, {sum(counts):,} images, {repeats} rows a line: refused, %")
        print(f"  true, rounded: {share(repeats, one):.0f}")
        print(
            f"  true, digits cut off: {share(repeats, partial(one, cut=True)):.0f}, "
            f"said: {share(repeats, partial(one, cut=True, said=True)):.0f}"
        )
        for folds in (5, 10):
            unsaid, said = (share(repeats, partial(means, folds, said=s)) for s in (False, True))
            print(f"  true, means over {folds} folds: {unsaid:.0f}, said: {said:.0f}")
        print(f"  one of five figures 3 points too high: {share(repeats, partial(one, wrong=3)):.0f}", flush=True)


if __name__ == "__main__":
    main()
