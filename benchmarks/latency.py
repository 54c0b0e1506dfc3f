"""Latency of FCSDNet at 48 pixels: plain eager torch, channels last with folded norms, onnxruntime, and what a
classifier chooses; beside Keras where TensorFlow is installed.

Run: ``python benchmarks/latency.py [--threads N] [--rounds N]``. All ways take turns in one run. Medians of wall-clock
time depend on what else the machine does; the CPU time beside them, of all threads, hardly does.
"""

from __future__ import annotations

import os

os.environ.setdefault("GOMP_SPINCOUNT", "1000")

import argparse
import time
from collections.abc import Callable

import numpy as np
import torch
from keras_fcsdnet import has_keras, keras_fcsdnet

from fer_models import create_model
from fer_models.inference import FOLDED, ONNX, optimise
from fer_models.inference.forwards import example_batch, forwards

SIZE = 48


def interleaved(works: dict[str, Callable[[], object]], rounds: int) -> dict[str, tuple[float, float]]:
    """Median wall-clock and CPU milliseconds of each work, one after the other in every round."""
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in works}
    for number in range(rounds + 2):
        for name, work in works.items():
            wall, cpu = time.perf_counter(), time.process_time()
            work()
            if number >= 2:  # the first two warm up
                times[name].append((time.perf_counter() - wall, time.process_time() - cpu))
    return {name: tuple(1000 * np.median(values, axis=0)) for name, values in times.items()}  # type: ignore[misc]


def keras_work(pictures: np.ndarray) -> Callable[[], object] | None:
    """The same graph in Keras, compiled; ``None`` without TensorFlow."""
    if not has_keras():
        return None
    import tensorflow as tf

    model = keras_fcsdnet(SIZE, 3)
    compiled = tf.function(lambda batch: model(batch, training=False))
    batch = tf.constant(pictures)
    return lambda: compiled(batch).numpy()


def main() -> None:
    """Print a table for one picture and one for 64."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--rounds", type=int, default=40)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    torch.manual_seed(0)
    network = create_model("fcsdnet", in_channels=3).eval()
    eager = create_model("fcsdnet", in_channels=3).eval()  # as a reader would write it: no layout, no mode
    eager.load_state_dict(network.state_dict())
    network.place("cpu")
    ways = {way.name: way for way in forwards(network, example_batch(4, 3, SIZE))[0]}
    chosen = optimise(network, SIZE)
    print(f"FCSDNet, {SIZE} x {SIZE} x 3, {given.threads} threads, medians of {given.rounds} rounds")
    if not has_keras():
        print("Keras is left out: TensorFlow is not installed.")
    for count in (1, 64):
        pictures = example_batch(count, 3, SIZE)
        rows = pictures.contiguous()
        works: dict[str, Callable[[], object]] = {"eager torch": lambda rows=rows: _eager(eager, rows)}
        for name, title in ((FOLDED, "channels last, folded"), (ONNX, "onnxruntime")):
            if name in ways:
                works[title] = lambda way=ways[name], pictures=pictures: way(pictures)
        works[f"chosen: {chosen.choice.name(count)}"] = lambda pictures=pictures: chosen(pictures)
        keras = keras_work(pictures.permute(0, 2, 3, 1).contiguous().numpy())
        if keras is not None:
            works["Keras"] = keras
        results = interleaved(works, given.rounds)
        wall, cpu = results["eager torch"]
        print(f"\nbatch {count:<26} wall ms   CPU ms   eager / this, wall   CPU")
        for name, (mine, mine_cpu) in results.items():
            print(f"{name:<32}{mine:9.2f}{mine_cpu:9.2f}{wall / mine:15.2f}{cpu / mine_cpu:10.2f}")


def _eager(network: torch.nn.Module, rows: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        return network(rows)


if __name__ == "__main__":
    main()
