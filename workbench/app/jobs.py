"""Jobs that take longer than a page may wait: a thread each, one at work at a time, found again after a reload.

For work of seconds to minutes whose result stays in this process. Training has worker processes of its own.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, Literal

from fer_models.errors import UserError

_LOG = logging.getLogger(__name__)
#: Told the part done in [0, 1] and a few words.
Progress = Callable[[float, str], None]
State = Literal["waiting", "running", "done", "failed"]
_KEPT = 12


@dataclass
class Job:
    """One piece of work; ``fraction`` in [0, 1] and ``what`` say how far it is, ``problem`` why it failed."""

    state: State = "waiting"
    fraction: float = 0.0
    what: str = "waiting for another job"
    result: Any = None
    problem: str = ""
    created: float = field(default_factory=time.monotonic)
    started: float | None = None

    @property
    def active(self) -> bool:
        """Whether it waits or works."""
        return self.state in ("waiting", "running")

    @property
    def seconds_left(self) -> float | None:
        """Estimate from the part done; ``None`` while too little is done to tell."""
        if self.started is None or self.fraction < 0.05:
            return None
        return (time.monotonic() - self.started) * (1 - self.fraction) / self.fraction


_jobs: dict[Hashable, Job] = {}
_guard = threading.Lock()
_turn = threading.Semaphore(1)


def start(key: Hashable, work: Callable[[Progress], Any]) -> Job:
    """Begin ``work`` in the background, or return the job of that key if it waits, works or is done.

    A failed job is begun again. Beyond a dozen, the oldest finished jobs and their results are forgotten.
    """
    with _guard:
        job = _jobs.get(key)
        if job is not None and job.state != "failed":
            return job
        finished = [k for k, j in _jobs.items() if not j.active]
        for old in finished[: max(0, len(_jobs) - _KEPT + 1)]:
            del _jobs[old]
        job = _jobs[key] = Job()
    threading.Thread(target=_run, args=(job, work), daemon=True, name=f"job {key!r}"[:60]).start()
    return job


def once(key: Hashable, work: Callable[[Progress], Any]) -> Job:
    """Like :func:`start`, but a failed job stays failed until :func:`forget`.

    For pages that ask at every drawing: begun again each time, a job that cannot succeed would fail without end.
    """
    known = find(key)
    return start(key, work) if known is None else known


def find(key: Hashable) -> Job | None:
    """The job of that key, if one was begun and not forgotten."""
    with _guard:
        return _jobs.get(key)


def forget(key: Hashable) -> None:
    """Drop a finished job and its result; one at work stays."""
    with _guard:
        if key in _jobs and not _jobs[key].active:
            del _jobs[key]


def _run(job: Job, work: Callable[[Progress], Any]) -> None:
    def tell(fraction: float, what: str) -> None:
        job.fraction, job.what = min(max(float(fraction), 0.0), 1.0), what

    with _turn:
        job.started, job.state, job.what = time.monotonic(), "running", "beginning"
        try:
            job.result = work(tell)
            job.fraction, job.state = 1.0, "done"
        except UserError as error:
            job.problem, job.state = str(error), "failed"
        except Exception as error:  # The thread is the last place where anyone could notice.
            _LOG.exception("Unforeseen error in a background job")
            job.problem = f"Something unforeseen stopped it ({type(error).__name__}); the app's log says more."
            job.state = "failed"
