"""Write a run's best checkpoint to a folder, ready to ship: small weights, figures measured on them, and a card."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from fer_models.averaging import AVERAGINGS
from fer_models.checkpoint import CONFIG
from fer_models.commands.evidence import without_tests
from fer_models.errors import UserError
from fer_models.evidence import add_tests
from fer_models.publish import publish
from fer_models.training.runs.run import find_run


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", help="a run (id or folder), or a checkpoint folder")
    parser.add_argument("destination", help="folder to write")
    parser.add_argument("--title", default="", help="title on the card")
    parser.add_argument(
        "--dtype", default="float16", choices=("float16", "float32"), help="precision of the stored weights"
    )
    without_ten_crop(parser)
    without_tests(parser)


def without_ten_crop(parser: argparse.ArgumentParser) -> None:
    """Add the switch that :func:`averagings` reads."""
    parser.add_argument(
        "--without-ten-crop",
        action="store_true",
        help="leave out the figure averaged over ten crops, which takes ten times as long",
    )


def averagings(args: argparse.Namespace) -> list[str]:
    """The test-time averagings to measure with."""
    return [name for name in AVERAGINGS if name != "ten_crop" or not args.without_ten_crop]


def run(args: argparse.Namespace) -> int:
    source = Path(args.source)
    if not (source / CONFIG).is_file():
        best = find_run(args.source).checkpoint
        if best is None:
            raise UserError(f"The run {args.source} has no checkpoint yet; wait for its first epoch.")
        source = best
    checkpoint = publish(
        source,
        args.destination,
        title=args.title,
        dtype=args.dtype,
        averagings=averagings(args),
        progress=lambda fraction, message: print(message, file=sys.stderr),
    )
    if not args.without_tests:
        add_tests(checkpoint.path, progress=lambda fraction, message: print(message, file=sys.stderr))
    print(checkpoint.path)
    return 0
