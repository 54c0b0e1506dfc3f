"""Convert checkpoints of earlier versions to the current format: the weight file, and the words of the card."""

from __future__ import annotations

import argparse
from pathlib import Path

from fer_models.checkpoint_files import CONFIG
from fer_models.errors import UserError
from fer_models.migration import migrate


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folders", nargs="+", metavar="FOLDER", help="checkpoint folders, or folders of those")


def run(args: argparse.Namespace) -> int:
    from fer_models.publish import renew_card

    folders: list[Path] = []
    for name in args.folders:
        inside = sorted(file.parent for file in Path(name).glob(f"*/{CONFIG}"))
        if not inside and not (Path(name) / CONFIG).is_file():
            raise UserError(f"{name} is not a checkpoint folder and holds none; give the folder with {CONFIG}.")
        folders += [Path(name)] if (Path(name) / CONFIG).is_file() else inside
    done = migrate(folders)
    for name, sha256 in done.items():
        print(f"{name:<32}{sha256}")
    cards = sum(renew_card(folder) for folder in folders)
    print(f"{len(done)} of {len(folders)} rewritten; the others are in the current format. {cards} cards updated.")
    return 0
