"""The steps of all lessons, in order. A new step is a file here that defines ``STEP``, and its name in ``_NAMES``."""

from __future__ import annotations

from importlib import import_module

from fer_models import plugins
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

#: Those of plug-ins come last.
STEPS: dict[str, Step] = {
    **{name: import_module(f"{__name__}.{name}").STEP for name in _NAMES},
    **{step.key: step for step in plugins.collect("steps") if step.key not in _NAMES},
}
#: Titles of the lessons, in order.
LESSONS: tuple[str, ...] = tuple(dict.fromkeys(step.lesson for step in STEPS.values()))
