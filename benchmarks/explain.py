"""Grad-CAM of many pictures: ours in batches against captum's, and pytorch-grad-cam's where installed, one by one.

    python benchmarks/explain.py [--pictures 1000] [--peer-pictures 64] [--rounds 5]

FCSDNet with fresh weights, 48 pixels, at the layer that the library chooses. Peers get the same layer and target and
are enlarged the same way. Rounds of all take turns in one run, so that other work on the machine meets them alike; the
ratio of the medians is what to compare. CPU seconds are this process's own and hardly depend on other work.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("GOMP_SPINCOUNT", "1000")

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from fer_models import create_model, load_checkpoint
from fer_models.checkpoint import save_checkpoint
from fer_models.classifier import Classifier
from fer_models.explain import EXPLAINERS, default_layer, explain
from fer_models.explain.trust.card import trust_card
from fer_models.labels import FER7
from fer_models.preprocess import Preprocess

TARGET = 3


def untrained(folder: Path) -> Classifier:
    """FCSDNet with fresh weights, loaded as the app loads it."""
    torch.manual_seed(0)
    save_checkpoint(folder / "untrained", create_model("fcsdnet", in_channels=1), FER7, Preprocess())
    return load_checkpoint(folder / "untrained")


def ours(classifier: Classifier, batch: Tensor) -> np.ndarray:
    """Grad-CAM of the whole batch."""
    return explain(classifier, batch, "grad_cam", TARGET).values


def captum_one_by_one(classifier: Classifier, batch: Tensor) -> np.ndarray:
    """Captum's LayerGradCam, a picture at a time."""
    from captum.attr import LayerGradCam

    layer = classifier.model.cam_layers[default_layer(classifier.model, batch.shape[2])]
    method = LayerGradCam(classifier.model, layer)
    maps = [method.attribute(batch[i : i + 1], target=TARGET).detach() for i in range(len(batch))]
    return F.interpolate(torch.cat(maps), size=tuple(batch.shape[2:]), mode="bilinear")[:, 0].numpy()


def grad_cam_one_by_one(classifier: Classifier, batch: Tensor) -> np.ndarray:
    """pytorch-grad-cam's GradCAM, a picture at a time; its maps are scaled to [0, 1]."""
    from pytorch_grad_cam import GradCAM
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    layer = classifier.model.cam_layers[default_layer(classifier.model, batch.shape[2])]
    with GradCAM(model=classifier.model, target_layers=[layer]) as method:
        maps = [method(batch[i : i + 1], targets=[ClassifierOutputTarget(TARGET)]) for i in range(len(batch))]
    return np.concatenate(maps)


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Wall-clock and CPU seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def main() -> None:
    """Measure and print two tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=int, default=1000)
    parser.add_argument("--peer-pictures", type=int, default=64, help="images for those that go one by one")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        classifier = untrained(Path(folder))
    batch = torch.rand(arguments.pictures, 1, 48, 48, generator=torch.Generator().manual_seed(0)) * 2 - 1
    few = batch[: arguments.peer_pictures]
    peers: dict[str, tuple[Callable[[Classifier, Tensor], np.ndarray], Tensor]] = {
        "ours, batched": (ours, batch),
        "captum, one by one": (captum_one_by_one, few),
    }
    if importlib.util.find_spec("pytorch_grad_cam"):
        peers["pytorch-grad-cam, one by one"] = (grad_cam_one_by_one, few)
    else:
        print("pytorch-grad-cam is not installed (pip install grad-cam); it is left out.")
    np.testing.assert_allclose(captum_one_by_one(classifier, few), ours(classifier, few), atol=1e-5)
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in peers}
    for _ in range(arguments.rounds):
        for name, (method, pictures) in peers.items():
            wall, cpu = timed(lambda method=method, pictures=pictures: method(classifier, pictures))  # type: ignore[misc]
            seconds[name].append((wall / len(pictures) * 1000, cpu / len(pictures) * 1000))
    medians = {
        name: [statistics.median(column) for column in zip(*rows, strict=True)] for name, rows in seconds.items()
    }
    print(f"Grad-CAM, FCSDNet, 48 px, {torch.get_num_threads()} threads, median of {arguments.rounds} rounds")
    print(f"{'':30}{'s / 1000 wall':>15}{'s / 1000 CPU':>15}{'ratio wall':>12}{'ratio CPU':>12}")
    for name, (wall, cpu) in medians.items():
        ratios = (wall / medians["ours, batched"][0], cpu / medians["ours, batched"][1])
        print(f"{name:30}{wall:15.2f}{cpu:15.2f}{ratios[0]:12.2f}{ratios[1]:12.2f}")
    print("\nOne image, defaults, ms CPU (median of 3)")
    one = batch[:1]
    for key in EXPLAINERS:
        spent = [timed(lambda key=key: explain(classifier, one, key, TARGET))[1] for _ in range(3)]  # type: ignore[misc]
        print(f"{key:30}{1000 * statistics.median(spent):15.0f}")
    result = explain(classifier, one, target=TARGET)
    spent = [timed(lambda: trust_card(classifier, one, result))[1] for _ in range(3)]
    print(f"{'trust card of grad_cam':30}{1000 * statistics.median(spent):15.0f}")


if __name__ == "__main__":
    main()
