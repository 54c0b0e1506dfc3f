"""Swap tests: if two are equally good, exchanging what they gave for an image changes nothing but by chance.

The units that are exchanged are single images, or whole groups of them, such as all images of one person. Such a test
keeps to its error rate at any number of images, which the bootstrap does not below about a hundred.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from fer_models.evaluation.intervals import DEFINED, PIECE

#: Differences this close to the measured one count as equal to it.
_ROUNDING = 1e-6


def exact_sign_p(differences: np.ndarray) -> float:
    """Two-sided p-value of a sum of whole numbers whose signs are as likely to be the other way round.

    Args:
        differences: int (G,), for each unit how many images the first gets right less those that the second does. Of
            single images they are -1, 0 and 1, and the test is McNemar's exact one.

    Example:
        >>> exact_sign_p(np.array([1, 1, 1, 1, 1, 0, 0]))
        0.0625

    Source:
        Fisher, "The design of experiments", 1935, section 21; every one of the 2^G signs is counted.
    """
    steps = np.abs(differences[differences != 0])
    total = int(steps.sum())
    chances = np.zeros(2 * total + 1)  # of every sum from -total to total
    chances[total] = 1.0
    for step in steps.tolist():
        moved = np.zeros_like(chances)
        moved[step:] += chances[:-step] / 2
        moved[:-step] += chances[step:] / 2
        chances = moved
    far = np.abs(np.arange(-total, total + 1)) >= abs(int(differences.sum()))
    return float(min(1.0, chances[far].sum()))


def swaps(n: int, draws: int, seed: int = 0, units: np.ndarray | None = None) -> Iterator[np.ndarray]:
    """Which of n images change sides in each draw: pieces of float32 (draws in the piece, n) of 0 and 1.

    Args:
        n: Number of images.
        draws: At most so many random draws; where there are no more possible ones, each of these once.
        seed: Of the draws.
        units: int64 (N,), groups of images that change sides together; ``None`` for single images.
    """
    of_group = np.arange(n) if units is None else np.unique(units, return_inverse=True)[1].reshape(-1)
    groups = int(of_group.max()) + 1 if n else 0
    if possible(groups, draws):
        yield (np.arange(2**groups)[:, None] >> np.arange(groups) & 1)[:, of_group].astype(np.float32)
        return
    rng = np.random.default_rng(seed)
    step = max(1, PIECE // max(n, 1))
    for start in range(0, draws, step):
        drawn = rng.integers(0, 2, (min(step, draws - start), groups), dtype=np.int8)
        yield (drawn if units is None else drawn[:, of_group]).astype(np.float32)


def possible(groups: int, draws: int) -> bool:
    """Whether all exchanges of so many groups can be counted in so many draws."""
    return groups < 30 and 2**groups <= draws


def swap_p(
    difference: Callable[[np.ndarray], np.ndarray],
    n: int,
    *,
    draws: int = 2000,
    units: np.ndarray | None = None,
) -> float | None:
    """Two-sided p-value of a difference, from random swaps.

    Args:
        difference: Gives the difference (R,) for swaps float32 (R, N); of no swap it is the difference as it is.
        n: Number of images.
        draws: Number of random swaps.
        units: Groups of images that change sides together.

    Returns:
        The share of all swaps with a difference at least as large, or (1 + their number) / (1 + draws) of random ones;
        those where it is undefined are left out. ``None`` where it is undefined itself, or in more than a tenth.

    Source:
        Phipson and Smyth, "Permutation p-values should never be zero", 2010.
    """
    measured = float(difference(np.zeros((1, n), np.float32))[0])
    if not np.isfinite(measured):
        return None
    drawn = np.concatenate([difference(each) for each in swaps(n, draws, units=units)])
    defined = drawn[np.isfinite(drawn)]
    if len(defined) < DEFINED * len(drawn):
        return None
    as_large = int((np.abs(defined) >= abs(measured) - _ROUNDING * max(1.0, abs(measured))).sum())
    if possible(n if units is None else len(np.unique(units)), draws):
        return as_large / len(defined)  # the exchange of none is among them
    return (1 + as_large) / (1 + len(defined))


def mean_swap_p(differences: np.ndarray, *, draws: int = 2000, units: np.ndarray | None = None) -> float:
    """Two-sided p-value of the mean of paired differences of any size, from random signs.

    Args:
        differences: float (N,).
        draws: Number of random signs.
        units: int64 (N,), groups of images whose differences change signs together; ``None`` for single images.

    Example:
        >>> mean_swap_p(np.array([0.2, 0.3])) > 0.4  # two images prove nothing
        True
    """
    values = np.asarray(differences, np.float64)
    p = swap_p(lambda drawn: (1 - 2 * drawn) @ values / len(values), len(values), draws=draws, units=units)
    return 1.0 if p is None else p
