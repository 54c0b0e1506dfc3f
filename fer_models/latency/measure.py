"""What running a network costs on this computer: milliseconds a picture, pictures a second, memory."""

from __future__ import annotations

import datetime
import platform
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from fer_models.architectures import create_model
from fer_models.architectures.base import FERNetwork
from fer_models.checkpoint import read_checkpoint
from fer_models.inference.choose import bound, take_turns
from fer_models.inference.forwards import example_batch, forwards, plain
from fer_models.progress import Progress
from fer_models.system import forget_peak_memory, peak_memory

MANY = 64
#: Largest number of multiply-accumulates in one batch; larger networks run in smaller batches.
_MOST_MACS = 1.5e11


@dataclass(frozen=True)
class Subject:
    """The network to measure: a network with fresh weights, or a checkpoint folder; square pictures of ``size`` pixels.

    ``macs`` of one picture set the batch size for large networks.
    """

    network: str
    options: dict[str, Any]
    channels: int
    size: int
    macs: int
    folder: str = ""


@dataclass(frozen=True)
class Cost:
    """Medians on one device.

    Args:
        milliseconds: Variant to time of one image.
        per_second: Variant to images a second in batches of ``batch``.
        fastest: The fastest variant for one image.
        fastest_many: The fastest variant for batches.
        batch: Batch size.
        memory: Growth of the process in bytes, weights included, while plain torch runs such a batch; ``None`` if the
            system does not report it.
        threads: Of torch.
        device: Name of the GPU, or architecture of the CPU.
        notes: Sentences on variants that are not possible.
        date: Of the measurement, as YYYY-MM-DD.
    """

    milliseconds: dict[str, float]
    per_second: dict[str, float]
    fastest: str
    fastest_many: str
    batch: int
    memory: int | None
    threads: int
    device: str
    notes: tuple[str, ...] = field(default_factory=tuple)
    date: str = ""


def measure(subject: Subject, progress: Progress, *, device: str = "cpu", seconds: float = 1.5) -> Cost:
    """Measure one network; best in a separate process, see :mod:`fer_models.latency.worker`.

    Args:
        subject: The network.
        progress: Called with the fraction done and a message.
        device: Where the network runs.
        seconds: Approximate time for each batch size, all variants together.

    Raises:
        UserError: If the network cannot be made or does not take such pictures.
    """
    batch = batch_size(subject.macs)
    many = example_batch(batch, subject.channels, subject.size, device)
    memory = Memory(device)
    progress(0.0, "memory")
    network = _build(subject).place(device)
    plain(network)(many)
    grown = memory.grown()
    progress(0.2, "other ways to run it")
    usable, notes = forwards(network, many[: max(2, min(4, batch))].contiguous(), onnx=device == "cpu")
    times = {}
    for fraction, count, pictures in ((0.4, 1, many[:1]), (0.7, batch, many)):
        progress(fraction, f"{count} at a time")
        turns = take_turns(bound(usable, pictures), seconds=seconds, most=60, least=3)
        times[count == 1] = {name: float(np.median(values)) for name, values in turns.items()}
    milliseconds = {name: 1000 * value for name, value in times[True].items()}
    per_second = {name: batch / value for name, value in times[False].items()}
    return Cost(
        milliseconds=milliseconds,
        per_second=per_second,
        fastest=min(milliseconds, key=milliseconds.__getitem__),
        fastest_many=max(per_second, key=per_second.__getitem__),
        batch=batch,
        memory=grown,
        threads=torch.get_num_threads(),
        device=torch.cuda.get_device_name() if device != "cpu" else platform.machine(),
        notes=tuple(notes),
        date=datetime.date.today().isoformat(),
    )


def batch_size(macs: int) -> int:
    """64, or a smaller power of two for networks with very many multiply-accumulates a picture."""
    batch = MANY
    while batch > 1 and batch * macs > _MOST_MACS:
        batch //= 2
    return batch


def _build(subject: Subject) -> FERNetwork:
    if subject.folder:
        return read_checkpoint(Path(subject.folder)).build()
    torch.manual_seed(0)
    return create_model(subject.network, in_channels=subject.channels, **subject.options).eval()


class Memory:
    """Peak growth in memory of this process, or on the GPU, since this object was created."""

    def __init__(self, device: str):
        self.device = device
        if device != "cpu":
            torch.cuda.reset_peak_memory_stats()
            self.start: int | None = torch.cuda.memory_allocated()
            return
        self.start = forget_peak_memory()

    def grown(self) -> int | None:
        """Bytes, or ``None`` if the system does not report them."""
        if self.start is None:
            return None
        peak = torch.cuda.max_memory_allocated() if self.device != "cpu" else peak_memory()
        return max(0, peak - self.start)
