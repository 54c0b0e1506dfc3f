"""Add precomputed results to checkpoints: predictions on the split that they were measured on, and tests."""

from __future__ import annotations

import argparse
import sys

from fer_models.commands.output import show_progress
from fer_models.evidence import add_predictions, add_tests


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoints", nargs="+", help="checkpoint folders; fer export already does this")
    without_tests(parser)


def without_tests(parser: argparse.ArgumentParser) -> None:
    """Add the switch that leaves out the tests of networks for drawn faces."""
    parser.add_argument(
        "--without-tests",
        action="store_true",
        help="for a network of drawn faces, leave out the stress test and the benchmark of heatmap methods",
    )


def run(args: argparse.Namespace) -> int:
    for folder in args.checkpoints:
        print(folder, file=sys.stderr)
        print(add_predictions(folder, progress=show_progress))
        for file in [] if args.without_tests else add_tests(folder, progress=show_progress):
            print(file)
    return 0
