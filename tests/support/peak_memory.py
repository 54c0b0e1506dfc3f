"""How far the memory of this process rises; its peak since the start would also hold what other tests took."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from fer_models import system


@contextmanager
def memory_rises_less_than(megabytes: int) -> Iterator[None]:
    """Assert that the process never held so much more than at the start; only Linux can tell."""
    before = system.forget_peak_memory()
    yield
    if before is None:
        return
    risen = (system.peak_memory() - before) / 1e6
    assert risen < megabytes, f"{risen:.0f} MB more than before"
