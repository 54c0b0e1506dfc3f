"""How much the best of many epochs flatters a run, from the run's own history."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

#: Epochs on each side that stand for an epoch's worth.
_BESIDE = 2
#: Shorter histories say too little.
FEWEST_EPOCHS = 5
_DRAWS = 1000


def flattery(history: Sequence[float], seed: int = 0) -> float | None:
    """By how much the figure of the best epoch lies above what that epoch is worth, on average.

    What an epoch is worth is read from the straight line through its five neighbours. The deviations from it get random
    signs (they are larger in early epochs, so each stays with its own), the best epoch is chosen as training does,
    and its deviation is averaged.

    Args:
        history: Figure of every epoch, higher is better, as the network was chosen by it.
        seed: Of the draws.

    Returns:
        In the unit of the history; ``None`` for fewer than five epochs.

    Example:
        >>> round(flattery([0.5] * 10), 6), flattery([0.5, 0.6])
        (0.0, None)
        >>> noisy = 0.6 + 0.01 * np.random.default_rng(0).normal(size=60)
        >>> flattery(noisy) > flattery(noisy[:10]) > 0
        True
    """
    values = np.asarray(history, np.float64)
    if len(values) < FEWEST_EPOCHS:
        return None
    places = np.arange(len(values))
    smooth = np.stack([_line(places - here) for here in places])
    worth = smooth @ values
    # A value pulls its own line towards itself, which makes its deviation smaller than it is.
    deviations = (values - worth) / np.sqrt(1 - smooth.diagonal())
    drawn = np.random.default_rng(seed).choice((-1, 1), (_DRAWS, len(values))) * deviations
    best = (worth + drawn).argmax(1)
    return max(0.0, float(np.take_along_axis(drawn, best[:, None], 1).mean()))


def _line(distance: np.ndarray) -> np.ndarray:
    """Weights, float64 (E,), of the straight line through the neighbours at distance 0, by least squares."""
    near = np.abs(distance) <= _BESIDE
    design = np.stack([near, near * distance], 1).astype(np.float64)
    weights: np.ndarray = np.linalg.pinv(design)[0] * near
    return weights
