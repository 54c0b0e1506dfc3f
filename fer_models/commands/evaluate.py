"""Measure a checkpoint on a split of a data set, with 95 % intervals, and write its predictions table."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from math import isnan
from pathlib import Path

from fer_models.averaging import AVERAGINGS
from fer_models.classifier import load_checkpoint
from fer_models.commands.output import show_progress, write_json
from fer_models.commands.source import source_arguments, source_of
from fer_models.data import open_dataset
from fer_models.errors import UserError
from fer_models.evaluation.class_match import parse_label_map
from fer_models.evaluation.evaluate import Evaluation, evaluate
from fer_models.evaluation.part import Part
from fer_models.evaluation.predictions import export_predictions, table_folder, write_predictions
from fer_models.evaluation.protocol import Protocol
from fer_models.evaluation.sentence import interval_text
from fer_models.evaluation.training_overlap import training_overlap


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoint", help="checkpoint folder")
    source_arguments(parser, required=True)
    parser.add_argument("--split", default="", help="name of a split of the data set, or all")
    parser.add_argument("--averaging", default="none", choices=AVERAGINGS, help="test-time averaging")
    parser.add_argument(
        "--map",
        default="",
        metavar="A=B,C=",
        help="label map: class A of the data set counts as the network's class B, class C is left out; "
        "all others are matched by name",
    )
    parser.add_argument(
        "--out", metavar="FILE", help="write the predictions table to this Parquet file too, embeddings beside it"
    )
    parser.add_argument("--json", metavar="FILE", help="write JSON to a file, or to standard output with -")


def run(args: argparse.Namespace) -> int:
    classifier = load_checkpoint(args.checkpoint)
    dataset = open_dataset(source_of(args.data, args.reader))
    label_map = parse_label_map(args.map)
    part = replace(Part.of_split(dataset, args.split or dataset.split_names[-1]), label_map=label_map)
    protocol = Protocol(part, classifier.checkpoint.selection, args.averaging)
    evaluation = evaluate(classifier, dataset, protocol, progress=show_progress)
    folder = table_folder(classifier.checkpoint, dataset, protocol)
    overlap = training_overlap(evaluation, classifier.checkpoint, dataset, args.data)
    warnings = [overlap.warning] if overlap is not None and overlap.warning else []
    for warning in warnings:
        print(f"warning: {warning}", file=sys.stderr)
    written = _tables(evaluation, folder, args.out)
    if args.json:
        figures = evaluation.to_json()
        write_json(figures | {"notes": [*figures["notes"], *warnings]}, args.json)
    if args.json != "-":
        print(f"accuracy  {evaluation.sentence('accuracy')}")
        print(f"macro F1  {evaluation.sentence('macro_f1')}")
        for name, recall in evaluation.recalls().items():
            print(f"recall    {name:<10} {'no images' if isnan(recall.value) else interval_text(*recall)}")
        for line in (*evaluation.notes, *([evaluation.few] if evaluation.few else []), *written):
            print(line)
    return 0


def _tables(evaluation: Evaluation, folder: Path, out: str | None) -> list[str]:
    """Write the predictions to the cache of the pages, and to ``out``; a line for each written file or failure."""
    written = []
    if out is not None:
        embeddings = export_predictions(evaluation, out)
        written.append(f"predictions in {out}" + (f", embeddings in {embeddings}" if embeddings else ""))
    try:
        written.append(f"predictions in {write_predictions(evaluation, folder)}")
    except UserError as error:
        written.append(str(error))
    return written
