"""Ray's worker, ``python -m fer_models.training.study.cluster_worker RUN_FOLDER PARENT``: trains without the queue.

This machine's queue is skipped, since Ray schedules the run. The process ends when the Ray worker that started it does.
"""

from __future__ import annotations

import contextlib
import os
import platform
import sys
from collections.abc import Iterator

from fer_models import plugins
from fer_models.system import end_with_parent
from fer_models.training.runs import worker
from fer_models.training.runs.run import Run


@contextlib.contextmanager
def no_queue(run: Run) -> Iterator[int | None]:
    """In place of the queue: go at once on the first device that the task sees, unless the run was cancelled."""
    yield None if run.cancelled else 0


def main() -> int:
    """Exit code as of an ordinary worker."""
    end_with_parent(int(sys.argv[2]))
    print(f"On the cluster, process {os.getpid()} of {platform.node()}.", flush=True)
    worker.wait_for_slot = no_queue  # in this process only
    return worker.work(Run(sys.argv[1]))


if __name__ == "__main__":
    plugins.load()
    sys.exit(main())
