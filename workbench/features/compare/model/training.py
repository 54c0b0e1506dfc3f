"""The epochs of trained networks, from their run folders or from the file that came with a shipped one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fer_models.checkpoint import Checkpoint
from fer_models.tables import records_csv
from fer_models.training.history import HISTORY, read_history
from fer_models.training.runs.run import Run
from workbench.app.wording import duration, percent


def history(network: Checkpoint) -> list[dict[str, Any]]:
    """One dictionary per epoch with ``epoch``, ``seconds``, ``train_`` and ``val_`` values; empty if none were kept.

    A shipped checkpoint has the epochs in its folder; the checkpoint of a run is at ``checkpoints/best`` of the run.
    """
    folder = network.path.parents[1]
    if (folder / "recipe.json").is_file():
        return Run(folder).metrics()
    return read_history(network.path / HISTORY)


def summary(name: str, rows: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Name, epochs, best validation accuracy and its epoch, gap to training at that epoch, and training time."""
    measured = [row for row in rows if row.get("val_accuracy") is not None]
    if not measured:
        return (name, f"{len(rows)}", "–", "–", "–", "–")
    best = max(measured, key=lambda row: row["val_accuracy"])
    trained = best.get("train_accuracy")
    gap = "–" if trained is None else f"{100 * (trained - best['val_accuracy']):+.1f} points"
    seconds = sum(float(row.get("seconds") or 0.0) for row in rows)
    return (name, f"{len(rows)}", percent(best["val_accuracy"]), f"{best['epoch']}", gap, duration(seconds))


HEADS = ("Network", "Epochs", "Best validation", "At epoch", "Training minus validation", "Time")


def csv(runs: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """One row per network and epoch."""
    keys = ("epoch", "seconds", "lr", "train_loss", "train_accuracy", "val_loss", "val_accuracy")
    lines = [{"network": name, **{key: row.get(key) for key in keys}} for name, rows in runs.items() for row in rows]
    return records_csv(lines)
