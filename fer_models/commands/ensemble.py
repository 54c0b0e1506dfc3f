"""Combine trained networks into one checkpoint that answers with their mean or their vote."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np

from fer_models.checkpoint import Checkpoint, read_checkpoint
from fer_models.commands.export import averagings, without_ten_crop
from fer_models.ensemble import combine
from fer_models.ensemble_choice import choose_members
from fer_models.errors import UserError
from fer_models.evaluation.shipped import read_shipped
from fer_models.publish import publish


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("members", nargs="+", help="checkpoint folders")
    parser.add_argument(
        "--choose",
        action="store_true",
        help="take the k of them with the lowest loss on the part that they were measured on, k by cross-validation",
    )
    parser.add_argument(
        "--out",
        required=True,
        metavar="FOLDER",
        help="folder to write; members in the same parent folder are referenced, not copied",
    )
    parser.add_argument("--how", default="mean", choices=("mean", "vote"))
    parser.add_argument("--weights", help="a number for each member, separated by commas; equal by default")
    parser.add_argument("--title", default="", help="title on the card")
    without_ten_crop(parser)


def run(args: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory() as folder:
        members = [read_checkpoint(member) for member in args.members]
        if args.choose:
            members = _chosen(members)
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


def _chosen(candidates: list[Checkpoint]) -> list[Checkpoint]:
    """The candidates that the rule takes, from the predictions that they bring; prints how it came to them."""
    shipped = []
    for candidate in candidates:
        predictions = read_shipped(candidate)
        if predictions is None:
            raise UserError(f"{candidate.name} has no saved predictions; run `fer evidence {candidate.path}` first.")
        shipped.append(predictions)
    first = shipped[0]
    for candidate, predictions in zip(candidates, shipped, strict=True):
        if predictions.fingerprint != first.fingerprint or not np.array_equal(predictions.rows, first.rows):
            raise UserError(
                f"{candidate.name} and {candidates[0].name} were measured on different images; "
                "measure both on the same split."
            )
    choice = choose_members([predictions.logits for predictions in shipped], first.labels)
    for k, position in enumerate(choice.order):
        accuracy = f"{100 * choice.accuracies[k]:6.1f} %" if k < len(choice.accuracies) else ""
        print(
            f"{k + 1:2} {candidates[position].name:<32} loss {choice.losses[position]:.3f}  "
            f"{'mean of the first ' + str(k + 1) + ', cross-validated:' + accuracy if accuracy else ''}",
            file=sys.stderr,
        )
    return [candidates[position] for position in choice.members]


def _weights(text: str | None) -> list[float]:
    try:
        return [float(part) for part in text.split(",")] if text else []
    except ValueError:
        raise UserError(f"--weights takes numbers separated by commas, such as 2,1,1, not {text!r}.") from None
