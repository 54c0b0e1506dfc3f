"""Continue a run that was cancelled, failed or lost."""

from __future__ import annotations

import argparse

from fer_models.commands.train import follow
from fer_models.training.runs.launch import resume
from fer_models.training.runs.run import find_run


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_id", metavar="RUN", help="id or folder of the run")
    parser.add_argument("--detach", action="store_true", help="return at once; the run continues")
    parser.add_argument("--from-best", action="store_true", help="from the best checkpoint, not from the saved state")
    parser.add_argument("--processes", type=int, default=1, help="number of training processes, one per GPU")


def run(args: argparse.Namespace) -> int:
    resumed = find_run(args.run_id)
    resume(resumed, max(args.processes, 1), from_best=args.from_best)
    print(resumed.folder, flush=True)
    return 0 if args.detach else follow(resumed)
