"""Data of a run's curves: classes, confusion matrix of an epoch, other runs to compare with."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fer_models.checkpoint import read_checkpoint
from fer_models.errors import UserError
from fer_models.folders import runs_folder
from fer_models.training.history import HISTORY
from fer_models.training.runs.labels import label_of
from fer_models.training.runs.run import Run
from fer_models.training.runs.steps import FILE as STEPS
from fer_models.training.runs.steps import read_losses
from workbench.app import runs as run_folders

#: Key of a row, title of the axis, factor.
QUANTITIES: dict[str, tuple[str, str, float]] = {
    "accuracy": ("val_accuracy", "validation accuracy, %", 100.0),
    "macro recall": ("val_macro_recall", "validation macro recall, %", 100.0),
    "loss": ("val_loss", "validation loss", 1.0),
    "training loss": ("train_loss", "training loss", 1.0),
    "learning rate": ("lr", "learning rate", 1.0),
}

_MOST_POINTS = 600


def losses(run_id: str) -> list[tuple[float, float]]:
    """Position in epochs and training loss within them, at most about 600 points, each a mean."""
    points = read_losses(run_folders.find(run_id).folder / STEPS)
    times = -(-len(points) // _MOST_POINTS)
    parts = [np.mean(points[at : at + times], 0) for at in range(0, len(points), times)] if points else []
    return [(float(position), float(loss)) for position, loss in parts]


def with_classes(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Epochs with a recall for every class; runs of earlier versions may have none."""
    return [row for row in rows if row.get("val_recall") and row.get("val_confusion")]


def classes(run_id: str, count: int) -> list[str]:
    """Names of a run's classes, from its checkpoint; numbers if there is none yet."""
    folder = run_folders.find(run_id).checkpoint
    try:
        names = list(read_checkpoint(folder).classes) if folder is not None else []
    except UserError:
        names = []
    return names if len(names) == count else [f"class {k}" for k in range(count)]


def matrix(row: Mapping[str, Any]) -> np.ndarray:
    """Confusion matrix int64 (K, K) of an epoch, rows true."""
    return np.asarray(row["val_confusion"], np.int64)


def comparable(run_id: str) -> dict[str, str]:
    """Other runs with at least one epoch, newest first, with their labels; hidden ones are left out."""
    shown = [run for run in run_folders.runs() if run.id != run_id and not label_of(run).hidden]
    others = [run for run in shown if (run.folder / HISTORY).exists()]
    return {run.id: run_folders.label(run) for run in others}


def names_and_rows(run_ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """Rows of several runs by a short unique name."""
    runs = [run_folders.find(run_id) for run_id in run_ids]
    return {f"{number}. {_short(run)}": run.metrics() for number, run in enumerate(runs, 1)}


def last_values(runs: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[tuple[str, ...]]:
    """Name, epochs, best validation accuracy with its epoch, and pictures a second of each run."""
    table: list[tuple[str, ...]] = []
    for name, rows in runs.items():
        if not rows:
            table.append((name, "0", "–", "–"))
            continue
        best = max(rows, key=lambda row: (row["val_accuracy"], row["epoch"]))
        speed = float(np.median([row["images_per_second"] for row in rows]))
        table.append(
            (name, str(len(rows)), f"{100 * best['val_accuracy']:.1f} (epoch {best['epoch']})", f"{speed:,.0f}")
        )
    return table


def tensorboard_command() -> str:
    """The command that shows all runs in TensorBoard."""
    folder = runs_folder()
    try:
        shown = folder.relative_to(Path.cwd())
    except ValueError:
        shown = Path("$FER_RUNS") if os.environ.get("FER_RUNS") else folder
    return f"tensorboard --logdir {shown}"


def _short(run: Run) -> str:
    try:
        return f"{label_of(run).title or run_folders.title(run.recipe)} · {run.id[:15]}"
    except UserError:
        return run.id
