"""The steps of all lessons, in order. A new step is a file here that defines ``STEP``, and its name in ``_NAMES``."""

from __future__ import annotations

from importlib import import_module

from workbench.features.learn.step import Step

_NAMES = (
    "pixels",
    "where",
    "attention",
    "layers",
    "units",
    "confusion",
    "clusters",
    "leak",
    "plates",
)

STEPS: dict[str, Step] = {name: import_module(f"{__name__}.{name}").STEP for name in _NAMES}
#: Titles of the lessons, in order.
LESSONS: tuple[str, ...] = tuple(dict.fromkeys(step.lesson for step in STEPS.values()))
