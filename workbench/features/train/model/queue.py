"""The queue of waiting runs, shared by all sessions and the command line."""

from __future__ import annotations

import os
from dataclasses import dataclass

from fer_models.errors import UserError
from fer_models.training.runs import queue, side_by_side
from fer_models.training.runs.run import Run, list_runs
from workbench.app import machine, runs


@dataclass(frozen=True)
class Waiting:
    """A waiting run; ``title`` has network, data set and epochs."""

    run_id: str
    title: str


def waiting() -> list[Waiting]:
    """Waiting runs, the next one first."""
    return [Waiting(run.id, _title(run)) for run in queue.waiting_runs()]


def at_work() -> str | None:
    """Title of the run that holds the slot now."""
    return next((_title(run) for run in list_runs() if run.status().state == "running"), None)


def at_once() -> int | None:
    """How many runs train at once, on each GPU or without one; ``None`` where the environment decides.

    Raises:
        UserError: If a variable makes no sense.
    """
    variable = side_by_side.GPU_SLOTS if machine.describe().gpus else side_by_side.CPU_SLOTS
    return None if os.environ.get(variable) else side_by_side.chosen(variable)


def choose_at_once(count: int) -> None:
    """Let so many runs train at once, see :func:`fer_models.training.runs.side_by_side.choose`."""
    side_by_side.choose(count)


def move(run_id: str, steps: int) -> None:
    """Move a run towards the front (negative) or the back.

    Raises:
        UserError: If it is no longer waiting.
    """
    queue.move(runs.find(run_id), steps)


def _title(run: Run) -> str:
    try:
        recipe = run.recipe
    except UserError:
        return f"{run.id} (its recipe cannot be read)"
    return f"{runs.title(recipe)}, {recipe.epochs} {'epoch' if recipe.epochs == 1 else 'epochs'}"
