"""Explanations that take longer than a page may wait: background jobs that can be cancelled."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from typing import Any

from fer_models.errors import UserError
from workbench.app import jobs
from workbench.app.jobs import Job, Progress

#: So long a page waits for a job before it shows progress: most are done by then, and nothing flickers.
_GRACE = 0.8
_CANCELLED = "Cancelled."
_cancelled: set[Hashable] = set()
_superseded: set[Hashable] = set()


def start(key: Hashable, work: Callable[[Progress], Any]) -> Job:
    """Begin ``work``, or return the job of that key; comes back at once when it ends within a moment.

    A cancelled or failed job stays so until :func:`again`; one that another took the place of begins anew.
    """
    if key in _superseded:
        _superseded.discard(key)
        again(key)

    def cancellable(tell: Progress) -> Any:
        def told(done: float, what: str) -> None:
            if key in _cancelled:
                raise UserError(_CANCELLED)
            tell(done, what)

        told(0.0, "beginning")
        return work(told)

    known = jobs.find(key) is not None
    job = jobs.once(key, cancellable)
    deadline = time.monotonic() + (0 if known else _GRACE)
    while job.active and time.monotonic() < deadline:
        time.sleep(0.02)
    return job


def cancel(key: Hashable) -> None:
    """Stop the job of that key at its next step."""
    _cancelled.add(key)


def supersede(key: Hashable) -> None:
    """Stop a job that nobody looks at any more; asked for again, it begins anew."""
    job = jobs.find(key)
    if job is not None and job.active:
        _superseded.add(key)
        _cancelled.add(key)


def was_cancelled(job: Job) -> bool:
    """Whether a person stopped it."""
    return job.state == "failed" and job.problem == _CANCELLED


def again(key: Hashable) -> None:
    """Forget a failed or cancelled job, so that the next :func:`start` begins anew."""
    _cancelled.discard(key)
    jobs.forget(key)
