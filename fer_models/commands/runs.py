"""List the training runs, the newest first; rename, hide or delete one, or move a waiting one.

``fer runs`` lists, ``fer runs rename RUN NAME``, ``fer runs hide RUN``, ``fer runs show RUN`` and
``fer runs delete RUN`` change one.
"""

from __future__ import annotations

import argparse
import dataclasses
import re
import sys

from fer_models.commands.output import write_json
from fer_models.errors import UserError
from fer_models.training.runs.labels import delete, hide, label_of, set_title
from fer_models.training.runs.queue import move, waiting_runs
from fer_models.training.runs.run import find_run, list_runs
from fer_models.training.runs.status import Status

_ACTIONS = ("rename", "hide", "show", "delete")
_FIELDS = ("state", "message", "epoch", "epochs", "best_epoch", "best_value", "images_per_second", "seconds_left")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "action",
        nargs="?",
        choices=_ACTIONS,
        help="rename: give a run a name; hide: leave it out of lists; show: list it again; delete: remove its folder",
    )
    parser.add_argument("name", nargs="?", metavar="RUN", help="the run's id or folder")
    parser.add_argument("title", nargs="?", metavar="NAME", help="for rename; an empty one removes the name")
    parser.add_argument("--yes", action="store_true", help="delete without asking")
    parser.add_argument("--all", action="store_true", help="list hidden runs too")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--move",
        nargs=2,
        metavar=("RUN", "STEPS"),
        help="first move a waiting run: -1 is one place to the front, 1 one place back",
    )


def run(args: argparse.Namespace) -> int:
    if args.action:
        return _change(args)
    if args.move:
        name, steps = args.move
        if not re.fullmatch(r"[+-]?\d{1,6}", steps):
            raise UserError(f"{steps!r} is not a number of places; -1 moves the run one place to the front.")
        move(find_run(name), int(steps))
    runs = [(run, run.status(), label_of(run)) for run in list_runs()]
    order = {run.id: number for number, run in enumerate(waiting_runs(), 1)}
    if args.json:
        rows = []
        for run, status, label in runs:
            values = dataclasses.asdict(status)
            checkpoint = str(run.checkpoint) if run.checkpoint else None
            facts = {field: values[field] for field in _FIELDS}
            place = {"queue": order.get(run.id), "checkpoint": checkpoint}
            rows.append({"id": run.id, **facts, **place, **dataclasses.asdict(label)})
        write_json(rows, "-")
        return 0
    for run, status, label in runs:
        if args.all or not label.hidden:
            notes = [part for part in (label.title, "hidden" if label.hidden else "") if part]
            print(_line(run.id, status, order.get(run.id)) + "".join(f"  {note}" for note in notes))
    return 0


def _line(name: str, status: Status, place: int | None) -> str:
    best = f"{status.best_value:.4f} in epoch {status.best_epoch}" if status.best_value is not None else "-"
    state = status.state if place is None else f"{status.state} {place}"
    return f"{name:<48}{state:<11}{status.epoch:>4}/{status.epochs:<5}best {best}"


def _change(args: argparse.Namespace) -> int:
    if args.name is None:
        raise UserError(f"Name the run to {args.action}: fer runs {args.action} RUN. `fer runs` lists them.")
    if (args.title is not None) != (args.action == "rename"):
        raise UserError("Only rename takes a name: fer runs rename RUN NAME.")
    run = find_run(args.name)
    if args.action == "rename":
        set_title(run, args.title)
    elif args.action == "delete":
        if not args.yes and not _agreed(run.id):
            print("Nothing was deleted.")
            return 1
        delete(run)
    else:
        hide(run, hidden=args.action == "hide")
    return 0


def _agreed(name: str) -> bool:
    """Whether the person at the terminal says yes."""
    if not sys.stdin.isatty():
        raise UserError(
            f"There is no terminal to confirm in; add --yes to delete {name} with its weights, curves and log."
        )
    return input(f"Delete {name} with its weights, curves and log? [y/N] ").strip().lower() in ("y", "yes")
