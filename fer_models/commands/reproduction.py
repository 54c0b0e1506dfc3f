"""Write what the papers print beside what was measured here, or who decided each part of their networks and recipes."""

from __future__ import annotations

import argparse
import dataclasses

from fer_models.checkpoint import CONFIG, read_checkpoint
from fer_models.commands.output import write_bytes, write_json
from fer_models.errors import UserError
from fer_models.folders import checkpoints_folder
from fer_models.papers import PAPERS


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", default="fer2013", help="data set of the trained networks' table")
    parser.add_argument("--studies", default="docs/ablations", metavar="FOLDER", help="folder of studies saved as JSON")
    parser.add_argument(
        "--origin",
        action="store_true",
        help="paper by paper, every component with paper, code or ours, and its place in the text",
    )
    parser.add_argument("--json", action="store_true", help="with --origin: print JSON")
    parser.add_argument("--out", default="-", metavar="FILE", help="Markdown file; - is standard output")


def run(args: argparse.Namespace) -> int:
    from fer_models.reproduction import components, findings, origin_text, page, read_studies

    if args.json and not args.origin:
        raise UserError("--json needs --origin; the page itself is Markdown.")
    if args.origin and args.json:
        write_json([dataclasses.asdict(part) for paper in PAPERS for part in components(paper)], args.out)
        return 0
    if args.origin:
        _write(origin_text(), args.out)
        return 0
    shipped = [read_checkpoint(file.parent) for file in sorted(checkpoints_folder().glob(f"*/{CONFIG}"))]
    text = page(shipped, findings(shipped, args.data), args.data, read_studies(args.studies))
    _write(text, args.out)
    return 0


def _write(text: str, out: str) -> None:
    if out == "-":
        print(text, end="")
    else:
        write_bytes(text.encode(), out)
