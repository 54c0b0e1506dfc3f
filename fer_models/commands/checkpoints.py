"""List the trained networks that this installation lacks, or fetch them from the release."""

from __future__ import annotations

import argparse

from fer_models.commands.output import show_progress, write_json
from fer_models.folders import network_folders
from fer_models.left_out import get_network, left_out, release


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", nargs="?", choices=("list", "get"), default="list")
    parser.add_argument("name", nargs="*", help="which to get; all that are missing by default")
    parser.add_argument(
        "--from", dest="source", metavar="ADDRESS", default=release(),
        help="address of the release's folder checkpoints; default: FER_RELEASE",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    missing = left_out()
    if args.action == "get":
        for name in args.name or missing:
            print(get_network(name, args.source, show_progress))
        return 0
    sizes = {name: sum(file.size for file in files.values()) for name, files in missing.items()}
    if args.json:
        write_json([{"name": name, "bytes": size} for name, size in sizes.items()], "-")
        return 0
    print(f"{len(network_folders())} trained networks are here (fer models --trained).")
    for name, size in sizes.items():
        print(f"{name:<32}not here, {size / 1e6:.1f} MB: fer checkpoints get {name}")
    return 0
