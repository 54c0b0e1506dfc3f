"""What a page reads from disk once a run, however many of its parts ask for it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

T = TypeVar("T")
_read: ContextVar[dict[Callable[[], Any], Any] | None] = ContextVar("read in this run", default=None)


@contextmanager
def a_run() -> Iterator[None]:
    """Within the block, functions of :func:`once` keep what they return; the next block reads again."""
    token = _read.set({})
    try:
        yield
    finally:
        _read.reset(token)


def once(read: Callable[[], T]) -> Callable[[], T]:
    """The function, which within :func:`a_run` is called once; callers share its result and do not change it.

    Outside a run, such as in a job, it is called every time.

    Example:
        >>> numbers = iter(range(3))
        >>> following = once(lambda: next(numbers))
        >>> following()
        0
        >>> with a_run():
        ...     following(), following()
        (1, 1)
    """

    @functools.wraps(read)
    def kept() -> T:
        values = _read.get()
        if values is None:
            return read()
        if read not in values:
            values[read] = read()
        value: T = values[read]
        return value

    return kept


def forget() -> None:
    """Have the rest of the run read anew, after it changed what is on disk."""
    values = _read.get()
    if values is not None:
        values.clear()
