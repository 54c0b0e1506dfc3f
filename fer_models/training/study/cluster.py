"""Studies on Ray: one task a run, with its CPUs and GPUs; results land in the same run folders on shared storage.

``python -m fer_models.training.study.cluster STUDY`` submits the missing runs and waits. A task whose worker dies is
tried again and resumes from the run's last finished epoch.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from fer_models import process
from fer_models.errors import UserError
from fer_models.training.study.start import next_run
from fer_models.training.study.study import Study, find_study, locked

#: How often a task is tried again after its worker was lost.
RETRIES = 3
#: Bytes that a Ray of our own keeps for objects: a task sends two words and gets one back.
_STORE = 80 * 2**20
_FOLDERS = ("FER_RUNS", "FER_CACHE", "FER_DATA", "FER_CHECKPOINTS", "FER_NETWORKS")


def need_ray() -> Any:
    """The module ``ray``.

    Raises:
        UserError: If it is not installed.
    """
    try:
        import ray
    except ImportError:
        raise UserError("Ray is not installed; install it with: pip install -e .[cluster]") from None
    return ray


def train_task(study_id: str, number: int, threads: int) -> str:
    """Train one run of a study to its end, inside a Ray worker; the run folder is made when it begins.

    Training runs in a child process, which ends with this one: an ordinary worker with its own log and memory.

    Args:
        threads: how many threads it computes with, as many as Ray gave it CPUs.

    Returns:
        The state in which it ended.

    Raises:
        ChildProcessError: If the training was killed; Ray then tries again.
    """
    with locked(find_study(study_id)) as study:
        trial = study.trials[number]
        run = None if study.cancelled else (next_run(study, trial) or study.run_of(trial))
    if run is None:
        return "cancelled"
    if run.status().state == "finished":
        return "finished"
    with (run.folder / "log.txt").open("ab") as log:
        child = subprocess.run(
            [sys.executable, "-m", "fer_models.training.study.cluster_worker", str(run.folder), str(os.getpid())],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, "OMP_NUM_THREADS": str(threads)},
        )
    if child.returncode < 0:
        raise ChildProcessError(f"The training {run.id} was ended by signal {-child.returncode}.")
    return run.status().state


def drive(study: Study) -> None:
    """Submit every missing or resumed run of the study to Ray, and wait until all have ended.

    Raises:
        UserError: If Ray is not installed or cannot be reached.
    """
    ray = need_ray()
    address = study.place.partition(":")[2]
    settings = {name: str(Path(os.environ[name]).absolute()) for name in _FOLDERS if os.environ.get(name)}
    limits = {} if address else {"include_dashboard": False, "object_store_memory": _STORE}
    try:
        ray.init(
            address=address or "local",
            runtime_env={"env_vars": {**settings, **process.SETTINGS}},
            log_to_driver=False,
            logging_level="warning",
            **limits,
        )
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise UserError(f"The Ray cluster {address or 'on this machine'} cannot be reached: {error}") from None
    try:
        have = ray.cluster_resources()
        gpus = study.resources.get("gpus", 1.0 if have.get("GPU", 0) >= 1 else 0.0)
        cpus = study.resources.get("cpus", min(2.0, have.get("CPU", 1.0)))
        task = ray.remote(num_cpus=cpus, num_gpus=gpus, max_retries=RETRIES, retry_exceptions=True)(train_task)
        waiting = {task.remote(study.id, number, max(1, int(cpus))): number for number in _unfinished(study)}
        print(f"{len(waiting)} runs handed to Ray, {cpus:g} CPUs and {gpus:g} GPUs each.", flush=True)
        while waiting:
            done, _ = ray.wait(list(waiting), timeout=1.0)
            for reference in done:
                _ended(ray, reference, study, waiting.pop(reference))
    finally:
        ray.shutdown()


def _unfinished(study: Study) -> list[int]:
    """Numbers of the trials that have no run yet, or one to resume."""
    now = find_study(study.id)
    return [i for i, trial in enumerate(now.trials) if now.run_of(trial) is None or trial.run in now.again]


def _ended(ray: Any, reference: Any, study: Study, number: int) -> None:
    try:
        print(f"run {number + 1}: {ray.get(reference)}", flush=True)
    except ray.exceptions.RayError as error:
        print(f"run {number + 1}: {error}", flush=True)
        now = find_study(study.id)
        run = now.run_of(now.trials[number])
        if run is not None and run.status().state not in ("finished", "cancelled", "failed"):
            message = f"The cluster gave this run up after {RETRIES} more tries."
            run.write_status(state="failed", message=message, seconds_left=None)


def main() -> int:
    """The driver of one study; what it says goes to the study's log."""
    try:
        study = find_study(sys.argv[1])
        _wait_for_own_entry(study)
        drive(study)
        return 0
    except UserError as error:
        print(error, flush=True)
    except Exception:
        traceback.print_exc()
    return 1


def _wait_for_own_entry(study: Study, seconds: float = 10) -> None:
    """Whoever started this process writes its id into the study a moment later; begin after that."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        driver = find_study(study.id).driver
        if driver is not None and driver[0] == os.getpid():
            return
        time.sleep(0.05)


if __name__ == "__main__":
    sys.exit(main())
