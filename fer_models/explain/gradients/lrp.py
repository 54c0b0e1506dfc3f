"""Layer-wise relevance propagation: the score is propagated back layer by layer in proportion to contributions."""

from __future__ import annotations

from typing import Annotated, Any

import torch
from pydantic import Field
from torch import Tensor, nn

from fer_models.architectures.base import FERNetwork
from fer_models.attention.base import AttentionTap
from fer_models.explain.base import Query, register_explainer
from fer_models.explain.gradients.base import WITHOUT_RULE, GradientExplainer
from fer_models.inference.fold import fold_batch_norms

_SELF_GATED = (nn.SiLU, nn.GELU, nn.Hardswish, nn.Mish)


@register_explainer("lrp")
class LRP(GradientExplainer):
    r"""Gamma rule in convolutions, epsilon rule in linear layers, as a modified gradient times the input.

    A layer's output :math:`z` is replaced by :math:`p\,[z/p]` with the fraction held constant, where :math:`p` adds
    :math:`\gamma` times the contributions of the same sign as :math:`z`. The forward pass keeps its numbers, and
    backwards every unit hands on relevance in proportion to its contribution. Sums, means and concatenations then need
    no rule of their own, which captum's LRP lacks. Attention gates are held constant: relevance goes to what they let
    through. Batch norms are folded into the convolutions before them. Biases keep the relevance that they contributed:
    the share of the logit that reaches the pixels is noted beside the map, and small in networks with large biases.
    ``gamma=0, epsilon=0`` is input times gradient with constant gates.

    Source:
        Bach et al., PLoS ONE 2015; gamma rule: Montavon et al. 2019; constant gates: Arras et al. 2017.
    """

    title = "LRP"
    summary = "Hands the score back layer by layer in proportion to contributions; what biases contributed stays there."
    captum = "checks"
    paper = "Bach et al. 2015, On pixel-wise explanations by layer-wise relevance propagation"
    cost = "one forward pass with five convolutions in place of each and one full backward pass"
    batch_size = 64

    def compute(
        self,
        query: Query,
        gamma: Annotated[float, Field(ge=0, description="Weight of the positive parts.")] = 0.25,
        epsilon: Annotated[float, Field(ge=0, description="Keeps divisors away from 0.")] = 1e-6,
    ) -> Tensor:
        model, _ = fold_batch_norms(query.model, query.batch[:1])  # a copy
        for module, rule in _rules(model, gamma, epsilon):
            module.register_forward_hook(rule)
        x = query.batch.clone().requires_grad_()
        score = query.score(model(x))
        (gradient,) = torch.autograd.grad(score.sum(), x)
        values = (gradient * x.detach()).sum(1)
        if query.of == "logit":
            query.claim(values.sum((1, 2)), score)
        return values

    def unsupported(self, model: FERNetwork) -> str | None:
        kinds = sorted({type(module).__name__ for module in model.modules() if isinstance(module, WITHOUT_RULE)})
        if kinds:
            return f"{model.title} contains {', '.join(kinds)}, for which relevance propagation has no rule here."
        return None


def _rules(model: nn.Module, gamma: float, epsilon: float) -> list[tuple[nn.Module, Any]]:
    def convolution(module: nn.Module, inputs: tuple, z: Tensor) -> Tensor:
        assert isinstance(module, nn.Conv2d)
        return _shared(z, z + gamma * _same_sign(module, inputs[0], z) if gamma else z, epsilon)

    def linear(_module: nn.Module, _inputs: tuple, z: Tensor) -> Tensor:
        return _shared(z, z, epsilon)

    def constant(_module: nn.Module, _inputs: tuple, gate: Tensor) -> Tensor:
        return gate.detach()

    def self_gated(_module: nn.Module, inputs: tuple, z: Tensor) -> Tensor:
        return _shared(z, inputs[0], 0)  # x times a gate that depends on x, the gate held constant

    kinds = ((nn.Conv2d, convolution), (nn.Linear, linear), (AttentionTap, constant), (_SELF_GATED, self_gated))
    return [(m, rule) for m in model.modules() for kind, rule in kinds if isinstance(m, kind)]


def _shared(z: Tensor, p: Tensor, epsilon: float) -> Tensor:
    """The value of ``z`` with the gradient of ``p``, scaled by the constant z / (p + epsilon sign(p))."""
    stable = p.detach() + epsilon * torch.where(p.detach() >= 0, 1.0, -1.0).to(p)
    ratio = torch.where(stable == 0, torch.zeros_like(stable), z.detach() / torch.where(stable == 0, 1.0, stable))
    flow = p * ratio
    return flow + (z - flow).detach()


def _same_sign(module: nn.Conv2d, x: Tensor, z: Tensor) -> Tensor:
    """Sum of the contributions with the sign of ``z``, bias included; linear in the parts of ``x``."""
    up, down = module.weight.detach().clamp(min=0), module.weight.detach().clamp(max=0)
    over, under = x.clamp(min=0), x.clamp(max=0)

    def run(values: Tensor, weight: Tensor) -> Tensor:
        return module._conv_forward(values, weight, None)  # honours every padding that the layer may have

    bias = torch.zeros_like(module.weight[:, 0, 0, 0]) if module.bias is None else module.bias.detach()
    bias = bias[:, None, None]
    positive = run(over, up) + run(under, down) + bias.clamp(min=0)
    negative = run(over, down) + run(under, up) + bias.clamp(max=0)
    return torch.where(z >= 0, positive, negative)
