"""Numbers that stand for emotions: the orders that data sets use."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from fer_models.errors import UserError
from fer_models.labels import FER8

#: Option of readers of numbered labels; the first is used where nothing else is known.
CODINGS = ("fer2013", "alphabetical", "affectnet", "rafdb", "ferplus")
_ORDERS = {
    "fer2013": FER8,
    "affectnet": ("neutral", "happy", "sad", "surprise", "fear", "disgust", "angry", "contempt"),
    "ferplus": ("neutral", "happy", "surprise", "sad", "angry", "disgust", "fear", "contempt"),
    "rafdb": ("surprise", "fear", "disgust", "happy", "sad", "angry", "neutral"),
}
_TITLES = {
    "fer2013": "FER2013's order",
    "alphabetical": "alphabetical order",
    "affectnet": "AffectNet's order",
    "rafdb": "RAF-DB's order",
    "ferplus": "FERPlus' order",
}
_NUMBER = re.compile(r"(-?[0-9]{1,9})(\.0*)?")


def code(word: str) -> int | None:
    """The whole number that a label is, such as ``3`` or ``3.0``; ``None`` for any other word."""
    match = _NUMBER.fullmatch(word)
    return None if match is None else int(match.group(1))


def order_of(coding: str, codes: Collection[int]) -> dict[int, str]:
    """Class name of each number in a coding.

    Args:
        coding: One of :data:`CODINGS`.
        codes: The numbers that occur; the alphabetical order depends on how many classes there are, and on whether
            they are counted from 0 or 1.

    Example:
        >>> order_of("alphabetical", range(7))[4]
        'neutral'
    """
    if coding == "rafdb":
        return dict(enumerate(_ORDERS[coding], 1))
    if coding != "alphabetical":
        return dict(enumerate(_ORDERS[coding]))
    first = 1 if min(codes, default=0) == 1 else 0
    many = max(codes, default=0) - first >= len(FER8) - 1
    return dict(enumerate(sorted(FER8 if many else FER8[:-1]), first))


def named(words: Sequence[str], coding: str, where: Sequence[str]) -> tuple[list[str | None], tuple[str, ...]]:
    """Class names of numbers, ``None`` for empty words, and the note on how they were read.

    Args:
        words: Labels, each a number or empty.
        coding: One of :data:`CODINGS`.
        where: What each label is called in a message, such as ``"list.csv, line 3"``.

    Raises:
        UserError: If a number has no class in the coding.
    """
    codes = [code(word) for word in words]
    order = order_of(coding, {number for number in codes if number is not None})
    for word, number, place in zip(words, codes, where, strict=True):
        if word and number not in order:
            raise UserError(
                f"{place}: label {word[:20]!r} is not one of {min(order)} to {max(order)} "
                f"({_TITLES[coding]}); use class "
                f"names, or another coding with :labels=..., one of {', '.join(CODINGS)}."
            )
    names = [None if number is None else order[number] for number in codes]
    return names, (note(coding, order),)


def note(coding: str, order: dict[int, str]) -> str:
    """How numbered labels were read where another coding can be chosen, in a sentence."""
    return f"{fixed_note(coding, order).rstrip('.')}; another one: :labels=alphabetical, affectnet ..."


def fixed_note(coding: str, order: dict[int, str]) -> str:
    """How the numbers of a set with one coding were read, in a sentence.

    Example:
        >>> fixed_note("rafdb", {1: "surprise", 2: "fear"})
        "Labels are numbers, read in RAF-DB's order: 1 surprise, 2 fear."
    """
    listed = ", ".join(f"{number} {name}" for number, name in order.items())
    return f"Labels are numbers, read in {_TITLES[coding]}: {listed}."
