"""Check whether one confusion matrix can give all the figures that a paper prints."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from fer_models.commands.output import write_json
from fer_models.errors import UserError
from fer_models.evaluation.claims.check import check_claim
from fer_models.files import read_text
from fer_models.settings import parse_json


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file",
        metavar="FILE.json",
        help="the claim, or - for standard input: counts a class, any of accuracy, precision, recall, specificity, f1 "
        "in per cent, averaging and rounding",
    )


def run(args: argparse.Namespace) -> int:
    write_json(check_claim(_read(args.file)), "-")
    return 0


def _read(file: str) -> dict[str, Any]:
    try:
        text = sys.stdin.read() if file == "-" else read_text(file)
    except OSError as error:
        raise UserError(f"{file} cannot be read ({error.strerror}); give the path of a JSON file.") from None
    except UnicodeDecodeError:
        raise UserError(f"{file} is not a text file; a claim is written as JSON.") from None
    try:
        claim = parse_json(text, finite=True)
    except ValueError as error:
        raise UserError(f"{file} is not JSON ({error}); correct it and try again.") from None
    if not isinstance(claim, dict):
        raise UserError(f'{file} holds no claim; write a JSON object such as {{"counts": {{...}}, "accuracy": 82.89}}.')
    return claim
