"""The queue: a worker waits for the device's slot itself, so no daemon is needed and nothing is lost with the app."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager

from fer_models.training.run import Run, list_runs


def ahead_of(run: Run) -> list[Run]:
    """Waiting runs that come before this one: earlier place first, then earlier creation."""
    mine = _place(run)
    return [other for other in list_runs() if other.id != run.id and _waits(other) and _place(other) < mine]


def _waits(run: Run) -> bool:
    status = run.status()
    return status.state == "queued" and status.pid is not None


def _place(run: Run) -> tuple[float, str]:
    return run.status().created, run.id


@contextmanager
def wait_for_slot(run: Run) -> Iterator[bool]:
    """Hold the one training slot of this machine; yields ``False`` if the run was cancelled while it waited.

    The slot is a file lock beside the runs: the system frees it however the worker ends.
    """
    with (run.folder.parent / ".slot").open("w") as slot:
        while True:
            if run.cancelled:
                yield False
                return
            if not ahead_of(run):
                try:
                    fcntl.flock(slot, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    pass
            run.write_status(message="Waiting for another training to end.")
            time.sleep(1)
        try:
            yield True
        finally:
            fcntl.flock(slot, fcntl.LOCK_UN)
