"""Results of a study: figures of every run, curves over its runs, and pooled predictions.

Unfinished studies are fine: missing runs are left out or ``None``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fer_models.checkpoint import Checkpoint, read_checkpoint
from fer_models.data import open_dataset
from fer_models.data.dataset import FaceDataset
from fer_models.data.splits import part_name
from fer_models.errors import UserError
from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.part import Part
from fer_models.evaluation.pooled import pool
from fer_models.evaluation.predictions import predictions_for
from fer_models.evaluation.protocol import Protocol
from fer_models.progress import Progress
from fer_models.training.parts import split_of
from fer_models.training.runs.run import Run
from fer_models.training.study.axes import Settings, shown
from fer_models.training.study.selection import flattery
from fer_models.training.study.study import Study, Trial, folds_of, same_settings

#: Metrics that every run measures when it ends, and the accuracy that chose its best epoch.
FIGURES = ("accuracy", "balanced_accuracy", "macro_f1", "validation_accuracy")


@dataclass(frozen=True)
class Result:
    """One run of a study. ``figures`` are shares in [0, 1] by metric, empty until the run is finished.

    Args:
        state: of the run, ``"missing"`` before it is made.
        measured_on: the part that the figures are measured on.
        seconds: of training, all epochs together.
        flattery: by how much choosing the best epoch raises the accuracy on the part that chose it; ``None`` where the
            run is too short to tell, or another figure chose.
    """

    trial: Trial
    state: str
    figures: dict[str, float]
    measured_on: str
    epoch: int
    epochs: int
    best_epoch: int | None
    seconds: float
    checkpoint: Checkpoint | None
    flattery: float | None = None

    @property
    def chosen_by_it(self) -> bool:
        """Whether the part of the figures also chose the epoch, as with FER2013's PublicTest."""
        return self.checkpoint is not None and self.checkpoint.selection == self.measured_on


@dataclass(frozen=True)
class Curve:
    """Mean and standard deviation over runs by epoch, float64 (E,); ``runs`` int64 (E,) says how many reached it."""

    epochs: np.ndarray
    mean: np.ndarray
    deviation: np.ndarray
    runs: np.ndarray


def results_of(study: Study) -> list[Result]:
    """Every run of a study, in its order; reads small files only."""
    return [_result(study, trial) for trial in study.trials]


def _result(study: Study, trial: Trial) -> Result:
    run, status = study.run_of(trial), study.status_of(trial)
    if run is None or status is None:
        return Result(trial, "missing", {}, "", 0, int(study.recipe["epochs"]), None, 0.0, None)
    checkpoint = None
    if run.checkpoint is not None:
        try:
            checkpoint = read_checkpoint(run.checkpoint)
        except UserError:
            checkpoint = None
    figures, where = _figures(checkpoint) if status.state == "finished" and checkpoint else ({}, "")
    rows = run.metrics()
    seconds = sum(float(row.get("seconds") or 0) for row in rows)
    history = [float(row["val_accuracy"]) for row in rows if row.get("val_accuracy") is not None]
    flattered = flattery(history) if run.recipe.monitor == "val_accuracy" else None
    reached = (status.epoch, status.epochs, status.best_epoch)
    return Result(trial, status.state, figures, where, *reached, seconds, checkpoint, flattered)


def _figures(checkpoint: Checkpoint) -> tuple[dict[str, float], str]:
    """Figures of the part on which the accuracy is shown, its name, and the accuracy that chose the weights."""
    accuracy = checkpoint.accuracy()
    if accuracy is None:
        return {}, ""
    where = str(accuracy.get("split", ""))
    rows = [row for row in checkpoint.metrics if row.get("averaging", "none") == "none"]
    here = [row for row in rows if row.get("split") == where and row["value"] is not None]
    figures = {str(row["metric"]): float(row["value"]) for row in here}
    validation = [row for row in checkpoint.figures("accuracy") if row.get("split") == checkpoint.selection]
    if validation:
        figures["validation_accuracy"] = float(validation[0]["value"])
    return figures, where


def curves(study: Study, settings: Settings, key: str) -> Curve | None:
    """A quantity of the epoch lines (``"val_accuracy"``) averaged over the runs of a setting; ``None`` before epoch 1.

    A run that stopped early counts up to its last epoch.
    """
    lines = []
    for trial in study.trials:
        run = study.run_of(trial) if same_settings(trial.settings, settings) else None
        if run is not None:
            lines.append({int(row["epoch"]): float(row[key]) for row in run.metrics() if row.get(key) is not None})
    epochs = sorted({epoch for line in lines for epoch in line})
    if not epochs:
        return None
    columns = [[line[epoch] for line in lines if epoch in line] for epoch in epochs]
    return Curve(
        np.array(epochs),
        np.array([np.mean(column) for column in columns]),
        np.array([np.std(column, ddof=1) if len(column) > 1 else 0.0 for column in columns]),
        np.array([len(column) for column in columns]),
    )


def chosen_figure(result: Result, figure: str) -> bool:
    """Whether a figure of a run is the accuracy on the images that chose its epoch."""
    return figure == "validation_accuracy" or (figure == "accuracy" and result.chosen_by_it)


def held_out(run: Run, checkpoint: Checkpoint, dataset: FaceDataset) -> tuple[str, np.ndarray, str]:
    """Name and positions of the pictures that a run is measured on, and on what its weights were chosen."""
    split = split_of(run.recipe, dataset)
    name = part_name(dataset, split, split.measured, "test" if len(split.test) else "validation")
    return name, split.measured, checkpoint.selection


def pooled(
    study: Study, settings: Settings, seed: int, progress: Progress | None = None, dataset: FaceDataset | None = None
) -> Evaluation:
    """Predictions of all finished folds of a setting and seed: each picture by a network that never saw it.

    Earlier predictions come from the cache.

    Args:
        progress: called after every fold.
        dataset: the data set, if it is open already.

    Raises:
        UserError: If the study has no folds, or none of them is finished.
    """
    folds = folds_of(study, settings)
    if folds < 2:
        raise UserError("Only folds can be pooled: this study measures every network on the same images.")
    trials = [t for t in study.trials if t.seed == seed and same_settings(t.settings, settings)]
    finished = [r for r in (_result(study, trial) for trial in trials) if r.state == "finished" and r.checkpoint]
    if not finished:
        raise UserError(f"No fold of {shown(settings)} has finished yet.")
    parts: list[Evaluation] = []
    for done, result in enumerate(finished):
        run = study.run_of(result.trial)
        assert run is not None and result.checkpoint is not None
        faces = dataset or open_dataset(run.recipe.data)
        name, index, rule = held_out(run, result.checkpoint, faces)
        parts.append(predictions_for(result.checkpoint, faces, Protocol(Part(name, index), rule)))
        if progress:
            progress((done + 1) / len(finished), f"fold {done + 1} of {len(finished)}")
    whole = "all" if len(parts) == folds else f"{len(parts)} of"
    return pool(parts, faces, f"{whole} {folds} folds pooled")
