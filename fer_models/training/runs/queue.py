"""The queue: a worker waits for the device's slot itself, so no daemon is needed and nothing is lost with the app."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from fer_models.errors import UserError
from fer_models.folders import runs_folder
from fer_models.storage import locked
from fer_models.training.runs.run import Run, list_runs


def waiting_runs() -> list[Run]:
    """Runs whose workers wait for the slot, the next one first."""
    ranked = {run.id: (rank, run) for run in list_runs() if (rank := _rank(run)) is not None}
    return [run for _, run in sorted(ranked.values(), key=lambda item: item[0])]


def ahead_of(run: Run) -> list[Run]:
    """Waiting runs before this one."""
    status = run.status()
    limit = (status.created if status.place is None else status.place, run.id)
    return [other for other in list_runs() if other.id != run.id and (rank := _rank(other)) and rank < limit]


def move(run: Run, steps: int) -> int:
    """Move a waiting run by so many places, negative ones towards the front; it stops at the ends.

    Returns:
        Its place afterwards, counted from 1.

    Raises:
        UserError: If the run does not wait, or its folder or the runs folder cannot be written.
    """
    with _queue_lock():  # two sessions that move at the same time do so one after the other
        order = waiting_runs()
        ids = [other.id for other in order]
        if run.id not in ids:
            raise UserError(f"The run {run.id} is not waiting in the queue; it is {run.status().state}.")
        times = [key[0] for other in order if (key := _rank(other)) is not None]
        moved = order.pop(ids.index(run.id))
        position = min(max(ids.index(run.id) + steps, 0), len(order))
        order.insert(position, moved)
        before = float("-inf")
        for other, time_of_place in zip(order, times, strict=False):
            before = max(time_of_place, before + 1e-3)  # runs made within one tick of the clock
            if before != other.status().place:
                other.write_status(place=before)
        return position + 1


@contextmanager
def _queue_lock() -> Iterator[None]:
    try:
        with locked(runs_folder() / ".queue"):
            yield
    except OSError as error:
        raise UserError(f"The runs folder cannot be written ({error.strerror}); check its permissions.") from None


def _rank(run: Run) -> tuple[float, str] | None:
    """The key of the queue's order; ``None`` for a run that does not wait, or whose worker has not started yet."""
    status = run.status()
    if status.state != "queued" or status.pid is None:
        return None
    return (status.created if status.place is None else status.place, run.id)


@contextmanager
def wait_for_slot(run: Run) -> Iterator[int | None]:
    """Hold a training slot of this machine; yields its number from 0, or ``None`` if the run was cancelled meanwhile.

    A slot is a file lock beside the runs: the system frees it however the worker ends. There are ``FER_GPU_SLOTS`` a
    GPU, which fill the GPUs in turn, or ``FER_CPU_SLOTS`` of them; a run of several processes on GPUs holds the first
    ones, which it trains on.

    Raises:
        UserError: If ``FER_GPU_SLOTS`` or ``FER_CPU_SLOTS`` is no whole number from 1 up.
    """
    from fer_models.training.devices import slot_count, slots_of_a_run  # they load torch, which a list does not need

    together = slots_of_a_run()
    while not run.cancelled:
        if not ahead_of(run):
            count = slot_count()  # it may be changed while the run waits
            for first in range(count if together == 1 else 1):
                with ExitStack() as held:
                    if all(_take(run, number, held) for number in range(first, first + together)):
                        # Not waiting any more: the next one in the queue may look for a slot while this one starts.
                        run.write_status(state="running", message="Starting.")
                        yield first
                        return
        run.write_status(message="Waiting for another training to finish.")
        time.sleep(1)
    yield None


def _take(run: Run, number: int, held: ExitStack) -> bool:
    """Lock a slot until ``held`` ends; ``False`` if another worker has it."""
    try:
        held.enter_context(locked(run.folder.parent / (f".slot-{number}" if number else ".slot"), timeout=0))
    except TimeoutError:
        return False
    return True
