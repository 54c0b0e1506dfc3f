"""Guided backpropagation: gradients that only pass where evidence is positive."""

import torch
from torch import Tensor, nn

from fer_models.architectures.base import FERNetwork
from fer_models.explain.base import Query, register_explainer
from fer_models.explain.gradients.base import GradientExplainer, input_gradient, without_relu


@register_explainer("guided_backprop")
class GuidedBackprop(GradientExplainer):
    """The gradient at the input with negative gradients cut at every ReLU, summed over colour channels.

    Source:
        Springenberg et al., "Striving for simplicity", ICLR workshops 2015 (arXiv 1412.6806).
    """

    title = "Guided backpropagation"
    summary = (
        "Sharp image of the edges behind the score; nearly the same for an untrained network, so mind its trust card."
    )
    captum = "checks"
    paper = "Springenberg et al. 2015, Striving for simplicity"
    cost = "one forward pass and one full backward pass"

    def compute(self, query: Query) -> Tensor:
        return guided_gradient(query).sum(1)

    def unsupported(self, model: FERNetwork) -> str | None:
        return without_relu(model, "guided backpropagation")


def guided_gradient(query: Query) -> Tensor:
    """Guided gradient at the input, (B, C, H, W)."""

    def cut(_module: nn.Module, _inputs: tuple, output: Tensor) -> None:
        if output.requires_grad:
            output.register_hook(torch.relu)

    rectifiers = [module for module in query.model.modules() if isinstance(module, nn.ReLU)]
    handles = [module.register_forward_hook(cut) for module in rectifiers]
    try:
        return input_gradient(query)
    finally:
        for handle in handles:
            handle.remove()
