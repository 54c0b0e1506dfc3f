"""The queue of waiting runs, shared by all sessions and the command line."""

from __future__ import annotations

from dataclasses import dataclass

from fer_models.errors import UserError
from fer_models.training.runs import queue
from fer_models.training.runs.run import Run, list_runs
from workbench.app import runs


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
