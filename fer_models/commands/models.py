"""List the networks with their size and cost and the trained ones with their figures, or the layers of one network."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from fer_models.architectures import ARCHITECTURES, create_model
from fer_models.checkpoint import CONFIG, Checkpoint, read_checkpoint
from fer_models.commands.output import write_bytes, write_json
from fer_models.errors import UserError
from fer_models.evaluation.sentence import DOT, figure_sentence
from fer_models.folders import network_folders
from fer_models.layer_names import layer_titles
from fer_models.migration import is_old

#: What the variant column says of a network's defaults, by where its sizes come from.
_SIZES = {"paper": "sizes as in the paper", "code": "sizes as in the code", "ours": "our sizes"}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", help="name of a network, whose layers are listed")
    parser.add_argument("--layers", action="store_true", help="list the layers of the named network")
    parser.add_argument("--draw", metavar="FILE", help="write a drawing of the named network as SVG; - prints it")
    parser.add_argument("--trained", action="store_true", help="list only the trained networks, with their figures")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    from fer_models.complexity import layers, model_table

    if args.draw:
        return _draw(args)
    if args.name or args.layers:
        return _layers(args, layers)
    if args.trained:
        return _trained(args.json)
    table = model_table()
    if args.json:
        write_json(table, "-")
        return 0
    print(f"{'network':<24}{'variant':<34}{'input':>12}{'parameters':>14}{'MMACs':>10}")
    for row in table:
        options = ", ".join(f"{k}={v}" for k, v in row["options"].items()) or _SIZES[row["sizes"]["source"]]
        size = "x".join(map(str, row["input"]))
        print(f"{row['name']:<24}{options[:32]:<34}{size:>12}{row['parameters']:>14,}{row['macs'] / 1e6:>10.1f}")
    print()
    return _trained(as_json=False)


def _trained(as_json: bool) -> int:
    read = [_read(folder) for folder in network_folders() if (folder / CONFIG).exists()]
    if as_json:
        rows = [
            {"name": name, "problem": str(c)}
            if isinstance(c, UserError)
            else {"name": name, "network": c.network, "options": c.options, "sha256": c.sha256, "metrics": c.metrics}
            for name, c in read
        ]
        write_json(rows, "-")
        return 0
    print(f"{'trained':<32}{'network':<22}accuracy")
    for name, checkpoint in read:
        if isinstance(checkpoint, UserError):
            print(f"{name:<32}{checkpoint}")
            continue
        row = checkpoint.accuracy()
        figure = "not measured" if row is None else _sentence(row)
        old = "; of an earlier version: fer migrate adds its classes to the weights" if is_old(checkpoint.path) else ""
        print(f"{name:<32}{checkpoint.network:<22}{figure}{old}")
    return 0


def _read(folder: Path) -> tuple[str, Checkpoint | UserError]:
    """A checkpoint by its name, or its error: one damaged folder must not hide the others."""
    try:
        return folder.name, read_checkpoint(folder)
    except UserError as error:
        return folder.name, error


def _sentence(row: dict[str, Any]) -> str:
    figure = figure_sentence(row["value"], row["low"], row["high"], row["n"], row["split"], row["selection"])
    return f"{row['data']} {DOT.strip()} {figure}"


def _draw(args: argparse.Namespace) -> int:
    from fer_models.block_drawing import draw
    from fer_models.blocks import blocks

    if not args.name:
        raise UserError("name the network to draw, as in fer models fcsdnet --draw fcsdnet.svg.")
    shape = ARCHITECTURES[args.name].native_input
    model = create_model(args.name, in_channels=shape[0])
    text = draw(blocks(model, shape), model.title)
    if args.draw == "-":
        print(text)
    else:
        write_bytes(text.encode(), args.draw)
    return 0


def _layers(args: argparse.Namespace, layers: object) -> int:
    model = create_model(args.name or "")
    rows = layers(model, model.native_input)  # type: ignore[operator]
    if args.json:
        write_json([row._asdict() if hasattr(row, "_asdict") else vars(row) for row in rows], "-")
        return 0
    titles = layer_titles([(row.name, row.kind) for row in rows])
    print(f"{'layer':<66}{'output':>18}{'parameters':>12}{'MMACs':>10}")
    for title, row in zip(titles, rows, strict=True):
        mark = " *" if row.attention else ""
        shape = "x".join(map(str, row.output_shape))
        print(f"{title + mark:<66}{shape:>18}{row.parameters:>12,}{row.macs / 1e6:>10.2f}")
    print("* attention")
    return 0
