"""Claims check: can one confusion matrix give all the figures that a paper prints, and if not, why not."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np

from fer_models.evaluation.claims import printed
from fer_models.evaluation.claims.bounds import FIGURES, ClaimBounds, Interval
from fer_models.evaluation.claims.witness import find_matrix

_WORDS = {
    "accuracy": "accuracy",
    "recall": "recall",
    "specificity": "specificity",
    "precision": "precision",
    "f1": "F1",
}
#: Fields of a claim that describe it and are not checked.
_DESCRIPTION = frozenset(("name", "title", "paper", "method", "data", "dataset", "protocol", "source", "note", "notes"))
_SETTINGS = frozenset(("counts", "averaging", "rounding", "truncated", "folds"))
_FOUND = "The confusion matrix below gives all of these figures."
#: Reasons are looked for among at most this many figures together.
_MOST_TOGETHER = 4


def check_claim(claim: Mapping[str, Any], *, search: bool = True) -> dict[str, Any]:
    """Whether one confusion matrix can give all the figures of a claim.

    Args:
        claim: ``counts``: pictures of each class, ``{class: n}`` or ``[n, ...]``; any of ``accuracy``, ``precision``,
            ``recall``, ``specificity``, ``f1`` in per cent; ``averaging``: ``"macro"`` (default), ``"micro"`` or
            ``"weighted"``, for all figures or ``{figure: averaging}``; ``rounding``: a whole number is the decimals
            that the figures are rounded to (2 for 82.89), a number with a point the points that they may be off (0.01);
            without it, each figure is taken as rounded at its last digit;
            ``truncated``: ``True`` where digits were cut off instead of rounded; ``folds``: how many folds the figures
            are means over, whose class shares are as equal as whole images allow.
        search: Whether to look for a matrix where there is no contradiction; it takes about a second.

    Returns:
        ``{"possible": bool, "reasons": [sentence, ...], "matrix": rows or None}``. False is certain: no matrix gives
        these figures. True means that no contradiction was found; where a matrix was found, it is there. F1 is the
        average over classes of each class's F1; a printed macro F1 that is the harmonic mean of the printed macro
        precision and recall is accepted as that. A class that is never predicted has precision 0.

    Raises:
        UserError: If the counts are missing or not positive whole numbers, no figure is given, or one is no percentage.
    """
    counts = printed.counts(claim.get("counts"))
    averaging = printed.averaging(claim.get("averaging", "macro"))
    figures = printed.figures(claim)
    unknown = [key for key in claim if key not in FIGURES and key not in _SETTINGS and key not in _DESCRIPTION]
    notes = [f"Not checked: {', '.join(map(str, unknown))}."] if unknown else []
    folds = printed.folds(claim.get("folds"))
    model = ClaimBounds(counts, averaging, folds)
    figures = model.widened(figures)
    whole, reasons = (figures, []) if folds > 1 else _whole_pictures(figures, averaging, int(counts.sum()))
    if not reasons and model.feasible(whole):
        matrix = find_matrix(counts, averaging, whole) if search and folds == 1 else None
        sentence = _no_contradiction(figures, averaging) if matrix is None else _FOUND
        rows = None if matrix is None else matrix.tolist()
        return {"possible": True, "reasons": [sentence, *notes], "matrix": rows}
    if not reasons and _is_harmonic(figures, averaging):
        rest = {name: interval for name, interval in whole.items() if name != "f1"}
        if model.feasible(rest):
            sentence = (
                "The printed F1 is the harmonic mean of the printed precision and recall, so it says nothing more."
            )
            reasons = [sentence, _no_contradiction(rest, averaging), *notes]
            return {"possible": True, "reasons": reasons, "matrix": None}
    return {"possible": False, "reasons": [*reasons, *_reasons(model, counts, figures), *notes], "matrix": None}


def _whole_pictures(
    figures: Mapping[str, Interval], averaging: Mapping[str, str], n: int
) -> tuple[dict[str, Interval], list[str]]:
    """Figures that equal accuracy are hits over n: cut their intervals to whole hits, or say that there is none."""
    cut, reasons = dict(figures), []
    for name, (low, high) in figures.items():
        is_accuracy = name == "accuracy" or (averaging[name] == "micro" and name != "specificity")
        if is_accuracy or (name == "recall" and averaging[name] == "weighted"):
            first, last = math.ceil(low * n - 1e-7), math.floor(high * n + 1e-7)
            if first > last:
                share, what = (low + high) / 2, _name(name, averaging)
                reasons.append(
                    f"{what} of {100 * share:.4g} % of {n:,} images would be {share * n:,.2f} images: "
                    f"neither {last:,} nor {first:,} right ones round to it."
                )
            else:
                cut[name] = (first / n, last / n)
    return cut, reasons


def _is_harmonic(figures: Mapping[str, Interval], averaging: Mapping[str, str]) -> bool:
    if not {"precision", "recall", "f1"} <= set(figures) or averaging["f1"] == "micro":
        return False

    def mean(p: float, r: float) -> float:
        return 2 * p * r / (p + r) if p + r else 0.0

    (p_low, p_high), (r_low, r_high), (low, high) = (figures[name] for name in ("precision", "recall", "f1"))
    return mean(p_low, r_low) <= high and low <= mean(p_high, r_high)


def _name(figure: str, averaging: Mapping[str, str]) -> str:
    word = _WORDS[figure]
    return word.capitalize() if figure == "accuracy" else f"{averaging[figure].capitalize()} {word}"


def _inline(figure: str, averaging: Mapping[str, str]) -> str:
    """The figure's name within a sentence."""
    name = _name(figure, averaging)
    return name[0].lower() + name[1:]


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _no_contradiction(figures: Mapping[str, Interval], averaging: Mapping[str, str]) -> str:
    names = [_inline(name, averaging) for name in figures]
    return (
        f"No contradiction found between {_listed(names)} and the class counts; that does not prove that a matrix "
        "exists."
    )


