"""What methods claim of their maps, measured: sums, agreement with themselves, what infidelity says of noise, Score-CAM
beside pytorch-grad-cam where that is installed, an ensemble's map beside its members', and the template of the face.

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
from fer_models.architectures.ensemble import Ensemble
from fer_models.classifier import Classifier
from fer_models.data.synthetic import SyntheticOptions
from fer_models.errors import UserError
from fer_models.explain import explain
from fer_models.explain.face_parts.drawn import drawn_truth
from fer_models.explain.face_parts.regions import region_masks
from fer_models.explain.faithfulness import FAITHFULNESS, Trial
from fer_models.explain.faithfulness.references import random_maps
from fer_models.explain.faithfulness.similarity import rank_correlation
from fer_models.explain.layers import SMALLEST_SIDE, layer_sizes

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


def score_cam(classifier: Classifier, batch: torch.Tensor) -> None:
    """The heatmap beside that of pytorch-grad-cam."""
    try:
        from pytorch_grad_cam import ScoreCAM
        from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
    except ImportError:
        return
    own = explain(classifier, batch, "score_cam")
    assert own.layer is not None
    with classifier.exclusive() as model, ScoreCAM(model, [model.cam_layers[own.layer]]) as other:
        theirs = other(batch, [ClassifierOutputTarget(int(k)) for k in own.target])
    found = [np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in zip(own.heatmap(), theirs, strict=True)]
    print(f"  score_cam: correlation with pytorch-grad-cam {np.median(found):.3f} (least {min(found):.3f})")


def ensemble(name: str, crops: str | None) -> None:
    """LayerCAM of an ensemble: rank correlation with the map of each member."""
    classifier = load_checkpoint(ROOT / "checkpoints" / name)
    batch = batch_of(classifier, crops)
    whole = explain(classifier, batch, "layer_cam")
    target = [int(k) for k in whole.target]
    print(f"{name}, {len(batch)} faces: rank correlation of its map with that of each member")
    model = classifier.model
    assert isinstance(model, Ensemble)
    groups, sizes = model.member_layers, layer_sizes(model, tuple(batch.shape))
    for layers in groups:
        layer = next((each for each in layers if max(sizes[each]) >= SMALLEST_SIDE), layers[0])
        one = explain(classifier, batch, "layer_cam", target, layer=layer)
        found = rank_correlation(whole.values, one.values)
        print(f"  {layer}: {np.median(found):.2f} ({found.min():.2f} to {found.max():.2f})")


def regions(count: int = 60) -> None:
    """How much of each true part of drawn faces lies in the same part of the template, without points."""
    truth = drawn_truth(SyntheticOptions(count=count, size=48, seed=77), np.arange(count), 48)
    template = region_masks(48)
    print(f"{count} drawn faces: share of a part's pixels that the template gives to that part, and of even pixels")
    for part in ("eyes", "brows", "mouth", "nose", "background"):
        shares = [(mask & template[part]).sum() / max(mask.sum(), 1) for mask in truth.masks[part]]
        print(
            f"  {part}: {100 * np.median(shares):.0f} % (lowest tenth {100 * np.quantile(shares, 0.1):.0f} %); "
            f"the template covers {100 * template[part].mean():.0f} % of the image"
        )


def batch_of(classifier: Classifier, crops: str | None) -> torch.Tensor:
    """Two drawn faces, and four of PublicTest where it is known."""
    drawn = faces_of(8, classifier.checkpoint.preprocess.size, crops)
    return classifier.prepare(drawn[:2] + drawn[4:])


def main() -> None:
    """Print what was found, network by network."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--networks", nargs="*", default=NETWORKS)
    parser.add_argument("--ensembles", nargs="*", default=["ensemble-fer2013"])
    parser.add_argument("--crops", help="uint8 (N, 48, 48) in a .npy file, in place of PublicTest")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for name in arguments.networks:
        classifier = load_checkpoint(ROOT / "checkpoints" / name)
        batch = batch_of(classifier, arguments.crops)
        print(f"{name}, {len(batch)} faces", flush=True)
        for part in (completeness, agreement, infidelity, score_cam):
            part(classifier, batch)
    for name in arguments.ensembles:
        ensemble(name, arguments.crops)
    regions()


if __name__ == "__main__":
    main()
