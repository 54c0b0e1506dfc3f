"""List the training runs, the newest first."""

from __future__ import annotations

import argparse
import dataclasses

from fer_models.commands.output import write_json
from fer_models.training.run import list_runs


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(given: argparse.Namespace) -> int:
    found = [(run, run.status()) for run in list_runs()]
    if given.json:
        fields = (
            "state",
            "message",
            "epoch",
            "epochs",
            "best_epoch",
            "best_value",
            "images_per_second",
            "seconds_left",
        )
        rows = []
        for run, status in found:
            values = dataclasses.asdict(status)
            checkpoint = str(run.checkpoint) if run.checkpoint else None
            rows.append({"id": run.id, **{f: values[f] for f in fields}, "checkpoint": checkpoint})
        write_json(rows, "-")
        return 0
    for run, status in found:
        best = f"{status.best_value:.4f} in epoch {status.best_epoch}" if status.best_value is not None else "-"
        print(f"{run.id:<48}{status.state:<11}{status.epoch:>4}/{status.epochs:<5}best {best}")
    return 0
