"""Files of an epoch in a run's folder: best checkpoint, outputs, and the state to resume from."""

from __future__ import annotations

import errno
from typing import Any

import numpy as np
import torch

import fer_models
from fer_models.checkpoint import save_checkpoint
from fer_models.data.dataset import FaceDataset
from fer_models.data.parts import part_name
from fer_models.data.splits import Split
from fer_models.storage import atomic_file
from fer_models.training.loop import Loop
from fer_models.training.rows import read_rows
from fer_models.training.runs.epochs import EpochOutputs, write_epoch
from fer_models.training.runs.run import Run
from fer_models.training.validation import Measured


def save_outputs(run: Run, loop: Loop, dataset: FaceDataset, split: Split, measured: Measured, *, best: int) -> None:
    """Write the outputs of the sampled validation pictures; those of the ``best`` epoch stay when files are thinned."""
    positions = split.val[dataset.labels[split.val] >= 0][loop.sample.numpy()]
    logits, embedding = measured.logits.numpy(), measured.embedding.numpy()
    outputs = EpochOutputs(dataset.rows[positions], dataset.labels[positions], logits, embedding)
    write_epoch(run, loop.epoch, outputs, keep={best})


def save_best(run: Run, loop: Loop, dataset: FaceDataset, split: Split, row: dict[str, Any]) -> None:
    """Write the evaluated network as the run's best checkpoint, with its provenance."""
    recipe, validation = loop.recipe, part_name(dataset, split, split.val, "validation")
    provenance = {
        "run": run.id,
        "recipe": recipe.to_dict(),
        "data": dataset.name,
        "split": split.name,
        "validation": validation,
        "selection": f"best epoch by {recipe.monitor} on {validation}",
        "epoch": loop.epoch,
        "val_accuracy": row["val_accuracy"],
        "versions": {"fer_models": fer_models.__version__, "torch": torch.__version__},
    }
    if recipe.exclude:
        held_out = dataset.rows[np.concatenate([split.val, split.test])]
        listed = np.setdiff1d(np.fromiter(read_rows(recipe.exclude), np.int64), held_out)
        provenance["left_out"] = np.intersect1d(dataset.rows[dataset.labels >= 0], listed).tolist()
    save_checkpoint(
        run.folder / "checkpoints" / "best",
        loop.evaluated,
        dataset.classes,
        loop.preprocess,
        provenance=provenance,
    )


def save_state(run: Run, loop: Loop) -> None:
    """Write the state that the next epoch depends on, atomically.

    Raises:
        OSError: If the disk is full.
    """
    try:
        with atomic_file(run.folder / "resume.pt") as file:
            torch.save(loop.state(), file)
    except RuntimeError as error:  # how torch's archive writer reports a full disk
        if "inline_container" not in str(error) and "PytorchStreamWriter" not in str(error):
            raise
        raise OSError(errno.ENOSPC, "No space left on device") from error
