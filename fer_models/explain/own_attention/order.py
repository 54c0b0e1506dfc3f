"""Whether attention layers follow each other, so that rolling one through the next has a meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from fer_models.attention.base import AttentionTap, record_attention
from fer_models.explain.untouched import untouched

if TYPE_CHECKING:
    from fer_models.classifier import Classifier


def tokens_in_sequence(classifier: Classifier, batch: Tensor) -> bool:
    """Whether each layer of attention between tokens sees what the one before it did.

    The weights of a layer are turned round, and the next layer's must change; layers that stand beside each other on
    the same input do not notice. The network is left as it was.

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
        for place, tap in enumerate(taps[:-1]):
            handle = tap.register_forward_hook(_turned)
            try:
                with record_attention(model) as records:
                    model(batch)
            finally:
                handle.remove()
            after = [record.weights for record in records if record.kind == "tokens"]
            if torch.equal(before[place + 1], after[place + 1]):
                return False
    return True


def _turned(_tap: nn.Module, _inputs: tuple, weights: Tensor) -> Tensor:
    return weights.flip(-1)
