"""Features to compare faces by: a network's embedding, a pooled layer, raw pixels, or gradient histograms."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import torch

from fer_models.checkpoint import Checkpoint
from fer_models.classifier import Classifier
from fer_models.data.dataset import FaceDataset
from fer_models.errors import UserError
from fer_models.evaluation.evaluate import Evaluation
from fer_models.folders import cache_folder
from fer_models.progress import Progress
from fer_models.storage import atomic_file

EMBEDDING, PIXELS, HOG, LAYER = "embedding", "pixels", "hog", "layer:"
#: Share of the squared length above which shortened embeddings stand for the full ones.
ENOUGH = 0.95
_SIDE = 48
_BATCH = 64


def feature_kinds(layers: tuple[str, ...] | list[str] = ()) -> dict[str, str]:
    """Keys and titles of the features; ``layers`` are names of ``cam_layers``."""
    return {
        EMBEDDING: "Embedding (before the last layer)",
        **{LAYER + name: f"Layer {name}, averaged over places" for name in layers},
        PIXELS: "Raw pixels, without a network",
        HOG: "Histograms of gradients, without a network",
    }


def sample(count: int, most: int, seed: int = 0) -> np.ndarray:
    """int64 (M,): positions of ``min(count, most)`` pictures out of ``count``, drawn without replacement, in order.

    Raises:
        UserError: If ``most`` is below 1.
    """
    if most < 1:
        raise UserError(f"The number of points is at least 1, not {most}.")
    if most >= count:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, most, replace=False))


def features_of(
    kind: str,
    network: Classifier | Checkpoint | None,
    dataset: FaceDataset,
    evaluation: Evaluation,
    progress: Progress | None = None,
) -> np.ndarray:
    """Features of the evaluation's pictures, float16 or float32 (N, F); computed ones are cached, memory-mapped.

    Embeddings that were shortened by more than :data:`ENOUGH` allows are computed in full where the images are there.

    Args:
        kind: a key of :func:`feature_kinds`.
        network: needed for a layer and for shortened embeddings; a checkpoint is loaded only when there is something to
            compute.

    Raises:
        UserError: If the kind is unknown, the evaluation holds no embeddings, or the network has no such layer.
    """
    if kind == EMBEDDING:
        if evaluation.embeddings is None:
            raise UserError("The embeddings of these predictions were not kept; predict the split again.")
        if evaluation.embeddings_kept < ENOUGH and dataset.has_images and network is not None:
            return embedding_features(network, dataset, evaluation, progress)
        return evaluation.embeddings
    if kind == PIXELS:
        return pixel_features(dataset.images, evaluation.positions)
    if kind == HOG:
        return hog_features(dataset.images, evaluation.positions)
    if kind.startswith(LAYER) and network is not None:
        return layer_features(network, dataset, evaluation, kind.removeprefix(LAYER), progress)
    raise UserError(f"There are no features {kind!r}; choose {EMBEDDING}, {PIXELS}, {HOG} or {LAYER}NAME.")


def _grey(images: np.ndarray, position: int, side: int) -> np.ndarray:
    picture = np.asarray(images[position])
    grey = picture[:, :, 0] if picture.shape[2] == 1 else cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    if grey.shape != (side, side):
        grey = cv2.resize(grey, (side, side), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(grey)


def pixel_features(images: np.ndarray, positions: np.ndarray, side: int = _SIDE) -> np.ndarray:
    """Grey levels minus each picture's mean, float32 (N, side * side), in [-1, 1].

    Args:
        images: uint8 (M, H, W, 1 or 3).
        positions: (N,).
    """
    rows = [_grey(images, int(p), side).reshape(-1) for p in positions]
    levels = np.stack(rows).astype(np.float32) / 255 if rows else np.zeros((0, side * side), np.float32)
    return levels - levels.mean(1, keepdims=True)


def hog_features(images: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """Histograms of oriented gradients, float32 (N, 900): 48 px, cells of 8, blocks of 2 x 2 cells, 9 directions.

    Source:
        Dalal and Triggs, "Histograms of Oriented Gradients for Human Detection", CVPR 2005.
    """
    describe = cv2.HOGDescriptor((_SIDE, _SIDE), (16, 16), (8, 8), (8, 8), 9)
    rows = [np.asarray(describe.compute(_grey(images, int(p), _SIDE))).reshape(-1) for p in positions]
    return np.stack(rows) if rows else np.zeros((0, 900), np.float32)


def layer_features(
    network: Classifier | Checkpoint,
    dataset: FaceDataset,
    evaluation: Evaluation,
    layer: str,
    progress: Progress | None = None,
) -> np.ndarray:
    """Maps of one of the network's ``cam_layers`` averaged over positions, float16 (N, C).

    Raises:
        UserError: If the network has no such layer.
    """

    def pooled(classifier: Classifier, images: np.ndarray) -> np.ndarray:
        layers = classifier.model.cam_layers
        if layer not in layers:
            raise UserError(f"The network has no layer {layer!r}; it has: {', '.join(layers)}.")
        kept: list[np.ndarray] = []

        def keep(module: torch.nn.Module, inputs: object, output: torch.Tensor) -> None:
            kept.append(output.float().mean((2, 3)).cpu().numpy())

        # The model is held for one batch at a time, so that other threads get their turn.
        with classifier.exclusive() as model, torch.no_grad():
            hook = layers[layer].register_forward_hook(keep)
            try:
                model(classifier.prepare(images))
            finally:
                hook.remove()
        return kept[0]

    return _cached(network, dataset, evaluation, layer, compute=pooled, progress=progress)


def embedding_features(
    network: Classifier | Checkpoint, dataset: FaceDataset, evaluation: Evaluation, progress: Progress | None = None
) -> np.ndarray:
    """Embeddings in full, float16 (N, F), of pictures whose predictions hold shortened ones or none."""

    def embedding(classifier: Classifier, images: np.ndarray) -> np.ndarray:
        return classifier.predict(images, exact=True).embedding

    return _cached(network, dataset, evaluation, EMBEDDING, compute=embedding, progress=progress)


def _cached(
    network: Classifier | Checkpoint,
    dataset: FaceDataset,
    evaluation: Evaluation,
    name: str,
    *,
    compute: Callable[[Classifier, np.ndarray], np.ndarray],
    progress: Progress | None,
) -> np.ndarray:
    """Features by name from their file, else computed a batch of images at a time and written to it."""
    checkpoint = network if isinstance(network, Checkpoint) else network.checkpoint
    file = _file(checkpoint, evaluation, name)
    try:
        return np.load(file, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError):
        pass  # Not computed yet, or damaged.
    classifier = Classifier(network) if isinstance(network, Checkpoint) else network
    parts: list[np.ndarray] = []
    positions = evaluation.positions
    for start in range(0, len(positions), _BATCH):
        parts.append(compute(classifier, dataset.images[positions[start : start + _BATCH]]))
        if progress:
            done = min(start + _BATCH, len(positions))
            progress(done / len(positions), f"features of {done:,} of {len(positions):,} faces")
    largest = float(np.finfo(np.float16).max)
    features = np.concatenate(parts).clip(-largest, largest).astype(np.float16)
    _save(features, file)
    return features


def _file(checkpoint: Checkpoint, evaluation: Evaluation, name: str) -> Path:
    origin = [checkpoint.identity, evaluation.fingerprint, name]
    positions_digest = hashlib.sha256(np.ascontiguousarray(evaluation.positions, "<i8").tobytes()).hexdigest()
    digest = hashlib.sha256(json.dumps([*origin, positions_digest], sort_keys=True).encode()).hexdigest()[:32]
    return cache_folder() / "features" / f"{digest}.npy"


def _save(array: np.ndarray, file: Path) -> None:
    """A failed write is no error: the features are computed again the next time."""
    try:
        with atomic_file(file) as new:
            np.save(new, array)
    except OSError:
        return
