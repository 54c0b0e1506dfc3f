"""Outputs on the validation images after each epoch: a small file an epoch in ``epochs/`` of the run.

At most 2,000 images, the same in every epoch, and about 30 epochs: with 512 features a file takes 2 MB.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from fer_models.arrays import read_arrays
from fer_models.errors import UserError
from fer_models.storage import atomic_file

FOLDER = "epochs"
AT_MOST_EPOCHS = 30
AT_MOST_BYTES = 96 * 1024 * 1024  # of all files of a run; networks with many features keep fewer epochs


@dataclass(frozen=True)
class EpochOutputs:
    """Outputs of the evaluated network after one epoch; the rows are the same, in the same order, in every epoch.

    Args:
        ids: int64 (n,), row numbers (``FaceDataset.rows``) of validation images, ascending.
        targets: int64 (n,), class numbers.
        logits: float16 (n, K).
        embedding: float16 (n, D), what the last linear layer reads.
    """

    ids: np.ndarray
    targets: np.ndarray
    logits: np.ndarray
    embedding: np.ndarray


def list_epochs(folder: Path) -> list[int]:
    """Epochs whose outputs a run or a published network keeps in its folder, ascending.

    Long runs keep about every second, fourth, ... epoch.
    """
    return sorted(int(file.stem) for file in (folder / FOLDER).glob("[0-9]*.npz") if file.stem.isdecimal())


def read_epoch(folder: Path, epoch: int) -> EpochOutputs:
    """The outputs after one epoch.

    Raises:
        UserError: If they were not kept or the file is damaged.
    """
    file = _file(folder, epoch)
    if not file.exists():
        available = ", ".join(map(str, list_epochs(folder))) or "none"
        raise UserError(f"{folder.name} has no outputs of epoch {epoch}; it has those of: {available}.")
    try:
        stored = read_arrays(file)
        outputs = EpochOutputs(*(stored[name] for name in ("ids", "targets", "logits", "embedding")))
        n = len(outputs.ids)
        if outputs.ids.shape != (n,) or outputs.targets.shape != (n,):
            raise ValueError
        if {outputs.logits.ndim, outputs.embedding.ndim} != {2} or {len(outputs.logits), len(outputs.embedding)} != {n}:
            raise ValueError
    except (ValueError, KeyError, TypeError):
        raise UserError(
            f"The outputs of epoch {epoch} of {folder.name} are damaged; delete {FOLDER}/{file.name} in its folder."
        ) from None
    return outputs


def write_epoch(folder: Path, epoch: int, outputs: EpochOutputs, keep: Collection[int] = ()) -> None:
    """Write one epoch's file atomically, then thin the files evenly to the limits above.

    Args:
        folder: of the run.
        epoch: its number, from 1.
        outputs: after it.
        keep: further epochs, such as the best, that stay beside the first, the latest and the evenly spaced ones.

    Raises:
        OSError: If the disk is full.
    """
    file = _file(folder, epoch)
    with atomic_file(file) as new:
        np.savez(
            new,
            ids=outputs.ids.astype(np.int64),
            targets=outputs.targets.astype(np.int64),
            logits=outputs.logits.astype(np.float16),
            embedding=outputs.embedding.astype(np.float16),
        )
    limit = min(AT_MOST_EPOCHS, max(AT_MOST_BYTES // max(file.stat().st_size, 1), 4))
    keep_always = {1, epoch, *keep}
    for other in list_epochs(folder):
        if other % spacing(epoch, limit) and other not in keep_always:
            _file(folder, other).unlink(missing_ok=True)


def spacing(epoch: int, limit: int) -> int:
    """The smallest power of two that leaves at most ``limit`` evenly spaced epochs up to ``epoch``."""
    step = 1
    while epoch // step > limit:
        step *= 2
    return step


def publish_epochs(run: Path, target: Path, shorten: Callable[[np.ndarray], np.ndarray]) -> None:
    """Copy the outputs of a run to the folder of its published network, with embeddings that ``shorten`` made smaller.

    Raises:
        UserError: If a file is damaged.
        OSError: If the disk is full.
    """
    for epoch in list_epochs(run):
        outputs = read_epoch(run, epoch)
        (target / FOLDER).mkdir(exist_ok=True)
        write_epoch(target, epoch, replace(outputs, embedding=shorten(outputs.embedding)))


def _file(folder: Path, epoch: int) -> Path:
    return folder / FOLDER / f"{epoch:04d}.npz"
