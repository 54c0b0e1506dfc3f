"""Files of an epoch in a run's folder: best checkpoint, outputs, and the state to resume from."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

import fer_models
from fer_models.architectures.base import FERNetwork
from fer_models.checkpoint import save_checkpoint
from fer_models.data.dataset import FaceDataset
from fer_models.data.splits import Split, part_name
from fer_models.preprocess import Preprocess
from fer_models.storage import atomic_file
from fer_models.training.loop import Loop
from fer_models.training.recipe import Recipe
from fer_models.training.rows import read_rows
from fer_models.training.runs.epochs import EpochOutputs, write_epoch
from fer_models.training.runs.run import Run
from fer_models.training.runs.state import note_digest
from fer_models.training.validation import Measured
from fer_models.training.watch.faces import choose_faces
from fer_models.training.watch.watcher import Watcher


@dataclass(frozen=True)
class Source:
    """What a run trains on and how: recipe, data set, split and preprocessing."""

    recipe: Recipe
    dataset: FaceDataset
    split: Split
    preprocess: Preprocess


def save_outputs(run: Run, loop: Loop, source: Source, measured: Measured, *, best: int) -> None:
    """Write the outputs of the sampled validation pictures; those of the ``best`` epoch stay when files are thinned."""
    dataset, split = source.dataset, source.split
    positions = split.val[dataset.labels[split.val] >= 0][loop.sample.numpy()]
    logits, embedding = measured.logits.numpy(), measured.embedding.numpy()
    outputs = EpochOutputs(dataset.rows[positions], dataset.labels[positions], logits, embedding)
    write_epoch(run.folder, loop.epoch, outputs, keep={best})


def watcher_of(run: Run, source: Source, epoch: int) -> Watcher:
    """What keeps the history of the run's eight faces after ``epoch`` completed epochs."""
    dataset, preprocess = source.dataset, source.preprocess
    faces = choose_faces(dataset, source.split, preprocess, source.recipe.seed)
    images = [image for image in faces.images(dataset, preprocess) if image is not None]  # all are here
    return Watcher(run.folder, faces, images, classes=dataset.classes, preprocess=preprocess, epoch=epoch)


def save_best(run: Run, source: Source, network: FERNetwork, row: dict[str, Any]) -> None:
    """Write a network as the run's best checkpoint, with its provenance.

    Args:
        run: The run.
        source: What it trains on and how.
        network: The evaluated network.
        row: The epoch's line of ``metrics.jsonl``.
    """
    recipe, dataset, split = source.recipe, source.dataset, source.split
    validation = part_name(dataset, split, split.val, "validation")
    provenance = {
        "run": run.id,
        "recipe": recipe.to_dict(),
        "data": dataset.name,
        "split": split.name,
        "validation": validation,
        "selection": f"best epoch by {recipe.monitor} on {validation}",
        "epoch": row["epoch"],
        "val_accuracy": row["val_accuracy"],
        "notes": list(dataset.notes),
        "versions": {"fer_models": fer_models.__version__, "torch": torch.__version__},
    }
    if recipe.exclude:
        held_out = dataset.rows[np.concatenate([split.val, split.test])]
        listed = np.setdiff1d(np.fromiter(read_rows(recipe.exclude), np.int64), held_out)
        provenance["left_out"] = np.intersect1d(dataset.rows[dataset.labels >= 0], listed).tolist()
    folder = run.folder / "checkpoints" / "best"
    save_checkpoint(folder, network, dataset.classes, source.preprocess, provenance=provenance)


def save_state(run: Run, state: dict[str, Any]) -> None:
    """Write the state that the next epoch depends on, atomically; its tensors are on the CPU.

    Raises:
        OSError: If the disk is full.
    """
    try:
        with atomic_file(run.folder / "resume.pt") as file:
            torch.save(state, file)
            note_digest(run.folder, file)
    except RuntimeError as error:  # how torch's archive writer reports a full disk
        if "inline_container" not in str(error) and "PytorchStreamWriter" not in str(error):
            raise
        raise OSError(errno.ENOSPC, "No space left on device") from error
