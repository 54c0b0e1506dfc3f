"""Which way to run a network is the fastest here: measured in turns, so that what else runs meets all of them."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from fer_models.architectures.base import FERNetwork
from fer_models.inference.forwards import Forward, example_batch, forwards

Turns = dict[str, np.ndarray]


@dataclass(frozen=True)
class Choice:
    """What a probe found.

    Args:
        fastest: batch size -> name of the quickest way.
        seconds: batch size -> way -> shortest time of a batch.
        notes: a sentence for each way that is not possible here.
    """

    fastest: dict[int, str]
    seconds: dict[int, dict[str, float]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def name(self, batch: int) -> str:
        """The way to run a batch: that of the largest probed size that is not larger, else of the smallest."""
        fitting = [size for size in self.fastest if size <= batch]
        return self.fastest[max(fitting) if fitting else min(self.fastest)]


@dataclass(frozen=True)
class Optimised:
    """A network's ways to run, with the choice among them; calling it runs the batch in the way that was chosen."""

    ways: Mapping[str, Forward]
    choice: Choice

    @property
    def name(self) -> str:
        """What runs a single picture."""
        return self.choice.name(1)

    def __call__(self, batch: Tensor) -> tuple[Tensor, Tensor]:
        return self.ways[self.choice.name(len(batch))](batch)


def optimise(
    network: FERNetwork,
    size: int,
    *,
    device: torch.device | str = "cpu",
    onnx: bool = True,
    batches: Sequence[int] = (1, 16),
    seconds: float = 0.2,
) -> Optimised:
    """Find the ways to run a network on square pictures of ``size`` pixels and pick the fastest for each batch size.

    Args:
        network: in evaluation mode, on ``device``; it is copied, not changed.
        onnx: whether to export for onnxruntime; about a second of computing.
        seconds: about how long a batch size is probed, after one run each to warm up.
    """
    found, notes = forwards(network, example_batch(4, network.in_channels, size, device), onnx=onnx)
    ways = {way.name: way for way in found}
    shortest = {}
    for batch in batches:
        pictures = example_batch(batch, network.in_channels, size, device)
        turns = take_turns(bound(found, pictures), seconds=seconds, most=15)
        # What else runs only ever adds to a time, so the shortest tells most about the network.
        shortest[batch] = {name: float(times.min()) for name, times in turns.items()}
    fastest = {batch: min(times, key=times.__getitem__) for batch, times in shortest.items()}
    kept = {name: ways[name] for name in set(fastest.values())}
    return Optimised(kept, Choice(fastest, shortest, tuple(notes)))


def take_turns(
    works: Mapping[str, Callable[[], object]], *, seconds: float, most: int, least: int = 3, warm: int = 1
) -> Turns:
    """Times in seconds of each work, one after the other in every round, after ``warm`` rounds that do not count.

    Rounds go on for ``seconds``, at least ``least`` and at most ``most``.
    """
    for _ in range(warm):
        for work in works.values():
            _time(work)
    times: dict[str, list[float]] = {name: [] for name in works}
    begin = time.perf_counter()
    rounds = 0
    while rounds < least or (rounds < most and time.perf_counter() - begin < seconds):
        for name, work in works.items():
            times[name].append(_time(work))
        rounds += 1
    return {name: np.asarray(values) for name, values in times.items()}


def _time(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - start


def bound(ways: Sequence[Forward], pictures: Tensor) -> dict[str, Callable[[], object]]:
    """Each way by its name, with its pictures, ready to be timed."""
    return {way.name: functools.partial(way, pictures) for way in ways}
