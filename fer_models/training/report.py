"""After the last epoch: measure the best checkpoint once more, in float32, as everyone else will, and write it down."""

from __future__ import annotations

import numpy as np

from fer_models.checkpoint import load_checkpoint, write_figures
from fer_models.data.dataset import FaceDataset
from fer_models.data.splits import Split
from fer_models.evaluation.evaluate import evaluate
from fer_models.training.run import Run


def part_name(dataset: FaceDataset, split: Split, index: np.ndarray, role: str) -> str:
    """What a part of a split is called beside a figure: the data set's own split name where the part is all of it."""
    for number, name in enumerate(dataset.split_names):
        whole = np.flatnonzero((dataset.split == number) & (dataset.labels >= 0))
        if np.array_equal(whole, index):
            return name
    return f"{role} part ({split.name}, seed {split.seed})"


def finish(run: Run, dataset: FaceDataset, split: Split) -> None:
    """Fill ``metrics.json`` of the run's best checkpoint: validation, plain and mirrored; the test part once."""
    if run.checkpoint is None:
        return
    classifier = load_checkpoint(run.checkpoint)
    val_name = part_name(dataset, split, split.val, "validation")
    parts: list[tuple[str, np.ndarray]] = [(val_name, split.val)]
    if len(split.test):
        parts.append((part_name(dataset, split, split.test, "test"), split.test))
    rows = []
    for name, index in parts:
        for averaging in ("none", "flip"):
            measured = evaluate(classifier, dataset, index, split_name=name, selection=val_name, averaging=averaging)
            rows += measured.metric_rows(("accuracy", "macro_f1", "balanced_accuracy"))
    write_figures(run.checkpoint, rows)
