"""List the training runs, the newest first, with each waiting one's place in the queue; move one of those."""

from __future__ import annotations

import argparse
import dataclasses
import re

from fer_models.commands.output import write_json
from fer_models.errors import UserError
from fer_models.training.runs.queue import move, waiting_runs
from fer_models.training.runs.run import find_run, list_runs


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--move",
        nargs=2,
        metavar=("RUN", "STEPS"),
        help="before that, move a waiting run: -1 is one place to the front, 1 one back",
    )


def run(args: argparse.Namespace) -> int:
    if args.move:
        name, steps = args.move
        if not re.fullmatch(r"[+-]?\d{1,6}", steps):
            raise UserError(f"{steps!r} is not a number of places; -1 is one place to the front.")
        move(find_run(name), int(steps))
    runs = [(run, run.status()) for run in list_runs()]
    order = {run.id: number for number, run in enumerate(waiting_runs(), 1)}
    if args.json:
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
        for run, status in runs:
            values = dataclasses.asdict(status)
            checkpoint = str(run.checkpoint) if run.checkpoint else None
            position = order.get(run.id)
            rows.append({"id": run.id, **{f: values[f] for f in fields}, "queue": position, "checkpoint": checkpoint})
        write_json(rows, "-")
        return 0
    for run, status in runs:
        best = f"{status.best_value:.4f} in epoch {status.best_epoch}" if status.best_value is not None else "-"
        state = f"{status.state} {order[run.id]}" if run.id in order else status.state
        print(f"{run.id:<48}{state:<11}{status.epoch:>4}/{status.epochs:<5}best {best}")
    return 0
