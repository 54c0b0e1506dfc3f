"""The best checkpoint and the state to resume from, written in a thread beside the training."""

from __future__ import annotations

import copy
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from fer_models.architectures.base import FERNetwork
from fer_models.errors import UserError
from fer_models.training.loop import Loop
from fer_models.training.runs.record import Source, save_best, save_state
from fer_models.training.runs.run import Run

_SECONDS = 30  # between two writes, unless a tenth of the epochs passes sooner


@dataclass(frozen=True)
class _Snapshot:
    """What one write brings to the disk: the best network since the last write, if any, and the state after it."""

    best: tuple[FERNetwork, dict[str, Any]] | None
    state: dict[str, Any]


class Recorder:
    """Keeps copies of an epoch's weights in memory and writes them every 30 seconds or every tenth of the run.

    A killed run loses at most that. The best checkpoint is written before the state, so that a resumed run never finds
    one of an epoch that it does not know.

    Args:
        run: The run.
        source: Data set, split and recipe, for the checkpoint's provenance.
        epochs: Epochs of the whole run.
    """

    def __init__(self, run: Run, source: Source, epochs: int):
        self.run, self.source = run, source
        self.every = max(epochs // 10, 1)
        self._written_epoch = 0
        self._written_at = time.monotonic()
        self._best: tuple[FERNetwork, dict[str, Any]] | None = None
        self._latest: _Snapshot | None = None
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="recorder")
        self._writing: Future[None] | None = None

    def best(self, loop: Loop, row: dict[str, Any]) -> None:
        """Keep a copy of the evaluated network as the best so far, with its line of ``metrics.jsonl``."""
        self._best = copy.deepcopy(loop.evaluated), row

    def epoch(self, loop: Loop) -> None:
        """Keep the state after an epoch, and begin to write it where it is time.

        Raises:
            OSError: If an earlier write met a full disk.
        """
        if self._writing is not None and self._writing.done():
            self._finish_writing()
        self._latest = _Snapshot(self._best, _copied(loop.state()))
        due = loop.epoch - self._written_epoch >= self.every or time.monotonic() - self._written_at >= _SECONDS
        if due and self._writing is None:
            self._written_epoch, self._written_at = loop.epoch, time.monotonic()
            self._writing = self._writer.submit(self._write, self._latest)
            self._latest = self._best = None

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        """Write what is not on the disk yet; an error of the block itself goes before one of the disk."""
        try:
            self.close()
        except (OSError, UserError):
            if error is None:
                raise

    def close(self) -> None:
        """Wait for the thread and write what is not on the disk yet.

        Raises:
            OSError: If the disk is full.
        """
        self._finish_writing()
        self._writer.shutdown()
        if self._latest is not None:
            self._write(self._latest)
        elif self._best is not None:  # cancelled in the first epoch
            save_best(self.run, self.source, *self._best)
        self._latest = self._best = None

    def _write(self, snapshot: _Snapshot) -> None:
        if snapshot.best is not None:
            save_best(self.run, self.source, *snapshot.best)
        save_state(self.run, _on_cpu(snapshot.state))

    def _finish_writing(self) -> None:
        writing, self._writing = self._writing, None
        try:
            if writing is not None:
                writing.result()
        finally:
            del writing  # an error's traceback would keep the run, and its lock, alive


def _copied(value: Any) -> Any:
    """A copy of nested dictionaries and lists whose tensors stay on their device."""
    if isinstance(value, Tensor):
        return value.detach().clone()
    if isinstance(value, dict):
        return {key: _copied(part) for key, part in value.items()}
    return [_copied(part) for part in value] if isinstance(value, list) else value


def _on_cpu(value: Any) -> Any:
    """The same with all tensors in the processor's memory; from a GPU through pinned memory."""
    pinned: list[Tensor] = []

    def move(part: Any) -> Any:
        if isinstance(part, Tensor):
            if part.device.type != "cuda":
                return part
            pinned.append(torch.empty_like(part, device="cpu", pin_memory=True).copy_(part, non_blocking=True))
            return pinned[-1]
        if isinstance(part, dict):
            return {key: move(item) for key, item in part.items()}
        return [move(item) for item in part] if isinstance(part, list) else part

    moved = move(value)
    if pinned:
        torch.cuda.current_stream().synchronize()
    return moved
