"""Convolutions of a training step in bf16 against the same as matrix products, by size of the map, one thread.

Forward and backward together, the two in turns, median processor time. ``fer_models.training.products.LARGEST_MAP`` is
read off this table. Usage: python benchmarks/convolutions.py [--rounds 9]
"""

from __future__ import annotations

import argparse
import os
import statistics
import time

os.environ.setdefault("GOMP_SPINCOUNT", "1000")

import torch
from torch import nn

from fer_models.training import products
from fer_models.training.memory import keep_freed_memory

BATCH = 128


def seconds(layer: nn.Module, x: torch.Tensor, grad: torch.Tensor) -> float:
    began = time.process_time()
    with torch.autocast("cpu", torch.bfloat16):
        out = layer(x)
    out.backward(grad)
    layer.zero_grad()
    x.grad = None
    return time.process_time() - began


def maps(channels: int, side: int) -> torch.Tensor:
    x = torch.randn(BATCH, channels, side, side, dtype=torch.bfloat16)
    return x.contiguous(memory_format=torch.channels_last)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    keep_freed_memory()
    torch.set_num_threads(1)
    for kernel in products.LARGEST_MAP:
        products.LARGEST_MAP[kernel] = 10**9  # every size, to see from where on it loses
    print(f"{'kernel':8}{'map':8}{'channels':14}{'convolution':>14}{'product':>10}{'faster by':>12}   CPU ms")
    for kernel in (1, 3):
        for side in (2, 3, 4, 6, 9):
            for channels in (64, 128, 256, 512):
                if channels * side * side > 512 * 36:
                    continue
                plain = nn.Conv2d(channels, channels, kernel, padding=kernel // 2).to(memory_format=torch.channels_last)
                product = nn.Sequential(nn.Conv2d(channels, channels, kernel, padding=kernel // 2))
                product.to(memory_format=torch.channels_last)
                products.use_matrix_products(product)
                x, grad = maps(channels, side).requires_grad_(), maps(channels, side)
                ways = {layer: [seconds(layer, x, grad)] for layer in (plain, product)}
                for _ in range(rounds):
                    for layer, taken in ways.items():
                        taken.append(seconds(layer, x, grad))
                a, b = (statistics.median(taken[1:]) * 1000 for taken in ways.values())
                print(f"{kernel} x {kernel}   {side} x {side}   {channels:4} each    {a:14.2f}{b:10.2f}{a / b:12.2f}")


if __name__ == "__main__":
    main()
