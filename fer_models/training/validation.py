"""Measurements after an epoch: fresh batch-norm statistics, then loss, recalls, confusion matrix and outputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.modules.batchnorm import _BatchNorm

from fer_models.architectures.base import FERNetwork
from fer_models.layout import channels_last
from fer_models.preprocess import Preprocess
from fer_models.training.devices import SyncedNorm
from fer_models.training.fabric import Fabric

_BATCH = 256  # images a forward pass on a CPU
_PIXELS = 1024 * 48 * 48  # of a forward pass on a GPU: small batches leave it waiting for launches
_HALF = torch.finfo(torch.float16).max

#: Validation pictures whose outputs are kept after each epoch; more are drawn from.
AT_MOST_ROWS = 2000


@dataclass(frozen=True)
class Measured:
    """``figures`` as a line of ``metrics.jsonl``; logits (n, K) and embedding (n, D), float16, of the sampled rows."""

    figures: dict[str, Any]
    logits: Tensor
    embedding: Tensor


@torch.no_grad()
def refresh_norms(network: FERNetwork, images: Tensor, preprocess: Preprocess, fabric: Fabric, seed: int) -> None:
    """Recompute the batch-norm statistics of a network on up to 2,048 unchanged training pictures.

    The running averages belong to weights of many steps ago. With Keras' momentum of 0.01 they lag so far behind
    that a network can be right on 85 % with fresh statistics and on 20 % with the running ones.

    Source:
        Wu and Johnson, "Rethinking Batch in BatchNorm", 2021, section 3: statistics of the final weights.
    """
    norms = [m for m in network.modules() if isinstance(m, _BatchNorm)]
    if not norms:
        return
    sample = torch.randperm(len(images), generator=torch.Generator().manual_seed(seed))[:2048].to(images.device)
    momenta = [norm.momentum for norm in norms]
    was_training = network.training
    network.eval()  # dropout stays off: only the norms see a training pass
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a plain mean over the batches
        norm.train()
    together = fabric.world_size > 1 and all(isinstance(norm, SyncedNorm) for norm in norms)
    for index in sample.tensor_split(max(len(sample) // _batch_size(images), 1)):
        if together:  # each process takes its rows; otherwise each measures all, with the same result
            index = index[fabric.global_rank :: fabric.world_size]
        x = channels_last(preprocess.scale(images[index]))
        with fabric.autocast():
            network(x)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    network.train(was_training)


@torch.no_grad()
def measure(
    network: FERNetwork, images: Tensor, targets: Tensor, preprocess: Preprocess, fabric: Fabric, *, sample: Tensor
) -> Measured:
    """Loss, accuracy, macro recall, recall a class and confusion matrix (rows: true) on unchanged pictures.

    Args:
        images: uint8 (N, C, S, S).
        targets: class numbers (N,).
        sample: ascending positions whose outputs are returned.
    """
    was_training = network.training
    network.eval()
    k, n, device = network.num_classes, len(images), fabric.device
    matrix = torch.zeros(k * k, dtype=torch.int64, device=device)
    loss = torch.zeros((), dtype=torch.float64, device=device)
    outputs = [torch.zeros(len(sample), width, device=device) for width in (k, network.num_features)]
    size = _batch_size(images)
    first = torch.searchsorted(sample, torch.arange(0, n + size, size)).tolist()
    for i, start in enumerate(range(0, n, size)):
        if i % fabric.world_size != fabric.global_rank:
            continue
        batch_targets = targets[start : start + size]
        x = channels_last(preprocess.scale(images[start : start + size]))
        with fabric.autocast():
            features = network.forward_features(network.check_input(x))
            logits = network.forward_head(features).float()
            part = slice(first[i], first[i + 1])
            outputs[1][part] = network.forward_head(
                features[(sample[part] - start).to(device)], pre_logits=True
            ).float()
        outputs[0][part] = logits[(sample[part] - start).to(device)]
        loss += F.cross_entropy(logits, batch_targets, reduction="sum")
        matrix += torch.bincount(batch_targets * k + logits.argmax(1), minlength=k * k)
    network.train(was_training)
    if fabric.world_size > 1:
        matrix, loss = _sum(fabric, matrix), _sum(fabric, loss)
        outputs = [_sum(fabric, value) for value in outputs]  # each row is zero where another process measured it
    table = matrix.view(k, k)
    recall = (table.diagonal() / table.sum(1).clamp_min(1)).tolist()
    present = [r for r, count in zip(recall, table.sum(1).tolist(), strict=True) if count]
    figures = {
        "val_loss": loss.item() / max(n, 1),
        "val_accuracy": table.diagonal().sum().item() / max(n, 1),
        "val_macro_recall": sum(present) / max(len(present), 1),
        "val_recall": recall,
        "val_confusion": table.tolist(),
    }
    logits, embedding = (value.clamp(-_HALF, _HALF).half().cpu() for value in outputs)
    return Measured(figures, logits, embedding)


def _batch_size(images: Tensor) -> int:
    """Images a forward pass, from images (N, C, H, W) on their device."""
    if images.device.type == "cpu":
        return _BATCH
    return max(_PIXELS // (images.shape[2] * images.shape[3]), 32)


def _sum(fabric: Fabric, value: Tensor) -> Tensor:
    """The sum over all processes of the run."""
    return cast(Tensor, fabric.all_reduce(value, reduce_op="sum"))


def sample_rows(count: int, seed: int) -> torch.Tensor:
    """Ascending positions (int64) of the validation pictures whose outputs are kept: all, or 2,000 drawn by seed."""
    draw = torch.Generator().manual_seed(seed)
    return torch.randperm(count, generator=draw)[:AT_MOST_ROWS].sort().values
