"""Train a list of recipes one after the other within a time limit, and go on where an earlier call stopped.

``python benchmarks/train_all.py --hours 2 --export checkpoints`` trains the presets that ship (names ending in
``-fer2013``), the most wanted first. A run that was finished with the same recipe is not trained again; one that was
cancelled, lost or cut off by the limit is resumed. With ``--export`` the best epoch so far of each goes to a checkpoint
folder with its figures and card. The last lines are the table of results, from the runs' own files.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from fer_models.errors import UserError
from fer_models.publish import publish
from fer_models.training.recipe import Recipe, list_presets, load_preset, read_recipe
from fer_models.training.runs.launch import launch, resume
from fer_models.training.runs.run import Run, list_runs

#: The presets that ship, the most wanted first; further ones ending in ``-fer2013`` follow.
WANTED = ("fcsdnet", "multibranch", "sldcnn", "separable-attention", "dcnn-bilstm")


def shipped_presets() -> list[str]:
    """Names of the presets that ship, in the order in which they are trained."""
    names = [name for name in list_presets() if name.endswith("-fer2013")]
    return sorted(names, key=lambda n: next((k for k, w in enumerate(WANTED) if n.startswith(w)), len(WANTED)))


def read(name: str) -> Recipe:
    """A recipe file or a preset."""
    return read_recipe(name) if name.endswith(".json") else load_preset(name)


def find(recipe: Recipe) -> Run | None:
    """The run of that recipe that came furthest."""
    same = [run for run in list_runs() if run.recipe == recipe]
    return max(same, key=lambda run: (run.status().state == "finished", len(run.metrics())), default=None)


def train(recipe: Recipe, deadline: float) -> Run:
    """Bring the run of a recipe to its end, or to the deadline (seconds since 1970), where it is cancelled."""
    run = find(recipe)
    if run is None:
        run = launch(recipe)
    elif run.status().state in ("cancelled", "failed", "lost"):
        resume(run)
    while run.status().active:
        if time.time() > deadline:
            run.cancel()
        time.sleep(1)
    return run


def row(name: str, run: Run | None) -> list[str]:
    """One line of the results table, from the run's files."""
    if run is None:
        return [name, "not begun", "", "", ""]
    status = run.status()
    best = "" if status.best_value is None else f"{100 * status.best_value:.1f} %"
    hours = sum(line["seconds"] for line in run.metrics()) / 3600
    return [name, status.state, f"{status.epoch}/{status.epochs}", best, f"{hours:.2f}"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("recipes", nargs="*", help="presets or recipe files; by default the presets that ship")
    parser.add_argument("--hours", type=float, default=2.0, help="stop after so long; the run at work can be resumed")
    parser.add_argument("--export", metavar="FOLDER", help="write a checkpoint folder a network there")
    parser.add_argument("--list", action="store_true", help="show what stands and train nothing")
    given = parser.parse_args()
    names = given.recipes or shipped_presets()
    deadline = time.time() + 3600 * given.hours
    rows = [["recipe", "state", "epochs", "best validation", "hours"]]
    for name in names:
        try:
            recipe = read(name)
            begin = not given.list and time.time() < deadline
            run = train(recipe, deadline) if begin else find(recipe)
            if given.export and begin and run is not None and run.checkpoint is not None:
                publish(run.checkpoint, Path(given.export) / Path(name).stem)
            rows.append(row(name, run))
        except UserError as error:
            print(f"{name}: {error}", file=sys.stderr)
            rows.append([name, "refused", "", "", ""])
        print(" | ".join(rows[-1]), file=sys.stderr, flush=True)
    widths = [max(len(line[k]) for line in rows) for k in range(len(rows[0]))]
    for line in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
    return 0


if __name__ == "__main__":
    sys.exit(main())
