"""A figure as the project writes it everywhere: with its interval, n, split and selection rule."""

from __future__ import annotations

import math
import re

#: What a recipe's monitor is called in a sentence.
MONITORS = {"val_accuracy": "accuracy", "val_loss": "loss", "val_macro_recall": "macro recall"}
#: Beginnings of recorded rules that are whole phrases, and no name of a part.
_PHRASES = ("selected", "not selected", "best", "last", "each member's own: ")
#: Between the parts of a figure's sentence.
DOT = " · "


def percent_text(share: float) -> str:
    """``70.3 %`` for 0.703."""
    return f"{100 * share:.1f} %"


def interval_text(
    value: float, low: float | None, high: float | None, percent: bool = True, *, unit: bool = True
) -> str:
    """``70.3 % [68.8, 71.8]`` for shares in [0, 1], ``0.643 [0.627, 0.660]`` for other figures.

    Without brackets where there is no interval, an en dash where there is no value.

    Args:
        value, low, high: On the scale of the metric; the ends are ``None`` or NaN where there is no interval.
        percent: Whether the figure is a share, shown in per cent.
        unit: Whether the sign for per cent follows; a column's head may say it instead.
    """
    if math.isnan(value):
        return "–"
    scale, digits, sign = (100, 1, " %" if unit else "") if percent else (1, 3, "")
    figure = f"{scale * value:.{digits}f}{sign}"
    if low is None or high is None or math.isnan(low) or math.isnan(high):
        return figure
    return f"{figure} [{scale * low:.{digits}f}, {scale * high:.{digits}f}]"


def count_text(n: int, people: int | None = None, photographs: int | None = None) -> str:
    """``3,589``, ``981 images of 118 people`` or ``3,589 images of 3,481 photographs``, where some are copies."""
    return f"{n:,}" if people is photographs is None else images_text(n, people, photographs)


def images_text(n: int, people: int | None = None, photographs: int | None = None) -> str:
    """``3,589 images``, or as :func:`count_text`."""
    if people is not None:
        return f"{n:,} images of {people:,} {'person' if people == 1 else 'people'}"
    if photographs is not None:
        return f"{n:,} images of {photographs:,} {'photograph' if photographs == 1 else 'photographs'}"
    return f"{n:,} images"


def part_text(split: str) -> str:
    """The name of a part in a sentence: ``validation`` for ``val``, and every other one as it is.

    Example:
        >>> part_text("val"), part_text("PublicTest")
        ('validation', 'PublicTest')
    """
    return "validation" if split == "val" else split


def selection_text(rule: str, *, brief: bool = False) -> str:
    """How the weights were chosen, in words, from the rule as it is recorded.

    Args:
        rule: The part that the epoch was chosen on, or a phrase such as ``best epoch by val_accuracy on val``.
        brief: Whether what made up a part, in brackets, is left out.

    Example:
        >>> selection_text("PublicTest"), selection_text("best epoch by val_accuracy on val")
        ('epoch chosen on PublicTest', 'best epoch by accuracy on validation')
        >>> selection_text("validation part (Official, seed 0)", brief=True)
        'epoch chosen on its validation part'
    """
    words = rule.partition(" (")[0] if brief else rule
    if not words.lower().startswith(_PHRASES):
        return f"epoch chosen on {'its ' if words.startswith('validation part') else ''}{part_text(words)}"
    words = re.sub(r"val_[a-z_]+", lambda found: MONITORS.get(found.group(), found.group()), words)
    return re.sub(r" on val$", " on validation", re.sub(r" on (?=validation part)", " on its ", words))


def figure_sentence(
    value: float,
    low: float | None,
    high: float | None,
    n: int | str | None,
    split: str,
    selection: str,
    *,
    percent: bool = True,
) -> str:
    """``70.3 % [68.8, 71.8] · n = 3,589 · PublicTest · epoch chosen on Training folds``.

    Args:
        value, low, high: on the scale of the metric: shares in [0, 1] when ``percent``.
        n: number of images, or words such as ``981 images of 118 people``; left out where it is ``None``.
        split: the part that was measured.
        selection: on what the network was selected, for instance ``"Training folds"``, see :func:`selection_text`;
            ``""`` leaves it out.
        percent: whether the figure is a share.
    """
    parts = [
        interval_text(value, low, high, percent),
        *([] if n is None else [f"n = {n if isinstance(n, str) else count_text(n)}"]),
        split,
    ]
    if selection:
        parts.append(selection_text(selection))
    return DOT.join(parts)
