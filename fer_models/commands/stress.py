"""Measure what breaks a prediction: accuracy, confidence and heatmaps under corruptions of five severities."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from fer_models.classifier import Classifier, load_checkpoint
from fer_models.commands.output import show_progress, write_bytes, write_json
from fer_models.commands.source import source_arguments, source_of
from fer_models.data import open_dataset
from fer_models.evaluation.intervals import Estimate
from fer_models.evaluation.sentence import interval_text
from fer_models.explain import EXPLAINERS, USUAL_METHOD
from fer_models.robustness import CORRUPTIONS, SEVERITIES
from fer_models.robustness.figures import CONDITIONS, conditions, corruption_errors, rows
from fer_models.robustness.split import drawn_index, report, stress_split, table
from fer_models.robustness.stress import StressResult, StressSettings
from fer_models.tables import csv_text


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoint", nargs="+", help="checkpoint folders; the first is the reference")
    source_arguments(parser, required=True)
    parser.add_argument("--split", default="", help="name of a split of the data set, or all")
    parser.add_argument("--limit", type=int, help="maximum number of faces, sampled with --seed")
    parser.add_argument("--kinds", nargs="+", choices=tuple(CORRUPTIONS), metavar="KIND", help=", ".join(CORRUPTIONS))
    parser.add_argument("--severities", nargs="+", type=int, choices=SEVERITIES, default=list(SEVERITIES))
    parser.add_argument("--conditions", action="store_true", help="only normal, low light and covered")
    parser.add_argument(
        "--heatmaps", type=int, default=32, metavar="N", help="number of faces whose heatmaps are compared"
    )
    parser.add_argument(
        "--heatmap-method",
        choices=tuple(EXPLAINERS),
        default=USUAL_METHOD,
        metavar="KEY",
        help=f"method of these heatmaps, {USUAL_METHOD} by default: {', '.join(EXPLAINERS)}",
    )
    parser.add_argument("--no-flips", action="store_true", help="do not average with mirrored faces; halves the time")
    parser.add_argument("--seed", type=int, default=0, help="seed of the noise and of the drawn faces")
    parser.add_argument("--json", metavar="FILE", help="write JSON to a file, or to standard output with -")
    parser.add_argument("--csv", metavar="FILE", help="write a line for each network, corruption and severity")


def run(args: argparse.Namespace) -> int:
    networks = _networks(args.checkpoint)
    dataset = open_dataset(source_of(args.data, args.reader))
    split = args.split or dataset.split_names[-1]
    index = np.arange(len(dataset)) if split == "all" else dataset.split_index(split)
    kinds, severities = args.kinds, args.severities
    if args.conditions:
        parts = [part for condition in CONDITIONS.values() for part in condition]
        kinds, severities = [kind for kind, _ in parts], sorted({severity for _, severity in parts})
    settings = StressSettings(
        kinds=kinds,
        severities=severities,
        flips=not args.no_flips,
        heatmaps=args.heatmaps,
        method=args.heatmap_method,
        seed=args.seed,
    )
    positions = drawn_index(dataset, index, args.limit, args.seed)
    result = stress_split(networks, dataset, positions, settings, progress=show_progress)
    if args.csv:
        write_bytes(csv_text(*table(result)).encode(), args.csv)
    if args.json:
        write_json(report(result) | {"data": dataset.name, "split": split, "seed": args.seed}, args.json)
    if args.json != "-":
        _print(result, f"{dataset.name} {split}")
    return 0


def _networks(folders: list[str]) -> dict[str, Classifier]:
    """Networks by the name of their folder; a second folder of that name by its whole path."""
    networks: dict[str, Classifier] = {}
    for folder in folders:
        name = Path(folder).resolve().name
        networks[folder if name in networks else name] = load_checkpoint(folder)
    return networks


def _print(result: StressResult, where: str) -> None:
    print(f"n = {result.n:,} faces of {where}; accuracy in % by severity")
    levels = (0, *result.severities)
    accuracy = {(line["network"], line["kind"], line["severity"]): line["accuracy"] for line in rows(result)}
    for network in result.networks:
        print(f"{network}\n  {'severity':<12}" + "".join(f"{level:>7}" for level in levels))
        for kind in result.kinds:
            shares = "".join(f"{100 * accuracy[network, kind, level].value:7.1f}" for level in levels)
            print(f"  {kind:<12}{shares}")
    for error in corruption_errors(result):
        print(f"{error.network}: mean error {_percent(error.error)}, {_percent(error.rise)} above the clean error")
        if error.network != error.reference:
            print(
                f"  against {error.reference}: mean corruption error {_percent(error.mce)}, relative "
                f"{_percent(error.relative)}"
            )
    for network, line in conditions(result).items():
        print(f"{network}: " + ", ".join(f"{name} {_percent(value)}" for name, value in line.items()))
    for note in result.notes:
        print(note)


def _percent(value: Estimate) -> str:
    if np.isnan(value.value):
        return "undefined"
    return interval_text(*value)
