"""Where networks predict and explain: the one place that decides between CPU and GPU."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from fer_models.errors import UserError


def inference_device() -> torch.device:
    """The device for predictions, embeddings, explanations and stress tests.

    ``FER_DEVICE`` is ``auto`` (the default: a GPU if there is one), ``cpu``, ``cuda`` or ``cuda:1``.

    Raises:
        UserError: If ``FER_DEVICE`` is something else, or names a GPU that is not there.

    Example:
        >>> inference_device().type in ("cpu", "cuda")
        True
    """
    name = os.environ.get("FER_DEVICE") or "auto"
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    kind, _, number = name.partition(":")
    if kind not in ("cpu", "cuda") or (number and not (kind == "cuda" and number.isdecimal())):
        raise UserError(f"FER_DEVICE is auto, cpu, cuda or cuda:1, not {name!r}.")
    if kind == "cuda" and int(number or 0) >= torch.cuda.device_count():
        raise UserError(f"FER_DEVICE asks for {name}, but this computer has {torch.cuda.device_count()} CUDA GPUs.")
    return torch.device(name)


@contextmanager
def full_float32(device: torch.device) -> Iterator[None]:
    """Compute float32 on a GPU without TF32, so that its figures agree with a CPU's; nothing changes on a CPU."""
    if device.type != "cuda":
        yield
        return
    precision = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    try:
        with torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=False, allow_tf32=False):
            yield
    finally:
        torch.set_float32_matmul_precision(precision)


def use_tensor_cores(device: torch.device) -> None:
    """For a process that trains on a GPU: TF32 for what stays float32, and cuDNN picks its kernels by measuring."""
    if device.type == "cuda":
        torch.set_float32_matmul_precision("high")
        torch.backends.cudnn.allow_tf32 = True
        torch.backends.cudnn.benchmark = True
