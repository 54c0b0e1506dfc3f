"""Measure a checkpoint on a split of a data set: accuracy, macro F1, recall a class, with 95 % intervals."""

from __future__ import annotations

import argparse

import numpy as np

from fer_models.checkpoint import load_checkpoint
from fer_models.commands.output import show_progress, write_json
from fer_models.data import open_dataset
from fer_models.evaluation.evaluate import AVERAGINGS, evaluate


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoint", help="checkpoint folder")
    parser.add_argument("--data", required=True, help="a known data set, or the path of a folder or CSV file")
    parser.add_argument("--split", default="", help="name of a split of the data set, or all")
    parser.add_argument("--averaging", default="none", choices=AVERAGINGS, help="test-time averaging")
    parser.add_argument("--json", metavar="FILE", help="write JSON to a file, or to standard output with -")


def run(given: argparse.Namespace) -> int:
    classifier = load_checkpoint(given.checkpoint)
    dataset = open_dataset(given.data)
    split = given.split or dataset.split_names[-1]
    index = np.arange(len(dataset)) if split == "all" else dataset.split_index(split)
    selection = classifier.checkpoint.provenance.get("validation", "")
    measured = evaluate(
        classifier,
        dataset,
        index,
        split_name=split,
        selection=selection,
        averaging=given.averaging,
        progress=lambda done, total: show_progress(done / total, "measuring"),
    )
    if given.json:
        write_json(measured.to_json(), given.json)
    if given.json != "-":
        print(f"accuracy  {measured.sentence('accuracy')}")
        print(f"macro F1  {measured.sentence('macro_f1')}")
        for name, recall in measured.recalls().items():
            print(f"recall    {name:<10} {100 * recall.value:5.1f} % [{100 * recall.low:.1f}, {100 * recall.high:.1f}]")
        for note in measured.notes:
            print(note)
    return 0
