"""Test which heatmaps can be believed: methods and reference maps, on faces whose moved regions are known."""

from __future__ import annotations

import argparse

from fer_models.checkpoint import CONFIG
from fer_models.classifier import load_checkpoint
from fer_models.commands.output import show_progress, write_bytes, write_json
from fer_models.commands.source import source_arguments, source_of
from fer_models.data import open_dataset
from fer_models.errors import UserError
from fer_models.evaluation.sentence import images_text
from fer_models.folders import checkpoints_folder


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "checkpoints",
        nargs="*",
        metavar="CHECKPOINT",
        help="checkpoint folders; by default those that come with the project",
    )
    source_arguments(parser, default="synthetic")
    parser.add_argument(
        "--methods", nargs="+", metavar="METHOD", help="explanation methods, or all; by default some quick ones"
    )
    parser.add_argument(
        "--metrics", nargs="+", metavar="METRIC", help="tests, or all; by default those of removal and of location"
    )
    parser.add_argument("--images", type=int, default=48, metavar="N", help="images, default 48")
    parser.add_argument("--seed", type=int, default=0, help="seed for sampling images")
    parser.add_argument("--csv", metavar="FILE", help="write a table as CSV")
    parser.add_argument("--latex", metavar="FILE", help="write a table as LaTeX")
    parser.add_argument("--json", metavar="FILE", help="write JSON to a file, or to standard output with -")


def run(args: argparse.Namespace) -> int:
    from fer_models.explain import EXPLAINERS
    from fer_models.explain.benchmark import table
    from fer_models.explain.benchmark.run import USUAL_METHODS, USUAL_METRICS, benchmark
    from fer_models.explain.faithfulness import FAITHFULNESS

    folders = args.checkpoints or [str(f.parent) for f in sorted(checkpoints_folder().glob(f"*/{CONFIG}"))]
    if not folders:
        raise UserError("there is no checkpoint; name the folders of some.")
    networks = {}
    for folder in folders:
        classifier = load_checkpoint(folder)
        networks[classifier.checkpoint.name] = classifier
    board = benchmark(
        networks,
        open_dataset(source_of(args.data, args.reader)),
        methods=_keys(args.methods, USUAL_METHODS, list(EXPLAINERS)),
        metrics=_keys(args.metrics, USUAL_METRICS, list(FAITHFULNESS)),
        count=args.images,
        seed=args.seed,
        progress=show_progress,
    )
    if args.csv:
        write_bytes(table.leaderboard_csv(board).encode(), args.csv)
    if args.latex:
        write_bytes(table.leaderboard_latex(board).encode(), args.latex)
    if args.json:
        write_json(table.to_json(board), args.json)
    if args.json == "-":
        return 0
    print(f"{images_text(board.n, board.people)}, {board.data}, the label explained; mean and 95 % bootstrap interval")
    for network in board.networks:
        print(f"\n{network}")
        print(f"{'':24}" + "".join(f"{head:>22}" for head in table.heads(board)) + f"{'ms per image':>15}")
        for row in (row for row in board.rows if row.network == network):
            cells = "".join(f"{table.cell(board, row, metric):>22}" for metric in board.metrics)
            print(f"{row.title:24}{cells}" + ("" if row.reference else f"{1000 * row.seconds:15.1f}"))
    for note in board.notes:
        print(note)
    return 0


def _keys(keys: list[str] | None, default: tuple[str, ...], every: list[str]) -> list[str]:
    if keys is None:
        return list(default)
    return every if keys == ["all"] else keys
