"""The sheet of a lesson: one HTML page to print, with what the class saw."""

from __future__ import annotations

import numpy as np

from workbench import state
from workbench.features.learn.model import document
from workbench.features.learn.model.document import Part
from workbench.features.learn.step import Answer, Scene, Step
from workbench.features.learn.steps import STEPS
from workbench.widgets import downloads

#: What each step showed, by its key.
Parts = dict[str, tuple[tuple[tuple[str, np.ndarray], ...], tuple[str, ...], str]]
PARTS = state.Kept("learn.parts")
#: The face and the network that the steps were shown for.
FACE = state.Kept("learn.parts of")


def keep(step: Step, scene: Scene, answer: Answer) -> None:
    """Keep what a step showed; another face or network starts a new sheet."""
    parts, shown_for = _parts(), (scene.picture.digest, scene.checkpoint.identity)
    if FACE.get() != shown_for:
        parts.clear()
        FACE.set(shown_for)
    parts[step.key] = (answer.pictures, answer.facts, answer.conclusion)


def _parts() -> Parts:
    """The parts of this session; always the same object."""
    if PARTS.get() is None:
        PARTS.set({})
    parts: Parts = PARTS.get()
    return parts


def button() -> None:
    """Draw the button that saves the sheet; steps that were not opened have their question and lines to write on."""
    parts = _parts()  # The page is written on download, when there is no session to ask.
    downloads.button(
        "Sheet",
        lambda: _page(parts),
        "lesson.html",
        key="learn sheet",
        help=(
            "A page to print: every question with lines to write on, what you have opened so far, and the answers. "
            "It contains the face that you chose."
        ),
        icon="print",
    )


def _page(seen: Parts) -> str:
    parts = []
    for number, step in enumerate(STEPS.values(), 1):
        pictures, facts, conclusion = seen.get(step.key, ((), (), ""))
        parts.append(
            Part(f"{number}. {step.title}", step.lesson, step.question, step.task, pictures, facts, conclusion)
        )
    return document.page(parts)
