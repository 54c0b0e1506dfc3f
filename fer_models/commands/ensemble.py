"""Put trained networks together: one checkpoint that answers with the mean or the vote of others."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from fer_models.checkpoint import read_checkpoint
from fer_models.commands.export import averagings, without_ten_crop
from fer_models.ensemble import combine
from fer_models.errors import UserError
from fer_models.publish import publish


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("members", nargs="+", help="checkpoint folders")
    parser.add_argument(
        "--out", required=True, metavar="FOLDER", help="folder to write; members beside it are named, not copied"
    )
    parser.add_argument("--how", default="mean", choices=("mean", "vote"))
    parser.add_argument("--weights", help="a number a member, with commas between them; by default equal")
    parser.add_argument("--title", default="", help="name for people on the card")
    without_ten_crop(parser)


def run(args: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory() as folder:
        members = [read_checkpoint(member) for member in args.members]
        combined = combine(members, Path(folder), how=args.how, weights=_weights(args.weights))
        written = publish(
            combined.path,
            args.out,
            title=args.title,
            members=members,
            averagings=averagings(args),
            progress=lambda fraction, message: print(message, file=sys.stderr),
        )
    print(written.path)
    return 0


def _weights(text: str | None) -> list[float]:
    try:
        return [float(part) for part in text.split(",")] if text else []
    except ValueError:
        raise UserError(f"--weights takes numbers with commas between them, such as 2,1,1, not {text!r}.") from None
