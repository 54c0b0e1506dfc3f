"""The fastest way to run a network on this machine, timed in turns, so that other load affects all variants alike."""

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
    """Result of a probe.

    Args:
        fastest: Batch size to name of the fastest variant.
        seconds: Batch size to variant to shortest time of a batch.
        notes: A sentence for each variant that is not possible here.
    """

    fastest: dict[int, str]
    seconds: dict[int, dict[str, float]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def name(self, batch: int) -> str:
        """The variant for a batch: that of the largest probed size up to the batch's, else of the smallest."""
        fitting = [size for size in self.fastest if size <= batch]
        return self.fastest[max(fitting) if fitting else min(self.fastest)]


@dataclass(frozen=True)
class Optimised:
    """The variants of a network and the choice among them; a call runs the batch with the chosen variant."""

    variants: Mapping[str, Forward]
    choice: Choice

    @property
    def name(self) -> str:
        """The variant that runs a single image."""
        return self.choice.name(1)

    def __call__(self, batch: Tensor) -> tuple[Tensor, Tensor]:
        return self.variants[self.choice.name(len(batch))](batch)


def optimise(
    network: FERNetwork,
    size: int,
    *,
    device: torch.device | str = "cpu",
    onnx: bool = True,
    batches: Sequence[int] = (1, 16),
    seconds: float = 0.2,
) -> Optimised:
    """Find the variants of a network for square images of ``size`` pixels and pick the fastest for each batch size.

    Args:
        network: In evaluation mode, on ``device``; it is copied, not changed.
        size: Side of the images in pixels.
        device: Where the network is.
        onnx: Whether to export for onnxruntime, which takes about a second.
        batches: Batch sizes to probe.
        seconds: Approximate time for a batch size, after one warm-up run of each variant.
    """
    usable, notes = forwards(network, example_batch(4, network.in_channels, size, device), onnx=onnx)
    by_name = {forward.name: forward for forward in usable}
    shortest = {}
    for batch in batches:
        pictures = example_batch(batch, network.in_channels, size, device)
        turns = take_turns(bound(usable, pictures), seconds=seconds, most=15)
        # Other load only ever adds time, so the shortest time is the best estimate.
        shortest[batch] = {name: float(times.min()) for name, times in turns.items()}
    fastest = {batch: min(times, key=times.__getitem__) for batch, times in shortest.items()}
    fastest_forwards = {name: by_name[name] for name in set(fastest.values())}
    return Optimised(fastest_forwards, Choice(fastest, shortest, tuple(notes)))


def take_turns(
    works: Mapping[str, Callable[[], object]], *, seconds: float, most: int, least: int = 3, warm_up: int = 1
) -> Turns:
    """Times in seconds of each function, called one after the other in every round.

    Args:
        works: The functions, by name.
        seconds: Approximate duration of all rounds.
        most: Largest number of rounds.
        least: Smallest number of rounds.
        warm_up: Rounds before, which do not count.
    """
    for _ in range(warm_up):
        for work in works.values():
            _time(work)
    times: dict[str, list[float]] = {name: [] for name in works}
    start = time.perf_counter()
    rounds = 0
    while rounds < least or (rounds < most and time.perf_counter() - start < seconds):
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


def bound(variants: Sequence[Forward], pictures: Tensor) -> dict[str, Callable[[], object]]:
    """Each variant by name as a function without arguments, ready to be timed."""
    return {forward.name: functools.partial(forward, pictures) for forward in variants}
