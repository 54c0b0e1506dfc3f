"""List the face detectors, or fetch the one that does not come with the project."""

from __future__ import annotations

import argparse

from fer_models.faces.detect import DETECTORS
from fer_models.faces.download import DEFAULT_URL, get_yunet


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", nargs="?", choices=("list", "get"), default="list")
    parser.add_argument("name", nargs="?", choices=("yunet",), default="yunet", help="what to get")
    parser.add_argument("--url", default=DEFAULT_URL, help="where to get it; size and SHA-256 are checked in any case")


def run(args: argparse.Namespace) -> int:
    if args.action == "get":
        print(get_yunet(args.url))
        return 0
    for name, detector in DETECTORS.items():
        ready = "ready" if detector().available() else "not here; fetch it with: fer detectors get yunet"
        print(f"{name:<8}{ready}")
    return 0
