"""A training step as a CUDA graph: recorded once, then launched as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from fer_models.training.fabric import Fabric

if TYPE_CHECKING:
    from fer_models.training.step import Step

_WARM_UP = 5  # plain steps before recording: lazy buffers, cuDNN's choice of kernels
_AHEAD = 32  # replays that may wait on the device, so that progress and cancelling stay close to it


class StepGraph:
    """Records :meth:`~fer_models.training.step.Step.compute` for one batch size and replays it.

    The first full batches are taken plainly on a side stream, as recording asks for; a step that reads a value back
    from the device shows there, and is never recorded.

    Args:
        step: The step; its buffers must stay the same tensors.
        batch_size: B of the batches that are replayed.

    Source:
        "CUDA Graphs" in PyTorch's notes on CUDA semantics, whole-network capture.
    """

    @staticmethod
    def possible(fabric: Fabric) -> bool:
        """Whether the device can record steps: one CUDA device and one process."""
        return fabric.device.type == "cuda" and fabric.world_size == 1

    def __init__(self, step: Step, batch_size: int):
        self.step = step
        self.recording = False
        self._index = torch.zeros(batch_size, dtype=torch.int64, device=step.fabric.device)
        self._stream = torch.cuda.Stream(step.fabric.device)
        self._plain_steps = 0
        self._graph: torch.cuda.CUDAGraph | None = None
        self._refused = False
        self._parts = 1
        self._replays = 0
        self._fence = torch.cuda.Event()

    def take(self, index: Tensor) -> None:
        """Take a step with a full batch of rows, int64 (B,)."""
        self._index.copy_(index)
        if self._graph is not None:
            self._replay()
            return
        if not self._refused and self._plain_steps >= _WARM_UP:
            self._record()
            if self._graph is not None:
                self._replay()
                return
        self._take_plainly()

    def forget(self) -> None:
        """Record anew after the optimiser's state was replaced."""
        self._graph, self._plain_steps = None, 0

    def _take_plainly(self) -> None:
        current = torch.cuda.current_stream()
        self._stream.wait_stream(current)
        with torch.cuda.stream(self._stream), _without_cast_cache():
            if self._plain_steps == _WARM_UP - 1 and not self._refused:
                self._check_for_waits()
            else:
                self.step.compute(self._index)
        current.wait_stream(self._stream)
        if self._parts != self.step.micro_batches:  # memory was short: warm up again with smaller parts
            self._parts, self._plain_steps = self.step.micro_batches, 0
        self._plain_steps += 1

    def _check_for_waits(self) -> None:
        """One plain step that must not wait for the device."""
        mode = torch.cuda.get_sync_debug_mode()
        torch.cuda.set_sync_debug_mode("error")
        try:
            self.step.compute(self._index)
        except RuntimeError as error:
            torch.cuda.set_sync_debug_mode(mode)
            if "synchronizing" not in str(error):
                raise
            self._refuse("this network or loss reads values back while it trains")
            self.step.optimiser.zero_grad(set_to_none=True)
            self.step.compute(self._index)
        finally:
            torch.cuda.set_sync_debug_mode(mode)

    def _record(self) -> None:
        graph = torch.cuda.CUDAGraph()
        graph.register_generator_state(self.step.generator)
        self.recording = True
        try:
            with (
                torch.cuda.graph(graph, stream=self._stream, capture_error_mode="thread_local"),
                _without_cast_cache(),
            ):
                self.step.compute(self._index)
            self._graph = graph
        except torch.OutOfMemoryError:
            self._refuse("the device has too little memory left")
        except RuntimeError as error:
            self._refuse(str(error).splitlines()[0].rstrip("."))
        finally:
            self.recording = False
        if self._graph is None:
            del graph
            self.step.optimiser.zero_grad(set_to_none=True)
            torch.cuda.empty_cache()

    def _refuse(self, reason: str) -> None:
        self._refused = True
        self.step.fabric.print(f"Steps are not replayed as a CUDA graph, because {reason}; training is slower.")

    def _replay(self) -> None:
        assert self._graph is not None
        if self._replays % _AHEAD == 0:
            self._fence.synchronize()
            self._fence.record()
        self._replays += 1
        self._graph.replay()


def _without_cast_cache() -> torch.autocast:
    """Weights are cast to half precision in each forward pass: a cached cast would not be replayed."""
    return torch.autocast("cuda", enabled=False, cache_enabled=False)
