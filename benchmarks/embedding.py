"""Features and maps: pictures a second, then our t-SNE and UMAP beside plain scikit-learn's t-SNE, in one run.

Run: ``python benchmarks/embedding.py [--points N] [--pictures N]``. Plain t-SNE gets the 512 features as they are, and
the same initialisation and learning rate; ours gets them at length 1 and reduced to 50 dimensions by PCA. Times are
seconds by the clock and of the processor (what else runs is not counted), once each, after UMAP has compiled. The
trustworthiness is that to the original features, at length 1 for all.
"""

from __future__ import annotations

import os

os.environ.setdefault("GOMP_SPINCOUNT", "1000")

import argparse
import time
from collections.abc import Callable

import numpy as np
import torch
from sklearn.manifold import TSNE

from fer_models import create_model
from fer_models.embedding import MapSettings, faithfulness, project
from fer_models.embedding.project import normalised


def timed(work: Callable[[], np.ndarray]) -> tuple[np.ndarray, float, float]:
    """The result, seconds by the clock, and seconds of the processor."""
    clock, processor = time.perf_counter(), time.process_time()
    found = work()
    return found, time.perf_counter() - clock, time.process_time() - processor


def picture_seconds(count: int) -> tuple[float, float]:
    """Seconds of a picture by the clock and of the processor: FCSDNet at 48 px, batches of 64."""
    model = create_model("fcsdnet", 7, 1).eval().to(memory_format=torch.channels_last)
    batch = torch.randn(64, 1, 48, 48).to(memory_format=torch.channels_last)
    with torch.inference_mode():
        model(batch)
        start, processor = time.perf_counter(), time.process_time()
        for _ in range(max(1, count // 64)):
            model.forward_features(batch)
    done = max(1, count // 64) * 64
    return (time.perf_counter() - start) / done, (time.process_time() - processor) / done


def clumps(count: int, width: int = 512) -> np.ndarray:
    """Seven overlapping clumps on a curved sheet, as embeddings of a trained network lie."""
    rng = np.random.default_rng(0)
    inner = rng.normal(size=(count, 20)) + 2.2 * rng.normal(size=(7, 20))[rng.integers(0, 7, count)]
    return np.maximum(inner @ rng.normal(size=(20, width)) + 0.5 * rng.normal(size=(count, width)), 0).astype(
        np.float32
    )


def main() -> None:
    """Print a line a method, with the ratio to plain scikit-learn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=3589)
    parser.add_argument("--pictures", type=int, default=2048)
    given = parser.parse_args()
    clock, processor = picture_seconds(given.pictures)
    print(
        f"features  {1 / clock:7.0f} images a second; 35,887 in {35887 * clock:.0f} s by the clock, "
        f"{35887 * processor:.0f} s of the processor with {torch.get_num_threads()} threads"
    )
    rows = clumps(given.points)
    unit = normalised(rows)
    plain = TSNE(2, init="pca", learning_rate="auto", random_state=0)
    found, clock, processor = timed(lambda: plain.fit_transform(rows))
    trust = faithfulness(unit, found).trustworthiness
    print(f"{given.points:,} points of 512 features")
    print(f"plain t-SNE   {clock:7.1f} s, {processor:7.1f} s of processor, trustworthiness {trust:.3f}")
    project(rows[:200], MapSettings(method="umap"))
    for method in ("tsne", "umap", "pca"):
        settings = MapSettings(method=method)  # type: ignore[arg-type]
        found, own, own_processor = timed(lambda settings=settings: project(rows, settings))  # type: ignore[misc]
        trust = faithfulness(unit, found).trustworthiness
        print(
            f"{method:12}  {own:7.1f} s, {own_processor:7.1f} s of processor, trustworthiness {trust:.3f}, "
            f"ratio {clock / own:.1f} (processor {processor / own_processor:.1f})"
        )


if __name__ == "__main__":
    main()
