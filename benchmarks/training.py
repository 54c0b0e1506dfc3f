"""Training speed of FCSDNet on grey pictures of 48 px, batch 128: our loop beside the usual ones, in one run.

(ours) the library's loop: uint8 on the device, changes batched there; (bare) forward, backward and step of the same
network on one fixed batch in the same precision and memory layout; (loader N) what public repositories do: a DataLoader
of PIL pictures changed one by one, with N worker processes, torch's own memory layout and float32; (loader N, bf16) the
same with autocast; (Keras) ``train_on_batch`` of the same graph on fixed float32 batches, where TensorFlow is there.
Every way has a process of its own; they take turns, and only one works at a time. On a busy machine read the ratios of
processor time, which include the workers of a DataLoader.
On a GPU, (replayed) is the bare step as a CUDA graph, which is what the card gives; then an epoch of FER2013 with
validation, where the data are there, and mini-Xception once and four times side by side (start NVIDIA's MPS before).
Usage: python benchmarks/training.py [--rounds 5] [--threads 2] [--precision bf16] [--device cpu]
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import statistics
import time
from collections.abc import Callable, Iterable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

os.environ.setdefault("GOMP_SPINCOUNT", "1000")

import numpy as np
import torch
import torch.nn.functional as F
from keras_fcsdnet import has_keras, keras_fcsdnet
from PIL import Image
from torch.utils.data import DataLoader, Dataset

from fer_models import create_model
from fer_models.data.augment import Augmentation
from fer_models.device import use_tensor_cores
from fer_models.errors import UserError
from fer_models.layout import channels_last
from fer_models.losses import create_loss
from fer_models.preprocess import Preprocess
from fer_models.progress import silent
from fer_models.system import keep_freed_memory
from fer_models.training.build import build_loop, load_data, make_fabric
from fer_models.training.fabric import Fabric
from fer_models.training.kernels import use_fast_kernels
from fer_models.training.loop import Loop
from fer_models.training.recipe import Recipe
from fer_models.training.step import TrainingData

SIZE, BATCH = 48, 128
STEPS = 6  # an epoch on a CPU; a GPU takes ten times as many
CHANGES = Augmentation(rotation=18, translation=0.1, scale=0.1, horizontal_flip=0.5, noise=0.025)
Epoch = Callable[[], object]


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
        side = round(SIZE * random.uniform(0.9, 1.1))
        picture = picture.resize((side, side), Image.Resampling.BILINEAR)
        left = (side - SIZE) // 2
        picture = picture.crop((left, left, left + SIZE, left + SIZE))
        x = torch.from_numpy(np.asarray(picture, np.float32))[None] / 127.5 - 1
        x = x + torch.randn_like(x) * random.uniform(0, 0.05)
        return x.clamp(-1, 1), int(self.labels[i])


def ours(fabric: Fabric, images: np.ndarray, labels: np.ndarray) -> Epoch:
    keep_freed_memory()  # as the worker does
    use_tensor_cores(fabric.device)
    x = torch.from_numpy(images)[:, None].to(fabric.device)
    y = torch.from_numpy(labels).to(fabric.device)
    network = create_model("fcsdnet", in_channels=1)
    loss = create_loss("cross_entropy", num_classes=7, num_features=network.num_features)
    loop = Loop(Recipe(augmentation=CHANGES), network, loss, Preprocess(), TrainingData(x, y, x, y), fabric=fabric)
    return lambda: loop.train_epoch(silent, lambda: False)


def bare(fabric: Fabric, labels: np.ndarray, steps: int) -> Epoch:
    keep_freed_memory()
    fixed = (channels_last(torch.rand(BATCH, 1, SIZE, SIZE)), torch.from_numpy(labels[:BATCH]))
    return plain(fabric, [tuple(part.to(fabric.device) for part in fixed)] * steps, innermost=True)


def plain(fabric: Fabric, batches: Iterable[Any], *, innermost: bool = False) -> Epoch:
    model = create_model("fcsdnet", in_channels=1).to(fabric.device)
    if innermost:
        model.place(fabric.device)
        if fabric.device.type == "cpu":
            use_fast_kernels(model)
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)
    model, optimiser = fabric.setup(model, optimiser)

    def epoch() -> None:
        model.train()
        for x, y in batches:
            loss = F.cross_entropy(model(x.to(fabric.device)), y.to(fabric.device))
            fabric.backward(loss)
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)

    return epoch


def replayed(fabric: Fabric, labels: np.ndarray, steps: int) -> Epoch:
    """Forward, backward and step of one fixed batch, recorded as a CUDA graph."""
    device = fabric.device
    use_tensor_cores(device)
    x = channels_last(torch.rand(BATCH, 1, SIZE, SIZE)).to(device)
    y = torch.from_numpy(labels[:BATCH]).to(device)
    model = create_model("fcsdnet", in_channels=1).place(device).train()
    rate = torch.tensor(1e-3, device=device)
    optimiser = torch.optim.AdamW(model.parameters(), lr=rate, fused=True, capturable=True)

    def step() -> None:
        with torch.autocast("cuda", torch.bfloat16, cache_enabled=False):
            loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)

    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(5):
            step()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step()

    def epoch() -> None:
        for _ in range(steps):
            graph.replay()

    return epoch


def keras(threads: int, labels: np.ndarray) -> Epoch:
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    model = keras_fcsdnet(SIZE, 1)
    model.compile(tf.keras.optimizers.AdamW(1e-3), tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    x = np.random.default_rng(0).random((BATCH, SIZE, SIZE, 1), np.float32)

    def epoch() -> None:
        for _ in range(STEPS):
            model.train_on_batch(x, labels[:BATCH])

    return epoch


def build(way: str, threads: int, precision: str, device: str) -> Epoch:
    """The work of one way: an epoch of :func:`steps_on` steps."""
    rng = np.random.default_rng(0)
    steps = steps_on(device)
    images = rng.integers(0, 256, (BATCH * steps, SIZE, SIZE), dtype=np.uint8)
    labels = rng.integers(0, 7, BATCH * steps)
    if way == "Keras":
        return keras(threads, labels)
    torch.set_num_threads(threads)
    half = way.endswith("bf16") or (precision == "bf16" and not way.startswith("loader"))
    fabric = Fabric(accelerator=device, devices=1, precision="bf16-mixed" if half else "32-true")
    if way == "ours":
        return ours(fabric, images, labels)
    if way == "bare":
        return bare(fabric, labels, steps)
    if way == "replayed":
        return replayed(fabric, labels, steps)
    workers = int(way.split(",")[0].split()[1])
    pictures = Pictures(images, labels)
    return plain(fabric, DataLoader(pictures, BATCH, shuffle=True, num_workers=workers, persistent_workers=workers > 0))


def steps_on(device: str) -> int:
    """Steps of an epoch on a device."""
    return 10 * STEPS if device == "cuda" else STEPS


def processor_seconds() -> float:
    """CPU seconds of this process and of the children that live."""
    total = time.process_time()
    for child in multiprocessing.active_children():
        fields = Path(f"/proc/{child.pid}/stat").read_text().rsplit(")", 1)[1].split()
        total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


def serve(way: str, threads: int, precision: str, device: str, pipe: Connection) -> None:
    """In a process of its own: an epoch for every word from the pipe, answered by its seconds and CPU seconds."""
    epoch = build(way, threads, precision, device)
    while pipe.recv():
        began, computed = time.perf_counter(), processor_seconds()
        epoch()
        if device == "cuda":
            torch.cuda.synchronize()
        pipe.send((time.perf_counter() - began, processor_seconds() - computed))


def fer2013_epoch() -> tuple[float, float] | None:
    """Median seconds of an epoch of FCSDNet on FER2013 and of its validation; ``None`` without the data."""
    recipe = Recipe(data="fer2013", ema=0.998, augmentation=CHANGES)
    preprocess = Preprocess()
    try:
        dataset, _, data = load_data(recipe, preprocess)
    except UserError:
        return None
    fabric = make_fabric(recipe)
    use_tensor_cores(fabric.device)
    loop = build_loop(recipe, preprocess, dataset, data, fabric)
    seconds = []
    for _ in range(6):
        trained = loop.train_epoch(silent, lambda: False)["seconds"]
        began = time.perf_counter()
        loop.validate()
        seconds.append((trained, time.perf_counter() - began))
    epoch, validation = (statistics.median(column[2:]) for column in zip(*seconds, strict=True))
    return epoch, validation


def beside(threads: int, seconds: float, ready: Any, pipe: Connection) -> None:
    """Train mini-Xception for so many seconds once all processes are warm; answers with the images a second."""
    torch.set_num_threads(threads)
    fabric = Fabric(accelerator="cuda", devices=1, precision="bf16-mixed")
    use_tensor_cores(fabric.device)
    count = BATCH * steps_on("cuda")
    x = torch.randint(0, 256, (count, 1, SIZE, SIZE), dtype=torch.uint8).to(fabric.device)
    y = torch.randint(0, 7, (count,)).to(fabric.device)
    network = create_model("mini_xception", in_channels=1)
    loss = create_loss("cross_entropy", num_classes=7, num_features=network.num_features)
    recipe = Recipe(network="mini_xception", augmentation=CHANGES)
    loop = Loop(recipe, network, loss, Preprocess(), TrainingData(x, y, x, y), fabric=fabric)
    loop.train_epoch(silent, lambda: False)
    ready.wait()
    images, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        loop.train_epoch(silent, lambda: False)
        images += count
    pipe.send(images / (time.perf_counter() - began))


def side_by_side(runs: int, threads: int) -> float:
    """Images a second of so many runs on one GPU together."""
    spawn = multiprocessing.get_context("spawn")
    ready, pipes = spawn.Barrier(runs), []
    for _ in range(runs):
        mine, theirs = spawn.Pipe()
        spawn.Process(target=beside, args=(threads, 8.0, ready, theirs)).start()
        pipes.append(mine)
    return sum(pipe.recv() for pipe in pipes)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--precision", choices=("float32", "bf16"), default="bf16")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cuda" if torch.cuda.is_available() else "cpu")
    given = parser.parse_args()
    ways = ["ours", "bare", "loader 0", "loader 2", "loader 0, bf16", "loader 2, bf16"]
    if given.device == "cuda":
        ways = ["ours", "bare", "replayed", "loader 8, bf16"]
    elif has_keras():
        ways.append("Keras")
    else:
        print("Keras is left out: TensorFlow is not installed.")
    print_ways(ways, given)
    if given.device == "cuda":
        measured = fer2013_epoch()
        if measured is not None:
            print("epoch of FER2013, FCSDNet: {:.2f} s and {:.2f} s validation".format(*measured))
        alone, four = side_by_side(1, given.threads), side_by_side(4, given.threads)
        print(f"mini-Xception: {alone:.0f} images/s alone, {four:.0f} four side by side ({four / alone:.2f} times)")


def print_ways(ways: list[str], given: argparse.Namespace) -> None:
    """Measure the ways in turn and print a line each."""
    steps = steps_on(given.device)
    spawn = multiprocessing.get_context("spawn")
    pipes: dict[str, Connection] = {}
    for way in ways:
        pipes[way], theirs = spawn.Pipe()
        spawn.Process(target=serve, args=(way, given.threads, given.precision, given.device, theirs)).start()
    taken: dict[str, list[tuple[float, float]]] = {way: [] for way in ways}
    for turn in range(given.rounds + 2):
        for way, pipe in pipes.items():
            pipe.send(True)
            seconds, computed = pipe.recv()
            if turn >= 2:  # the first two turns warm up
                taken[way].append((1000 * seconds / steps, 1000 * computed / steps))
    for pipe in pipes.values():
        pipe.send(False)
    print(f"{given.device}, {given.threads} threads, ours in {given.precision}, {given.rounds} rounds of {steps} steps")
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print(f"{'way':<16}{'ms a step':>10}{'images/s':>10}{'ours is faster by':>20}{'CPU ms':>10}{'by CPU':>10}")
    for way, times in taken.items():
        step, own = (statistics.median(column) for column in zip(*times, strict=True))
        pairs = list(zip(taken["ours"], times, strict=True))
        ratio, less = (statistics.median(theirs[i] / mine[i] for mine, theirs in pairs) for i in (0, 1))
        print(f"{way:<16}{step:>10.1f}{1000 * BATCH / step:>10.0f}{ratio:>19.2f}x{own:>10.0f}{less:>9.2f}x")


if __name__ == "__main__":
    main()
