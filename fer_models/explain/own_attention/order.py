"""Whether attention layers follow each other, so that attention rollout is meaningful."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from fer_models.attention.base import AttentionTap, record_attention
from fer_models.explain.untouched import untouched

if TYPE_CHECKING:
    from fer_models.classifier import Classifier


def tokens_in_sequence(classifier: Classifier, batch: Tensor) -> bool:
    """Whether each layer of attention between tokens reads the output of the one before it.

    The weights of a layer are reversed, and the next layer's must change; parallel layers on the same input do not
    change. The network itself is not changed.

    Args:
        batch: network input (B, C, H, W).

    Returns:
        ``False`` also for a network with fewer than two such layers.
    """
    with classifier.exclusive() as model, untouched(model), torch.no_grad():
        taps = [module for module in model.modules() if isinstance(module, AttentionTap) and module.kind == "tokens"]
        with record_attention(model) as records:
            model(batch)
        before = [record.weights for record in records if record.kind == "tokens"]
        if len(taps) < 2 or len(before) != len(taps):
            return False
        for number, tap in enumerate(taps[:-1]):
            handle = tap.register_forward_hook(_reversed)
            try:
                with record_attention(model) as records:
                    model(batch)
            finally:
                handle.remove()
            after = [record.weights for record in records if record.kind == "tokens"]
            if torch.equal(before[number + 1], after[number + 1]):
                return False
    return True


def _reversed(_tap: nn.Module, _inputs: tuple, weights: Tensor) -> Tensor:
    return weights.flip(-1)
