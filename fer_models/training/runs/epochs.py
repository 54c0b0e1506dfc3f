"""Outputs on the validation pictures after each epoch: a small file an epoch in ``epochs/`` of the run.

At most 2,000 pictures, the same in every epoch, and about 30 epochs: with 512 features a file takes 2 MB.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fer_models.arrays import read_arrays
from fer_models.errors import UserError
from fer_models.storage import atomic_file
from fer_models.training.runs.run import Run

FOLDER = "epochs"
AT_MOST_EPOCHS = 30
AT_MOST_BYTES = 96 * 1024 * 1024  # of all files of a run; networks with many features keep fewer epochs


@dataclass(frozen=True)
class EpochOutputs:
    """Outputs of the evaluated network after one epoch; the rows are the same, in the same order, in every epoch.

    Args:
        ids: int64 (n,), row numbers (``FaceDataset.rows``) of validation pictures, ascending.
        targets: int64 (n,), class numbers.
        logits: float16 (n, K).
        embedding: float16 (n, D), what the last linear layer reads.
    """

    ids: np.ndarray
    targets: np.ndarray
    logits: np.ndarray
    embedding: np.ndarray


def list_epochs(run: Run) -> list[int]:
    """Epochs whose outputs were kept, ascending; long runs keep about every second, fourth, ... epoch."""
    return sorted(int(file.stem) for file in (run.folder / FOLDER).glob("[0-9]*.npz") if file.stem.isdecimal())


def read_epoch(run: Run, epoch: int) -> EpochOutputs:
    """The outputs after one epoch.

    Raises:
        UserError: If they were not kept or the file is damaged.
    """
    file = _file(run, epoch)
    if not file.exists():
        available = ", ".join(map(str, list_epochs(run))) or "none"
        raise UserError(f"The run {run.id} kept no outputs of epoch {epoch}; kept are: {available}.")
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
            f"The outputs of epoch {epoch} of the run {run.id} are damaged; delete {FOLDER}/{file.name} in its folder."
        ) from None
    return outputs


def write_epoch(run: Run, epoch: int, outputs: EpochOutputs, keep: Collection[int] = ()) -> None:
    """Write one epoch's file atomically, then thin the files evenly to the limits above.

    Args:
        keep: further epochs, such as the best, that stay beside the first, the latest and the evenly spaced ones.

    Raises:
        OSError: If the disk is full.
    """
    file = _file(run, epoch)
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
    for other in list_epochs(run):
        if other % spacing(epoch, limit) and other not in keep_always:
            _file(run, other).unlink(missing_ok=True)


def spacing(epoch: int, limit: int) -> int:
    """The smallest power of two that leaves at most ``limit`` evenly spaced epochs up to ``epoch``."""
    step = 1
    while epoch // step > limit:
        step *= 2
    return step


def _file(run: Run, epoch: int) -> Path:
    return run.folder / FOLDER / f"{epoch:04d}.npz"
