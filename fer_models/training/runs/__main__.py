"""The worker: ``python -m fer_models.training.runs RUN_FOLDER``."""

import signal
import sys

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


if __name__ == "__main__":
    sys.exit(main())
