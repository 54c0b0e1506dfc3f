"""Processor, memory and GPUs of this computer, the threads that the app uses, and whether pages are being drawn."""

from __future__ import annotations

import ctypes
import gc
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache

import cv2
import torch

from fer_models import system

_POLL = 0.05
_MANY_MODULES = 50
_spared = 0
_lock = threading.Lock()
_drawing, _drawn = 0, 0.0


@dataclass(frozen=True)
class Machine:
    """Processor name, cores that this process may use, memory in bytes, and the names of the GPUs."""

    processor: str
    cores: int
    memory: int
    gpus: tuple[str, ...]

    @property
    def device(self) -> str:
        """The training device, in one line."""
        if self.gpus:
            return " and ".join(self.gpus)
        return f"{self.processor}, {self.cores} {'core' if self.cores == 1 else 'cores'}"


@cache
def describe() -> Machine:
    """Processor, memory and GPUs, read once."""
    gpus = tuple(torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count()))
    return Machine(_short(system.processor() or "Processor"), system.cores(), system.memory(), gpus)


@cache
def limit_threads() -> int:
    """Limit the threads of torch and OpenCV, so that training beside the app has cores; return the limit.

    The number is not read from torch, which returns that of the calling thread.
    """
    threads = max(1, min(4, system.cores() // 2))
    torch.set_num_threads(threads)
    cv2.setNumThreads(threads)
    return threads


def _spare_libraries() -> None:
    """Take the objects of libraries out of garbage collection, again whenever many modules were imported since.

    Streamlit collects after every run of a script and every step of a progress bar. With the half a million objects of
    the libraries that would stop the server and its jobs for a third of a second.
    """
    global _spared
    with _lock:
        if len(sys.modules) - _spared < _MANY_MODULES:
            return
        _spared = len(sys.modules)
    gc.collect()
    gc.freeze()


@contextmanager
def all_cores() -> Iterator[None]:
    """Let torch use up to four cores inside the block, in the calling thread: for a short answer that a user awaits."""
    usual = limit_threads()
    torch.set_num_threads(max(usual, min(4, system.cores())))
    try:
        yield
    finally:
        torch.set_num_threads(usual)


def return_memory() -> None:
    """Give freed memory back to the system where the C library keeps it (glibc); large images leave much behind."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


@contextmanager
def drawing() -> Iterator[None]:
    """A page is drawn inside the block, several threads may be in one; libraries that it imported are then spared."""
    global _drawing, _drawn
    with _lock:
        _drawing += 1
    try:
        yield
    finally:
        with _lock:
            _drawing, _drawn = _drawing - 1, time.monotonic()
        _spare_libraries()


def wait_until_idle(seconds: float) -> None:
    """Wait until no page is drawn and none was for so many seconds: for work that nobody waits for."""
    while _drawing or time.monotonic() - _drawn < seconds:
        time.sleep(_POLL)


def _short(name: str) -> str:
    """The name without trademarks and clock rate."""
    for mark in ("(R)", "(TM)", "(r)", "(tm)", "CPU"):
        name = name.replace(mark, " ")
    return " ".join(name.partition("@")[0].split())
