"""Start a worker process for a new run or a stopped one."""

from __future__ import annotations

import dataclasses
import subprocess
import sys

from fer_models.errors import UserError
from fer_models.system import detached, start_ticks
from fer_models.training.recipe import PRESET_TEACHER, Recipe, load_preset
from fer_models.training.runs.run import Run, create_run


def teacher_recipe(recipe: Recipe) -> Recipe:
    """The recipe of the teacher that a recipe names as ``"preset:NAME"``: its data, split, input and seed are shared.

    Raises:
        UserError: If there is no such preset.
    """
    shared = ("data", "protocol", "fold", "seed", "size", "channels", "mean", "std", "epochs", "batch_size")
    start = load_preset(recipe.teacher.removeprefix(PRESET_TEACHER))
    return dataclasses.replace(start, **{name: getattr(recipe, name) for name in shared})


def start(run: Run, processes: int = 1) -> int:
    """Spawn the worker in its own process group, so that closing the app or the shell does not end it.

    Args:
        processes: how many work together, one a device; more than one are started and watched by ``torchrun``.

    Returns:
        Id of the spawned process: the worker's, or that of the one that watches several.

    Raises:
        UserError: If it cannot be started, or the run's folder cannot be written.
    """
    several = ["torch.distributed.run", "--standalone", f"--nproc_per_node={processes}", "-m"]
    command = [sys.executable, "-m", *(several if processes > 1 else []), "fer_models.training.runs", str(run.folder)]
    try:
        with (run.folder / "log.txt").open("ab") as log:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **detached())
    except OSError as error:
        raise UserError(f"The worker of {run.id} cannot be started ({error.strerror}); resume the run later.") from None
    # Until a worker claims the run, this is its process: one that is killed before makes the run lost at once.
    run.write_status(pid=process.pid, pid_started=start_ticks(process.pid))
    return process.pid


def launch(recipe: Recipe, processes: int = 1) -> Run:
    """Make a run folder for the recipe and start its worker, or several that train it together.

    A teacher ``"preset:NAME"`` is trained first, in a run of its own on the same data and split; the returned run waits
    for it.
    """
    if recipe.teacher.startswith(PRESET_TEACHER):
        teacher = launch(teacher_recipe(recipe), processes)
        recipe = dataclasses.replace(recipe, teacher=str(teacher.folder / "checkpoints" / "best"))
    run = create_run(recipe)
    start(run, processes)
    return run


def resume(run: Run, processes: int = 1, *, from_best: bool = False) -> int:
    """Resume a run that was cancelled, failed or lost, from its last finished epoch (or from the beginning).

    Args:
        run: The run.
        processes: How many train together.
        from_best: Go on from the weights of the best checkpoint; the optimiser begins anew.

    Raises:
        UserError: If it still runs or is finished, or has no checkpoint to go on from.
    """
    run.requeue(from_best)
    return start(run, processes)
