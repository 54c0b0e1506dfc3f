"""The worker: ``python -m fer_models.training.runs RUN_FOLDER``."""

import os
import signal
import sys
from typing import NoReturn

from fer_models import plugins
from fer_models.errors import UserError
from fer_models.training.runs.run import Run


def main() -> int:
    if len(sys.argv) != 2:
        print("Usage: python -m fer_models.training.runs RUN_FOLDER", file=sys.stderr)
        return 2
    try:
        run = Run(sys.argv[1])
        # Ended by the system, it stops as a cancelled run does: with its state and a usable checkpoint.
        signal.signal(signal.SIGTERM, lambda number, frame: run.ask_to_stop())
        from fer_models.training.runs.worker import work  # it loads torch, which takes seconds

        plugins.load()
        return work(run)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2


def _end(code: int) -> NoReturn:
    """End the process; one of several without destructors, see :func:`fer_models.training.build.leave_group`."""
    from fer_models.training.devices import processes

    if processes() > 1:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


if __name__ == "__main__":
    _end(main())
