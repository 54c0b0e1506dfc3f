"""Find what is wrong with a data set before training: copies, leaks, conflicting labels, blank images."""

from __future__ import annotations

import argparse

from fer_models.commands.output import show_progress, write_json
from fer_models.commands.source import reader_argument, source_of
from fer_models.data import open_dataset
from fer_models.data.audit import audit
from fer_models.data.protocols import PROTOCOLS


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("data", metavar="DATA", help="a known data set, or the path of a folder or CSV file")
    reader_argument(parser)
    parser.add_argument(
        "--protocol", choices=tuple(PROTOCOLS), help="the split to check, by default the data set's own or five folds"
    )
    parser.add_argument("--json", metavar="FILE", help="write JSON to a file, or to standard output with -")


def run(args: argparse.Namespace) -> int:
    dataset = open_dataset(source_of(args.data, args.reader), progress=show_progress)
    report = audit(dataset, show_progress, protocol=args.protocol)
    if args.json:
        write_json(report.to_json(), args.json)
    if args.json != "-":
        lines = report.table()
        width = max(len(check) for check, _ in lines)
        for check, result in lines:
            print(f"{check:<{width}}  {result}")
        for note in dataset.notes:
            print(note)
    return 0
