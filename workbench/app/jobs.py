"""Background jobs: work that no page waits for, with a name, its progress, the time left, and one way to stop it.

There are three lanes with a slot each, so that work of two seconds never waits behind work of ten minutes, and nothing
that somebody asked for behind work that a page begins by itself. Results stay in this process; training has worker
processes of its own.
"""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, Literal

from fer_models.errors import UserError
from fer_models.progress import Progress
from workbench.app import machine
from workbench.app.wording import duration

_LOG = logging.getLogger(__name__)
State = Literal["queued", "running", "done", "failed", "cancelled"]
#: ``"short"`` is for work that usually takes a few seconds, ``"unasked"`` for what a page begins by itself and draws
#: without, ``"long"`` for all other.
Lane = Literal["short", "long", "unasked"]
#: Finished jobs whose results are kept; those that were looked at last stay.
_KEPT = 12
#: Seconds after which a job of the short lane gives its slot to the next one and goes on beside it.
_SHORT = 20.0


class Cancelled(Exception):  # noqa: N818 - it ends a job and is no error
    """Raised by a job's progress callback after :meth:`Job.cancel`; it ends the work and is never shown."""


@dataclass(eq=False)
class Job:
    """One piece of background work.

    Args:
        key: Tells it from all other jobs.
        name: Words for a person, such as "t-SNE of fcsdnet-synthetic"; no names of uploaded files.
        lane: Which slot it waits for.
        work: Called in a thread of its own with the progress callback; returns the result.
    """

    key: Hashable
    name: str
    lane: Lane
    work: Callable[[Progress], Any] = field(repr=False)
    state: State = "queued"
    fraction: float = 0.0
    message: str = ""
    result: Any = field(default=None, repr=False)
    #: Why it failed, one sentence.
    problem: str = ""
    #: When it left the queue, on the clock of :func:`time.monotonic`.
    started: float | None = None
    #: Whether it was cancelled and has not ended yet.
    stopping: bool = False
    _ended: threading.Event = field(default_factory=threading.Event, repr=False)

    @property
    def active(self) -> bool:
        """Whether it is queued or running."""
        return self.state in ("queued", "running")

    @property
    def seconds_left(self) -> float | None:
        """Estimate from the fraction done; ``None`` while it is queued or less than 5 % are done."""
        if self.started is None or self.fraction < 0.05:
            return None
        return (time.monotonic() - self.started) * (1 - self.fraction) / self.fraction

    @property
    def waits_for(self) -> Job | None:
        """The job that holds the slot of its lane, while this one is queued."""
        return _slots[self.lane] if self.state == "queued" else None

    @property
    def status(self) -> str:
        """Message and time left, or what it waits for: "Waiting: t-SNE of fresh, about 30 s left."."""
        if self.stopping:
            return "stopping"
        if self.state != "queued":
            return f"{self.message}{_left(self)}"
        ahead = self.waits_for
        return "Waiting" if ahead is None else f"Waiting: {ahead.name}{_left(ahead)}."

    @property
    def short_status(self) -> str:
        """Time left in a few words, or that it waits."""
        if self.stopping:
            return "stopping"
        if self.state == "queued":
            return "waiting"
        seconds = self.seconds_left
        return "running" if seconds is None else f"{duration(max(1.0, seconds))} left"

    def cancel(self) -> None:
        """Stop it: a queued job at once, a running one at its next report of progress."""
        with _guard:
            self.stopping = self.active
            if self.state == "queued" and self in _queues[self.lane]:
                _queues[self.lane].remove(self)
                self._end("cancelled")

    def report(self, fraction: float, message: str) -> None:
        """The progress callback that :attr:`work` gets.

        Raises:
            Cancelled: If the job was cancelled.
        """
        if self.stopping:
            raise Cancelled
        self.fraction, self.message = min(max(float(fraction), 0.0), 1.0), message
        if self.lane == "short" and self.started is not None and time.monotonic() - self.started > _SHORT:
            with _guard:
                _free(self)

    def wait(self, seconds: float) -> bool:
        """Whether it ended within so many seconds."""
        return self._ended.wait(seconds)

    def _end(self, state: State) -> None:
        self.state, self.stopping = state, False
        if state == "done":
            self.work = _finished
        self._ended.set()


