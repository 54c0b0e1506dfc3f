"""The queue: a worker waits for the device's slot itself, so no daemon is needed and nothing is lost with the app."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager

from fer_models.errors import UserError
from fer_models.folders import runs_folder
from fer_models.training.run import Run, list_runs


def waiting_runs() -> list[Run]:
    """Runs whose workers wait for the slot, the next one first."""
    places = {run.id: (place, run) for run in list_runs() if (place := _place(run)) is not None}
    return [run for _, run in sorted(places.values(), key=lambda item: item[0])]


def ahead_of(run: Run) -> list[Run]:
    """Waiting runs that come before this one: earlier place first, then earlier creation."""
    status = run.status()
    mine = (status.created if status.place is None else status.place, run.id)
    return [other for other in list_runs() if other.id != run.id and (place := _place(other)) and place < mine]


def move(run: Run, steps: int) -> int:
    """Move a waiting run by so many places, negative ones towards the front; it stops at the ends.

    Returns:
        Its place afterwards, counted from 1.

    Raises:
        UserError: If the run does not wait, or its folder cannot be written.
    """
    with (runs_folder() / ".queue").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two sessions that move at the same time do so one after the other
        order = waiting_runs()
        ids = [other.id for other in order]
        if run.id not in ids:
            raise UserError(f"The run {run.id} does not wait in the queue; it is {run.status().state}.")
        places = [found[0] for other in order if (found := _place(other)) is not None]
        moved = order.pop(ids.index(run.id))
        position = min(max(ids.index(run.id) + steps, 0), len(order))
        order.insert(position, moved)
        before = float("-inf")
        for other, place in zip(order, places, strict=False):
            before = max(place, before + 1e-3)  # runs made within one tick of the clock
            if before != other.status().place:
                other.write_status(place=before)
        return position + 1


def _place(run: Run) -> tuple[float, str] | None:
    """What the queue is sorted by; ``None`` for a run that does not wait, or whose worker has not come yet."""
    status = run.status()
    if status.state != "queued" or status.pid is None:
        return None
    return (status.created if status.place is None else status.place, run.id)


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
