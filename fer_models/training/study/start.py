"""Set studies going, stop them, and start their next runs.

The runs of a study are ordinary ones that wait in the ordinary queue. As many of a study are under way as the machine
has slots, and one that waits; when one ends, its own process starts the next (:mod:`fer_models.training.study.worker`),
so a study needs neither the app nor a daemon, and other runs find a place between its own.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from fer_models.errors import UserError
from fer_models.system import detached, start_ticks
from fer_models.training.runs.run import Run, create_run
from fer_models.training.study.study import Study, Trial, locked, state_of, studies_folder

#: Runs of one study that wait in the local queue beside those at work.
WAITING = 1


def start_study(study: Study) -> None:
    """Start a study, or resume a stopped one: only missing runs and runs that ended early start.

    Raises:
        UserError: If it is at work already, or finished.
    """
    with locked(study) as fresh:
        state = state_of(fresh)
        if state.complete:
            raise UserError(f"The study {study.id} is finished; there is nothing to start.")
        if state.active and not fresh.cancelled:
            raise UserError(f"The study {study.id} is already running.")
        stopped = ("lost", "failed", "cancelled")
        fresh.again = [
            str(t.run) for t in fresh.trials if (status := fresh.status_of(t)) is not None and status.state in stopped
        ]
        fresh.cancelled = False
        fresh.save()
    if study.place == "local":
        advance(study)
    else:
        _drive(study)


def cancel_study(study: Study) -> None:
    """Start nothing more and ask the runs that wait or work to stop; what is finished stays."""
    with locked(study) as fresh:
        fresh.cancelled, fresh.again = True, []
        fresh.save()
        for trial in fresh.trials:
            run, status = fresh.run_of(trial), fresh.status_of(trial)
            if run is not None and status is not None and status.active:
                run.cancel()


def advance(study: Study, *, leaving: str = "") -> list[Run]:
    """Start runs of a local study until every slot can have one and one waits; returns those that it started.

    Args:
        leaving: id of a run whose process asks and is about to end.
    """
    from fer_models.training.devices import slot_count  # it loads torch

    started: list[Run] = []
    at_most = slot_count() + WAITING
    with locked(study) as fresh:
        statuses = [(trial, fresh.status_of(trial)) for trial in fresh.trials]
        under_way = sum(s is not None and s.active and t.run != leaving for t, s in statuses)
        for trial, _ in statuses:
            if fresh.cancelled or under_way + len(started) >= at_most:
                break
            if (run := next_run(fresh, trial)) is not None:
                pid = _spawn("fer_models.training.study.worker", [str(run.folder), fresh.id], run.folder / "log.txt")
                if (begun := start_ticks(pid)) is not None:  # to claim the run takes long on a busy machine
                    run.write_status(pid=pid, pid_started=begun)
                started.append(run)
    return started


def next_run(study: Study, trial: Trial) -> Run | None:
    """The run to start for a trial, made or set to go on; ``None`` where it needs none. Only inside :func:`locked`."""
    run = study.run_of(trial)
    if run is None:
        run = create_run(study.recipe_of(trial))
        trial.run = run.id
    elif run.id in study.again:
        study.again.remove(run.id)
        (run.folder / "CANCEL").unlink(missing_ok=True)
        run.write_status(state="queued", message="Waiting for a worker.", pid=None, pid_started=None)
    else:
        return None
    study.save()
    return run


def _spawn(module: str, arguments: list[str], log: Path) -> int:
    """A process group of its own, so that closing the app or the shell does not end it."""
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            **detached(),
        )
    return process.pid


def _drive(study: Study) -> None:
    pid = _spawn("fer_models.training.study.cluster", [study.id], studies_folder() / f"{study.id}.log")
    with locked(study) as fresh:
        fresh.driver = (pid, start_ticks(pid) or 0)
        fresh.save()
