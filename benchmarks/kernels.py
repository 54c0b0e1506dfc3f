"""Layers of a training step in bf16 as torch computes them against ``fer_models.training.kernels``, one thread.

Forward and backward together, the two in turns, median processor time. ``LARGEST_MAP`` is read off this table.
Usage: python benchmarks/kernels.py [--rounds 9]
"""

from __future__ import annotations

import argparse
import copy
import os
import statistics
import time
from collections.abc import Iterator

os.environ.setdefault("GOMP_SPINCOUNT", "1000")

import torch
from torch import Tensor, nn

from fer_models.system import keep_freed_memory
from fer_models.training import kernels


def maps(batch: int, channels: int, side: int) -> Tensor:
    x = torch.randn(batch, channels, side, side, dtype=torch.bfloat16)
    return x.contiguous(memory_format=torch.channels_last).requires_grad_()


def cases() -> Iterator[tuple[str, nn.Module, Tensor]]:
    """Name, layer and input of each row."""
    for kernel in (1, 3):
        for side in (2, 3, 4, 6, 9):
            for channels in (64, 128, 256, 512):
                if channels * side * side <= 512 * 36:
                    conv = nn.Conv2d(channels, channels, kernel, padding=kernel // 2)
                    yield (
                        f"{kernel} x {kernel}, {channels} channels, map {side} x {side}",
                        conv,
                        maps(128, channels, side),
                    )
    for channels, side in ((128, 25), (256, 13), (512, 13)):
        depthwise = nn.Conv2d(channels, channels, 3, 2, groups=channels)
        yield f"depthwise, step 2, {channels} channels, map {side} x {side}", depthwise, maps(64, channels, side)
    for channels, side in ((64, 48), (1024, 6)):
        yield f"dropout, {channels} channels, map {side} x {side}", nn.Dropout(0.4), maps(64, channels, side)


def seconds(layer: nn.Module, x: Tensor, grad: Tensor) -> float:
    began = time.process_time()
    with torch.autocast("cpu", torch.bfloat16):
        out = layer(x)
    out.backward(grad)
    layer.zero_grad()
    x.grad = None
    return time.process_time() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    keep_freed_memory()
    torch.set_num_threads(1)
    for kernel in kernels.LARGEST_MAP:
        kernels.LARGEST_MAP[kernel] = 10**9  # every size, to see from where on it loses
    print(f"{'layer':48}{'torch':>10}{'ours':>10}{'faster by':>12}   CPU ms")
    for name, layer, x in cases():
        torchs = nn.Sequential(layer).to(memory_format=torch.channels_last)
        ours = copy.deepcopy(torchs)
        kernels.use_fast_kernels(ours)
        grad = torch.randn_like(torchs(x.float()), dtype=torch.bfloat16)
        ways = {way: [seconds(way, x, grad)] for way in (torchs, ours)}
        for _ in range(rounds):
            for way, taken in ways.items():
                taken.append(seconds(way, x, grad))
        a, b = (statistics.median(taken[1:]) * 1000 for taken in ways.values())
        print(f"{name:48}{a:10.2f}{b:10.2f}{a / b:12.2f}", flush=True)


if __name__ == "__main__":
    main()
