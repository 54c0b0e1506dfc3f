"""A study's worker, ``python -m fer_models.training.study.worker RUN_FOLDER STUDY``: trains, then starts the next."""

from __future__ import annotations

import sys

from fer_models.errors import UserError
from fer_models.training.runs.run import Run
from fer_models.training.runs.worker import work
from fer_models.training.study.start import advance
from fer_models.training.study.study import find_study


def main() -> int:
    """Exit code as of an ordinary worker; a study whose file is gone is no reason to fail."""
    run = Run(sys.argv[1])
    code = work(run)
    try:
        advance(find_study(sys.argv[2]), leaving=run.id)
    except UserError as error:
        print(error, flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
