"""What methods claim of their maps, measured: sums, agreement with themselves, and what infidelity says of noise.

Run: ``FER_DATA=... python benchmarks/maps.py [--networks NAME ...]``. Two drawn faces, and four of FER2013's PublicTest
where it is known; each explained for its predicted class with the defaults. The figures of ``docs/explanations.md``.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch
from trust import faces_of

from fer_models import load_checkpoint
from fer_models.classifier import Classifier
from fer_models.errors import UserError
from fer_models.explain import explain
from fer_models.explain.faithfulness import FAITHFULNESS, Trial
from fer_models.explain.faithfulness.references import random_maps

ROOT = Path(__file__).parents[1]
NETWORKS = ("mini-xception-fer2013", "fcsdnet-ferplus", "resnet18-fer2013", "separable-attention-fer2013")
CLAIM_A_SUM = ("deep_lift", "integrated_gradients", "gradient_shap", "full_grad", "lrp")
DRAWS = 20


def completeness(classifier: Classifier, batch: torch.Tensor) -> None:
    """Median and largest error of the sums, in per cent."""
    for method in CLAIM_A_SUM:
        try:
            error = explain(classifier, batch, method).completeness_error
        except UserError as refusal:
            print(f"  {method}: refused ({refusal})")
            continue
        assert error is not None
        print(f"  {method}: the sum misses by {100 * np.median(error):.1f} % (largest {100 * error.max():.0f} %)")


def agreement(classifier: Classifier, batch: torch.Tensor) -> None:
    """SmoothGrad with one set of draws and with another: correlation by face, and what the map said of itself."""
    first, second = (explain(classifier, batch, "smooth_grad", seed=seed) for seed in (0, 1))
    found = [np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in zip(first.values, second.values, strict=True)]
    plain = [explain(classifier, batch, "smooth_grad", seed=seed, most_samples=25).values for seed in (0, 1)]
    before = [np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in zip(*plain, strict=True)]
    said = np.median(first.agreement) if first.agreement is not None else float("nan")
    print(
        f"  smooth_grad: correlation with other draws {np.median(found):.2f} (least {min(found):.2f}), estimated "
        f"{said:.2f}; with 25 copies {np.median(before):.2f} (least {min(before):.2f})"
    )


def infidelity(classifier: Classifier, batch: torch.Tensor) -> None:
    """Of LayerCAM's map, its negative and random maps: 1 is what an empty map gets, less is better."""
    metric, result = FAITHFULNESS["infidelity"](), explain(classifier, batch, "layer_cam")
    trial = Trial(classifier, batch, result)
    own = metric.measure(trial)
    negative = metric.measure(replace(trial, attribution=replace(result, values=-result.values)))
    drawn, better = [], []
    for position in range(len(batch)):
        one = Trial(classifier, batch[position : position + 1], result.one(position))
        scores = [
            float(metric.measure(one.with_values(noise[None], "layer_cam"))[0]) for noise in random_maps(one, DRAWS)
        ]
        drawn += scores
        better.append(np.mean(np.array(scores) <= own[position]))
    print(
        f"  infidelity: layer_cam {np.median(own):.2f}, its negative {np.median(negative):.2f}, random maps "
        f"{np.median(drawn):.2f}; {100 * np.mean(better):.0f} % of random maps do as well as the map of their face"
    )


def main() -> None:
    """Print what was found, network by network."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--networks", nargs="+", default=NETWORKS)
    parser.add_argument("--crops", help="uint8 (N, 48, 48) in a .npy file, in place of PublicTest")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for name in arguments.networks:
        classifier = load_checkpoint(ROOT / "checkpoints" / name)
        drawn = faces_of(8, classifier.checkpoint.preprocess.size, arguments.crops)
        batch = classifier.prepare(drawn[:2] + drawn[4:])
        print(f"{name}, {len(batch)} faces", flush=True)
        for part in (completeness, agreement, infidelity):
            part(classifier, batch)


if __name__ == "__main__":
    main()
