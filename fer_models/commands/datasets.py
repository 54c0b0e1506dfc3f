"""List the data sets that can be read, where to ask for them and whether they are here, or fetch Darwin's plates."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from fer_models import darwin
from fer_models.commands.output import show_progress, write_json
from fer_models.folders import data_folder
from fer_models.sources import SetSource, set_sources


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", nargs="?", choices=("list", "get"), default="list")
    parser.add_argument("name", nargs="?", choices=("darwin",), default="darwin", help="what to get")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    if args.action == "get":
        for file in darwin.get_plates(progress=show_progress):
            print(file)
        return 0
    sources = set_sources()
    if args.json:
        write_json([asdict(source) for source in sources], "-")
        return 0
    print(f"Data sets are looked for in {data_folder()} (FER_DATA).")
    print("The built-in faces come with the project: synthetic")
    for source in sources:
        print()
        print("\n".join(_lines(source)))
    plates, all_plates = len(darwin.available_plates()), len(darwin.PLATES)
    print(f"\nDarwin's plates of 1872, as samples  {plates} of {all_plates} found in {darwin.plates_folder()}")
    print("  fetch    fer datasets get darwin (public domain)")
    return 0


def _lines(source: SetSource) -> list[str]:
    found = ", ".join(f"{name} ({path})" for name, path in source.found)
    return [
        f"{source.title:<20}{f'found: {found}' if found else 'not found'}",
        f"  ask at   {source.where}",
        f"  terms    {source.terms}",
        f"  layout   {source.layout}",
    ]
