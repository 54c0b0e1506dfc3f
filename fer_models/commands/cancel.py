"""Cancel a run; its best checkpoint stays usable."""

from __future__ import annotations

import argparse

from fer_models.training.runs.run import find_run


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_id", metavar="RUN", help="id or folder of the run")


def run(args: argparse.Namespace) -> int:
    find_run(args.run_id).cancel()
    return 0
