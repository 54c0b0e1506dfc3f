"""Optimisers and what a run starts from: parameter groups, precision, weights of an earlier checkpoint."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from fer_models.architectures.base import FERNetwork
from fer_models.checkpoint import Checkpoint
from fer_models.errors import UserError
from fer_models.labels import canonical, is_emotion
from fer_models.training.recipe import Recipe


def parameter_groups(network: FERNetwork, loss: nn.Module, recipe: Recipe) -> list[dict[str, Any]]:
    """Groups with ``lr_factor`` and ``weight_decay``; vectors (biases, norms) do not decay, features may be slower."""
    head = {id(p) for p in network.classifier.parameters()}
    groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for p in network.parameters():
        groups.setdefault((id(p) in head, p.ndim > 1), []).append(p)
    for p in loss.parameters():
        groups.setdefault((True, p.ndim > 1), []).append(p)
    result = []
    for (is_head, is_matrix), parameters in groups.items():
        factor = 1.0 if is_head else recipe.features_lr
        if factor == 0:
            for p in parameters:
                p.requires_grad = False
            continue
        decay = recipe.weight_decay if is_matrix else 0.0
        result.append({"params": parameters, "lr_factor": factor, "weight_decay": decay, "lr": recipe.lr * factor})
    return result


def make_optimiser(groups: list[dict[str, Any]], recipe: Recipe, device: torch.device) -> torch.optim.Optimizer:
    """The recipe's optimiser, fused, which CUDA graphs can hold.

    Adam's epsilon is 1e-7, Keras' default, which the papers' figures come from.
    """
    if recipe.optimiser == "sgd":
        return torch.optim.SGD(groups, lr=recipe.lr, momentum=recipe.momentum, nesterov=recipe.momentum > 0, fused=True)
    kind = torch.optim.Adam if recipe.optimiser == "adam" else torch.optim.AdamW
    return kind(groups, lr=recipe.lr, eps=1e-7, fused=True, capturable=device.type == "cuda")


def computes_bf16(device: torch.device) -> bool:
    """Whether the device multiplies bfloat16 in hardware, so that it is faster than float32."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return device.type == "cpu" and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def start_from(network: FERNetwork, classes: tuple[str, ...], checkpoint: Checkpoint) -> str:
    """Copy a checkpoint's weights into ``network``; the last layer by class name, new classes stay fresh.

    Returns:
        A sentence on the copied weights.

    Raises:
        UserError: If the checkpoint is of another network, or its layers differ.
    """
    if checkpoint.network != network.key:
        raise UserError(
            f"The checkpoint {checkpoint.name} holds {checkpoint.network}, but the recipe asks for {network.key}; "
            "choose the same network."
        )
    source = checkpoint.build()
    old, new = source.classifier, network.classifier
    before = _names(checkpoint.classes)
    shared = [(i, before.index(c)) for i, c in enumerate(_names(classes)) if c in before]
    with torch.no_grad():
        for i, j in shared:
            new.weight[i] = old.weight[j]
            new.bias[i] = old.bias[j]
    source.reset_classifier(len(classes))
    source.classifier.load_state_dict(new.state_dict())
    try:
        network.load_state_dict(source.state_dict())
    except RuntimeError:
        raise UserError(
            f"The checkpoint {checkpoint.name} was built with other options ({checkpoint.options}, "
            f"{checkpoint.in_channels} channels) than the recipe asks for; make them equal."
        ) from None
    return f"Started from {checkpoint.name}; {len(shared)} of {len(classes)} classes kept their weights."


def _names(classes: tuple[str, ...]) -> list[str]:
    return [canonical(c) if is_emotion(c) else c for c in classes]
