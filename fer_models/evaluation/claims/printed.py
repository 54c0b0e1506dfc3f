"""What a paper prints, read from a claim: class counts, averaging, and figures as intervals of shares."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from fer_models.errors import UserError
from fer_models.evaluation.claims.bounds import AVERAGINGS, FIGURES, Interval


def counts(given: Any) -> np.ndarray:
    """Images of each class, int64 (K,).

    Raises:
        UserError: If they are missing or not positive whole numbers.
    """
    values = list(given.values()) if isinstance(given, Mapping) else given
    if not isinstance(values, (list, tuple)) or len(values) < 2:
        raise UserError('A claim needs "counts", the images of each class, for instance {"happy": 895, "sad": 653}.')
    for value in values:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value != int(value) or value < 1:
            raise UserError(
                f"Every class's count is a whole number of at least 1, not {value!r}; leave out empty classes."
            )
    return np.array(values, np.int64)


def averaging(given: Any) -> dict[str, str]:
    """How each figure is averaged over the classes.

    Raises:
        UserError: If it is none of the known ways.
    """
    ways = dict(given) if isinstance(given, Mapping) else dict.fromkeys(FIGURES, given)
    for name, way in ways.items():
        if name not in FIGURES or way not in AVERAGINGS:
            raise UserError(
                f'"averaging" is one of {", ".join(AVERAGINGS)}, for all figures or by figure, not {way!r}.'
            )
    return {name: ways.get(name, "macro") for name in FIGURES}


def figures(claim: Mapping[str, Any]) -> dict[str, Interval]:
    """Each figure as the interval of shares that its digits allow.

    Raises:
        UserError: If there is none, or one is no percentage.
    """
    found = {}
    for name in FIGURES:
        if claim.get(name) is None:
            continue
        try:
            value = float(str(claim[name]).strip().rstrip("%"))
        except ValueError:
            value = math.nan
        if not 0 <= value <= 100 or isinstance(claim[name], bool):
            raise UserError(f'"{name}" is a percentage between 0 and 100, not {claim[name]!r}.')
        half = _half_width(claim.get("rounding"), str(claim[name])) + 1e-9
        below = 1e-9 if claim.get("truncated") else half
        above = 2 * half if claim.get("truncated") else half
        found[name] = (max(0.0, (value - below) / 100), min(1.0, (value + above) / 100))
    if not found:
        raise UserError(f"A claim needs at least one of {', '.join(FIGURES)}, in per cent.")
    return found


def _half_width(rounding: Any, printed: str) -> float:
    if rounding is None:
        _, point, decimals = printed.strip().rstrip("% ").partition(".")
        # JSON drops closing zeros and writes 95 as 95.0: take what is left as rounded at its last digit.
        return 0.5 * 10.0 ** -(len(decimals.rstrip("0")) if point else 0)
    try:
        if isinstance(rounding, bool):
            raise ValueError
        value = float(rounding)
        if isinstance(rounding, int) or str(rounding).strip().isdigit():
            return 0.5 * 10.0**-value
    except (TypeError, ValueError):
        value = -1.0
    if not 0 <= value < 50:
        raise UserError(f'"rounding" is a number of decimals (2) or of points (0.005), not {rounding!r}.')
    return value


def folds(given: Any) -> int:
    """Over how many folds the figures are means; 1 where they are of one test.

    Raises:
        UserError: If it is no whole number from 1 to 100.
    """
    if given is None:
        return 1
    if isinstance(given, bool) or not isinstance(given, (int, float)) or given != int(given) or not 1 <= given <= 100:
        raise UserError(f'"folds" is the number of folds that the figures are means over, such as 10, not {given!r}.')
    return int(given)