_jobs: dict[Hashable, Job] = {}
_queues: dict[Lane, list[Job]] = {"short": [], "long": [], "unasked": []}
_slots: dict[Lane, Job | None] = dict.fromkeys(_queues)
_running: list[Job] = []
_guard = threading.RLock()


def start(key: Hashable, name: str, work: Callable[[Progress], Any], *, lane: Lane) -> Job:
    """Begin ``work`` in the background, or return the job of that key, in whatever state it is.

    A job that failed or was cancelled stays so until :func:`restart` or :func:`forget`: pages ask at every drawing, and
    one that cannot succeed would fail without end.

    Args:
        key: Tells the job from all others.
        name: Words for a person, such as "t-SNE of fcsdnet-synthetic".
        work: Gets the progress callback and returns the result.
        lane: One of :data:`Lane`.

    Example:
        >>> job = start("doctest", "A sum", lambda progress: 1 + 2, lane="short")
        >>> job.wait(10), job.result
        (True, 3)
    """
    with _guard:
        job = find(key)
        if job is not None:
            return job
        _drop_oldest()
        job = _jobs[key] = Job(key, name, lane, work)
        _queues[lane].append(job)
        _start_next(lane)
    return job


def find(key: Hashable) -> Job | None:
    """The job of that key, if there is one that was not forgotten."""
    with _guard:
        if key in _jobs:
            _jobs[key] = _jobs.pop(key)  # last in the order: it was looked at last
        return _jobs.get(key)


def forget(key: Hashable) -> None:
    """Drop a job that has ended, and its result; one that is queued or running stays."""
    with _guard:
        if key in _jobs and not _jobs[key].active:
            del _jobs[key]


def restart(job: Job) -> Job:
    """Begin the work of a failed or cancelled job again; returns the new job."""
    with _guard:
        forget(job.key)
        return start(job.key, job.name, job.work, lane=job.lane)


def supersede(key: Hashable) -> None:
    """Stop the job of that key because nobody needs its result now; the next :func:`start` begins a new one."""
    with _guard:
        job = _jobs.get(key)
        if job is not None and job.active:
            del _jobs[key]
            job.cancel()


def under_way() -> list[Job]:
    """All jobs that run, then those that are queued, each in the order in which they were started."""
    with _guard:
        return [*_running, *itertools.chain.from_iterable(_queues.values())]


def _drop_oldest() -> None:
    ended = [key for key, job in _jobs.items() if not job.active]
    for key in ended[: max(0, len(ended) - _KEPT + 1)]:
        del _jobs[key]


def _start_next(lane: Lane) -> None:
    if _slots[lane] is None and _queues[lane]:
        job = _slots[lane] = _queues[lane].pop(0)
        _running.append(job)
        job.started, job.state, job.message = time.monotonic(), "running", "starting"
        threading.Thread(target=_run, args=(job,), daemon=True, name=f"job {job.name}"[:60]).start()


def _free(job: Job) -> None:
    """Give the job's slot, if it holds one, to the next in the queue."""
    if _slots[job.lane] is job:
        _slots[job.lane] = None
        _start_next(job.lane)


def _run(job: Job) -> None:
    state: State = "failed"
    try:
        machine.limit_threads()
        job.report(0.0, "starting")
        job.result = job.work(job.report)
        job.fraction, state = 1.0, "done"
    except Cancelled:
        state = "cancelled"
    except UserError as error:
        job.problem = str(error)
    except Exception as error:  # The thread is the last place where anyone could notice.
        _LOG.exception("Unexpected error in the job %s", job.name)
        job.problem = f"An unexpected error stopped it ({type(error).__name__}); see the app's log."
    finally:
        with _guard:
            _running.remove(job)
            job._end(state)
            _free(job)


def _finished(progress: Progress) -> Any:
    """Takes the place of the work of a finished job, which may hold a network and its data."""
    raise AssertionError("a finished job is not started again")


def _left(job: Job) -> str:
    seconds = job.seconds_left
    return f", about {duration(seconds)} left" if seconds is not None and seconds >= 1 else ""
