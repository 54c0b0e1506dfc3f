"""Ray's worker, ``python -m fer_models.training.study.cluster_worker RUN_FOLDER PARENT``: trains without the queue.

This machine's queue is skipped, since Ray schedules the run. The process ends when the Ray worker that started it does.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Iterator

from fer_models import plugins
from fer_models.training.runs import worker
from fer_models.training.runs.run import Run

_SET_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of Linux' prctl


def end_with_parent(parent: int) -> None:
    """Have the system kill this process when its parent ends, and end now if that happened already."""
    with contextlib.suppress(OSError, AttributeError):  # Linux only
        ctypes.CDLL(None).prctl(_SET_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


@contextlib.contextmanager
def no_queue(run: Run) -> Iterator[int | None]:
    """In place of the queue: go at once on the first device that the task sees, unless the run was cancelled."""
    yield None if run.cancelled else 0


def main() -> int:
    """Exit code as of an ordinary worker."""
    end_with_parent(int(sys.argv[2]))
    print(f"On the cluster, process {os.getpid()} of {os.uname().nodename}.", flush=True)
    worker.wait_for_slot = no_queue  # in this process only
    return worker.work(Run(sys.argv[1]))


if __name__ == "__main__":
    plugins.load()
    sys.exit(main())
