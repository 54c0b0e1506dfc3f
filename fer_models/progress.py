"""How long work reports how far it is."""

from __future__ import annotations

from collections.abc import Callable

#: Called with the fraction done in [0, 1] and a few words; an error that it raises stops the work.
Progress = Callable[[float, str], None]


def silent(fraction: float, message: str) -> None:
    """A :data:`Progress` that nobody listens to."""


def within(progress: Progress, start: float, end: float) -> Progress:
    """A :data:`Progress` for a part of the work, whose 0 to 1 is ``start`` to ``end`` of the whole.

    Example:
        >>> within(lambda fraction, message: print(fraction, message), 0.5, 1.0)(0.5, "half of the second half")
        0.75 half of the second half
    """
    return lambda fraction, message: progress(start + (end - start) * fraction, message)
