"""Is every shipped figure what ``fer evaluate`` gives? Every network is measured again from the images.

``python benchmarks/shipped.py [NAME ...]`` needs the data sets (``FER_DATA``); all networks take about half an hour of
one core. The figures of the whole part without test-time averaging are compared: values, intervals and counts.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from fer_models.checkpoint import Checkpoint, read_checkpoint  # noqa: E402
from fer_models.classifier import load_checkpoint  # noqa: E402
from fer_models.data import open_dataset  # noqa: E402
from fer_models.errors import UserError  # noqa: E402
from fer_models.evaluation.evaluate import evaluate  # noqa: E402
from fer_models.evaluation.part import Part  # noqa: E402
from fer_models.evaluation.protocol import Protocol  # noqa: E402


def main() -> int:
    """Print a row a network; the exit code says whether all figures agree."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", help="networks; all that ship unless given")
    names = parser.parse_args().names
    found = [read_checkpoint(file.parent) for file in (ROOT / "checkpoints").glob("*/config.json")]
    print("| network | part | n | accuracy, shipped | again | figures | largest difference | minutes |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    agree = True
    for checkpoint in sorted(found, key=lambda each: each.size):
        if not names or checkpoint.name in names:
            agree &= _again(checkpoint)
    return 0 if agree else 1


def _again(checkpoint: Checkpoint) -> bool:
    """Measure a network as ``fer evaluate`` does; print and return whether every figure is the shipped one."""
    shipped = checkpoint.accuracy()
    assert shipped is not None
    data, split = shipped["data"], shipped["split"]
    rows = [
        row for row in checkpoint.metrics if all(row[key] == shipped[key] for key in ("data", "split", "averaging"))
    ]
    began = time.monotonic()
    try:
        dataset = open_dataset(_source(checkpoint, data))
    except UserError as error:
        print(f"| {checkpoint.name} | {data}, {split} | | | | | not measured: {error} | |")
        return True
    protocol = Protocol(Part.of_split(dataset, split), checkpoint.selection)
    again = evaluate(load_checkpoint(checkpoint.path), dataset, protocol).metric_rows([row["metric"] for row in rows])
    off = max(_difference(old, new) for old, new in zip(_sorted(rows), _sorted(again), strict=True))
    value = next(row["value"] for row in again if row["metric"] == "accuracy")
    minutes = (time.monotonic() - began) / 60
    cells = (checkpoint.name, f"{data}, {split}", shipped["n"], f"{shipped['value']:.6f}", f"{value:.6f}", len(rows))
    print("|", *(f"{cell} |" for cell in cells), f"{off:.1g} | {minutes:.1f} |", flush=True)
    return off < 1e-6


def _source(checkpoint: Checkpoint, data: str) -> str:
    """What opens the data set: with the options of the recipe where the network was trained on the same set."""
    trained_on = str(checkpoint.provenance.get("recipe", {}).get("data", ""))
    return trained_on if trained_on.partition(":")[0] == data else data


def _sorted(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: str(row["metric"]))


def _difference(old: dict[str, Any], new: dict[str, Any]) -> float:
    """Largest difference of value and interval; infinite where a count differs."""
    if any(old.get(key) != new.get(key) for key in ("metric", "n", "people", "photographs")):
        return float("inf")
    return max(abs(old[key] - new[key]) for key in ("value", "low", "high") if old.get(key) is not None)


if __name__ == "__main__":
    sys.exit(main())
