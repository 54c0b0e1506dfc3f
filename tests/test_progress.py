"""One kind of progress callback in the whole library."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fer_models.progress import silent, within

ROOT = Path(__file__).resolve().parents[1]
#: A callback for a share or a count of work.
CALLBACK = re.compile(r"Callable\[\[(float|int)( \| None)?(, (float|int|str))?\], (None|Any)\]")


def test_a_part_of_the_work_lies_within_the_whole() -> None:
    steps: list[tuple[float, str]] = []
    half = within(lambda fraction, message: steps.append((fraction, message)), 0.5, 1.0)
    for fraction in (0.0, 0.5, 1.0):
        within(half, 0.0, 0.5)(fraction, "now")
    assert steps == [(0.5, "now"), (0.625, "now"), (0.75, "now")]
    silent(0.5, "nobody hears it")


def test_an_error_of_the_listener_stops_the_work() -> None:
    def stop(fraction: float, message: str) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        within(stop, 0.0, 1.0)(0.5, "")


def test_there_is_no_other_signature() -> None:
    for file in (ROOT / "fer_models").rglob("*.py"):
        if file != ROOT / "fer_models" / "progress.py":
            assert not CALLBACK.search(file.read_text(encoding="utf-8")), file
    assert CALLBACK.search("told: Callable[[float | None, int], None]")
    assert CALLBACK.search("progress: Callable[[int, int], None]")
