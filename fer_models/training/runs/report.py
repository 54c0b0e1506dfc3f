"""After the last epoch: measure the best checkpoint once more, in float32, as everyone else will, and write it down."""

from __future__ import annotations

import numpy as np

from fer_models.checkpoint import write_figures
from fer_models.classifier import load_checkpoint
from fer_models.data.dataset import FaceDataset
from fer_models.data.splits import Split
from fer_models.evaluation.evaluate import evaluate
from fer_models.training.parts import part_name
from fer_models.training.runs.run import Run


def finish(run: Run, dataset: FaceDataset, split: Split, *, test: bool) -> None:
    """Fill ``metrics.json`` of the run's best checkpoint: validation, plain and mirrored, and if asked test.

    A run that was only cancelled leaves the test part alone: it may be resumed, and a test part is touched once.
    """
    if run.checkpoint is None:
        return
    classifier = load_checkpoint(run.checkpoint)
    val_name = part_name(dataset, split, split.val, "validation")
    parts: list[tuple[str, np.ndarray]] = [(val_name, split.val)]
    if test and len(split.test):
        parts.append((part_name(dataset, split, split.test, "test"), split.test))
    rows = []
    for name, index in parts:
        for averaging in ("none", "flip"):
            measured = evaluate(classifier, dataset, index, split_name=name, selection=val_name, averaging=averaging)
            rows += measured.metric_rows(("accuracy", "macro_f1", "balanced_accuracy"))
    write_figures(run.checkpoint, rows)