def _reasons(model: ClaimBounds, counts: np.ndarray, figures: Mapping[str, Interval]) -> list[str]:
    """A sentence for every smallest set of figures that contradict one another."""
    contradictions: list[frozenset[str]] = []
    reasons = []
    for size in range(1, min(len(figures), _MOST_TOGETHER) + 1):
        for names in combinations(figures, size):
            if any(smaller <= set(names) for smaller in contradictions):
                continue
            if not model.feasible({name: figures[name] for name in names}):
                contradictions.append(frozenset(names))
                reasons.append(_sentence(model, counts, figures, names))
    if not contradictions and len(figures) > _MOST_TOGETHER:
        reasons.append("No four of the figures contradict each other, but all of them together do.")
    return reasons


def _sentence(model: ClaimBounds, counts: np.ndarray, figures: Mapping[str, Interval], names: tuple[str, ...]) -> str:
    target, others = names[0], names[1:]
    low, high = model.bounds(target, {name: figures[name] for name in others}, figures[target])
    claimed_low, claimed_high = figures[target]
    claimed = f"{50 * (claimed_low + claimed_high):.4g} %"
    premises = [f"{_inline(name, model.averaging)} {50 * sum(figures[name]):.4g} %" for name in others]
    verb = "forces" if len(others) == 1 else "together force"
    subject = _inline(target, model.averaging)
    if not others:
        within = f"between {_floor(low)} and {_ceil(high)}"
        return f"{_name(target, model.averaging)} lies {within} for these counts, but {claimed} is claimed."
    if claimed_high < low:
        bound = f"{verb} {subject} to at least {_floor(low)}, but {claimed} is claimed"
    elif claimed_low > high:
        bound = f"{verb} {subject} to at most {_ceil(high)}, but {claimed} is claimed"
    else:
        bound = (
            f"leave no room for {subject} {claimed}" if len(others) > 1 else f"leaves no room for {subject} {claimed}"
        )
    why = _why(model, counts, figures, set(names))
    subjects = _listed(premises)
    return f"{subjects[0].upper()}{subjects[1:]} {bound}{why}."


def _why(model: ClaimBounds, counts: np.ndarray, figures: Mapping[str, Interval], names: set[str]) -> str:
    """The reasoning for the commonest pairs, in words."""
    largest = 100 * counts.max() / counts.sum()
    if names == {"accuracy", "recall"} and model.averaging["recall"] == "macro":
        missed = len(counts) * (1 - figures["recall"][0])
        return (
            f": the missed shares of the {len(counts)} classes add up to {missed:.3f} at most, and even if all of them "
            f"lay in the largest class, which holds {largest:.1f} % of the images, that would cost "
            f"{missed * largest:.1f} % of the images and leave {100 - missed * largest:.1f} %"
        )
    if names == {"accuracy", "specificity"} and model.averaging["specificity"] == "macro":
        return (
            ": every error is a false positive of one class only, and it lowers the mean specificity most in the "
            f"largest class ({largest:.1f} % of the images)"
        )
    if names == {"recall", "precision", "f1"} and len({model.averaging[name] for name in names}) == 1:
        return ": the mean of the classes' F1 is never above the harmonic mean of mean precision and mean recall"
    return ""


def _floor(share: float) -> str:
    return f"{math.floor(share * 10000 + 1e-6) / 100:.2f} %"


def _ceil(share: float) -> str:
    return f"{math.ceil(share * 10000 - 1e-6) / 100:.2f} %"
