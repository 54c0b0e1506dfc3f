"""Measure a checkpoint on a split of a data set, with 95 % intervals, and write its predictions table."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from fer_models.averaging import AVERAGINGS
from fer_models.classifier import load_checkpoint
from fer_models.commands.output import show_progress, write_json
from fer_models.data import open_dataset
from fer_models.errors import UserError
from fer_models.evaluation.class_match import parse_label_map
from fer_models.evaluation.evaluate import Evaluation, evaluate
from fer_models.evaluation.part import Part
from fer_models.evaluation.predictions import export_predictions, table_folder, write_predictions
from fer_models.evaluation.training_overlap import training_overlap


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoint", help="checkpoint folder")
    parser.add_argument("--data", required=True, help="a known data set, or the path of a folder or CSV file")
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


def run(given: argparse.Namespace) -> int:
    classifier = load_checkpoint(given.checkpoint)
    dataset = open_dataset(given.data)
    label_map = parse_label_map(given.map)
    part = Part.of_split(dataset, given.split or dataset.split_names[-1])
    selection = classifier.checkpoint.selection
    measured = evaluate(
        classifier,
        dataset,
        part.index,
        split_name=part.name,
        selection=selection,
        averaging=given.averaging,
        label_map=label_map,
        progress=show_progress,
    )
    folder = table_folder(classifier.checkpoint, dataset, part.index, part.name, given.averaging, label_map)
    overlap = training_overlap(measured, classifier.checkpoint, dataset, given.data)
    warnings = [overlap.warning] if overlap is not None and overlap.warning else []
    for warning in warnings:
        print(f"warning: {warning}", file=sys.stderr)
    told = _tables(measured, folder, given.out)
    if given.json:
        figures = measured.to_json()
        write_json(figures | {"notes": [*figures["notes"], *warnings]}, given.json)
    if given.json != "-":
        print(f"accuracy  {measured.sentence('accuracy')}")
        print(f"macro F1  {measured.sentence('macro_f1')}")
        for name, recall in measured.recalls().items():
            print(f"recall    {name:<10} {100 * recall.value:5.1f} % [{100 * recall.low:.1f}, {100 * recall.high:.1f}]")
        for line in (*measured.notes, *told):
            print(line)
    return 0


def _tables(measured: Evaluation, folder: Path, out: str | None) -> list[str]:
    """Write the predictions where the pages look for them, and to a file if asked; a line for each that was written."""
    told = []
    if out is not None:
        beside = export_predictions(measured, out)
        told.append(f"predictions in {out}" + (f", embeddings in {beside}" if beside else ""))
    try:
        told.append(f"predictions in {write_predictions(measured, folder)}")
    except UserError as error:
        told.append(str(error))
    return told
