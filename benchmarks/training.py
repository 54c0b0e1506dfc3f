"""Training speed of FCSDNet at 48 px, batch 128: our loop beside the usual ones, in one run, interleaved, medians.

(ours) the library's loop: uint8 on the device, changes batched there; (bare) forward, backward and step on one fixed
batch in the same memory layout; (loader N) a plain loop with a DataLoader of PIL pictures changed one by one, with N
worker processes, weights and batches laid out as torch makes them. On a busy machine read the ratios of processor time
(of this process alone: what the workers of a DataLoader compute comes on top).
Usage: python benchmarks/training.py [--rounds 5] [--threads 2] [--precision bf16]
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Literal

os.environ.setdefault("GOMP_SPINCOUNT", "1000")

import numpy as np
import torch
import torch.nn.functional as F
from lightning.fabric import Fabric
from PIL import Image
from torch.utils.data import DataLoader, Dataset

from fer_models import create_model
from fer_models.data.augment import Augmentation
from fer_models.layout import channels_last
from fer_models.losses import create_loss
from fer_models.preprocess import Preprocess
from fer_models.training.loop import Loop, TrainingData
from fer_models.training.recipe import Recipe

BATCH, STEPS = 128, 6
CHANGES = Augmentation(rotation=18, translation=0.1, scale=0.1, horizontal_flip=0.5, noise=0.025)


class Pictures(Dataset):
    """Grey PIL pictures changed one by one, as public repositories do."""

    def __init__(self, images: np.ndarray, labels: np.ndarray):
        self.images = [Image.fromarray(image) for image in images]
        self.labels = labels

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, i: int) -> tuple[torch.Tensor, int]:
        picture = self.images[i]
        if random.random() < 0.5:
            picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        shift = (random.randint(-5, 5), random.randint(-5, 5))
        picture = picture.rotate(random.uniform(-18, 18), Image.Resampling.BILINEAR, translate=shift)
        side = round(48 * random.uniform(0.9, 1.1))
        picture = picture.resize((side, side), Image.Resampling.BILINEAR)
        left = (side - 48) // 2
        picture = picture.crop((left, left, left + 48, left + 48))
        x = torch.from_numpy(np.asarray(picture, np.float32))[None] / 127.5 - 1
        x = x + torch.randn_like(x) * random.uniform(0, 0.05)
        return x.clamp(-1, 1), int(self.labels[i])


def ours(fabric: Fabric, images: np.ndarray, labels: np.ndarray) -> Callable[[], None]:
    x = torch.from_numpy(images)[:, None].to(fabric.device)
    y = torch.from_numpy(labels).to(fabric.device)
    network = create_model("fcsdnet", in_channels=1)
    loss = create_loss("cross_entropy", num_classes=7, num_features=network.num_features)
    loop = Loop(Recipe(augmentation=CHANGES), network, loss, Preprocess(), TrainingData(x, y, x, y), fabric)
    return lambda: void(loop.train_epoch(lambda step, steps: None, lambda: False))


def void(_value: object) -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def plain(fabric: Fabric, batches: Callable[[], object], *, innermost: bool = False) -> Callable[[], None]:
    model = create_model("fcsdnet", in_channels=1).to(fabric.device)
    if innermost:
        model.place(fabric.device)
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)
    model, optimiser = fabric.setup(model, optimiser)

    def epoch() -> None:
        model.train()
        for x, y in batches():  # type: ignore[attr-defined]
            x = channels_last(x.to(fabric.device)) if innermost else x.to(fabric.device)
            loss = F.cross_entropy(model(x), y.to(fabric.device))
            fabric.backward(loss)
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
        void(None)

    return epoch


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--precision", choices=("float32", "bf16"), default="bf16")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    accelerator = "cuda" if torch.cuda.is_available() else "cpu"
    precision: Literal["bf16-mixed", "32-true"] = "bf16-mixed" if given.precision == "bf16" else "32-true"
    fabric = Fabric(accelerator=accelerator, devices=1, precision=precision)
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (BATCH * STEPS, 48, 48), dtype=np.uint8)
    labels = rng.integers(0, 7, BATCH * STEPS)
    pictures = Pictures(images, labels)
    fixed = [(torch.rand(BATCH, 1, 48, 48), torch.from_numpy(labels[:BATCH]))] * STEPS

    def loader(workers: int) -> DataLoader:
        return DataLoader(pictures, BATCH, shuffle=True, num_workers=workers, persistent_workers=workers > 0)

    loaders = {f"loader {workers}": loader(workers) for workers in (0, 2)}
    ways = {"ours": ours(fabric, images, labels), "bare": plain(fabric, lambda: fixed, innermost=True)}
    ways |= {name: plain(fabric, partial(iter, source)) for name, source in loaders.items()}
    times: dict[str, list[float]] = {name: [] for name in ways}
    processor: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(given.rounds + 1):
        for name, epoch in ways.items():
            began, computed = time.perf_counter(), time.process_time()
            epoch()
            if turn:  # the first turn warms up
                times[name].append((time.perf_counter() - began) / STEPS)
                processor[name].append((time.process_time() - computed) / STEPS)
    print(f"{accelerator}, {given.threads} threads, {given.precision}, {given.rounds} rounds of {STEPS} steps")
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print(f"{'way':<10}{'ms a step':>10}{'images/s':>10}{'ours is faster by':>20}{'CPU ms':>10}{'by CPU':>10}")
    for name, seconds in times.items():
        ratio = statistics.median(b / a for a, b in zip(times["ours"], seconds, strict=True))
        step = statistics.median(seconds)
        less = statistics.median(b / a for a, b in zip(processor["ours"], processor[name], strict=True))
        own = 1000 * statistics.median(processor[name])
        print(f"{name:<10}{1000 * step:>10.0f}{BATCH / step:>10.0f}{ratio:>19.2f}x{own:>10.0f}{less:>9.2f}x")


if __name__ == "__main__":
    main()
