"""Write what the papers print beside what was measured here, from the figures of the trained networks."""

from __future__ import annotations

import argparse

from fer_models.checkpoint import CONFIG, read_checkpoint
from fer_models.commands.output import write_bytes
from fer_models.folders import checkpoints_folder


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", default="fer2013", help="data set of the trained networks' table")
    parser.add_argument("--studies", default="docs/ablations", metavar="FOLDER", help="studies kept as JSON")
    parser.add_argument("--out", default="-", metavar="FILE", help="Markdown file; - is standard output")


def run(args: argparse.Namespace) -> int:
    from fer_models.reproduction import findings, page, read_studies

    shipped = [read_checkpoint(file.parent) for file in sorted(checkpoints_folder().glob(f"*/{CONFIG}"))]
    text = page(shipped, findings(shipped, args.data), args.data, read_studies(args.studies))
    if args.out == "-":
        print(text, end="")
    else:
        write_bytes(text.encode(), args.out)
    return 0
