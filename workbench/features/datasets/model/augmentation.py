"""One picture as in training: random changes of a recipe, and the input tensor."""

from __future__ import annotations

import io

import numpy as np
import torch
from torch import Tensor

from fer_models.data.augment import Augmentation, augment, mix
from fer_models.preprocess import Preprocess


def variants(
    picture: np.ndarray,
    preprocess: Preprocess,
    settings: Augmentation,
    *,
    count: int,
    seed: int,
    partners: np.ndarray | None = None,
) -> np.ndarray:
    """Augmented versions of one picture, by the code of the training loop.

    Args:
        picture: uint8 (H, W, 1 or 3).
        partners: uint8 (P, H, W, 1 or 3), other pictures to mix with, for Mixup and CutMix.

    Returns:
        uint8 (count, S, S, C) at the network's size and colour.
    """
    stored = preprocess.stored(picture)
    batch = _batch(np.repeat(stored[None], count, axis=0))
    generator = torch.Generator().manual_seed(seed)
    if settings.mixes and partners is not None and len(partners):
        # Mixup and CutMix mix pictures of a batch, so the batch needs others.
        others = _batch(np.stack([preprocess.stored(partners[i % len(partners)]) for i in range(count)]))
        batch = torch.cat([batch, others])
    changed = augment(batch, settings, generator)
    if settings.mixes:
        changed, _ = mix(changed, torch.zeros(len(changed), 1), settings, generator)
    return changed[:count].round().clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1).numpy()


def network_input(picture: np.ndarray, preprocess: Preprocess) -> Tensor:
    """The input tensor, float32 (1, C, S, S), of a uint8 picture (H, W, 1 or 3)."""
    return preprocess(picture[None])


def describe(tensor: Tensor, preprocess: Preprocess, side: int) -> str:
    """Shape, type and values of the tensor, and its preprocessing, in one line."""
    resized = "" if side == preprocess.size else f"resized from {side} to {preprocess.size} pixels, then "
    return (
        f"{tuple(tensor.shape)} {str(tensor.dtype).removeprefix('torch.')} · smallest {tensor.min():.3f}, largest "
        f"{tensor.max():.3f}, mean {tensor.mean():.3f} · {resized}{preprocess.formula}"
    )


def npy(tensor: Tensor) -> bytes:
    """The tensor as the bytes of a ``.npy`` file."""
    buffer = io.BytesIO()
    np.save(buffer, tensor.numpy(), allow_pickle=False)
    return buffer.getvalue()


def _batch(images: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(images)).permute(0, 3, 1, 2)
