"""Shared by the gradient methods: the gradient at the input, and a score that captum can call."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fer_models.architectures.base import FERNetwork
from fer_models.explain.base import Explainer, Query

#: Activations that are not ReLU; with them, methods that change the ReLU's backward pass become plain gradients.
_OTHER_ACTIVATIONS = (
    nn.SiLU,
    nn.GELU,
    nn.PReLU,
    nn.LeakyReLU,
    nn.ELU,
    nn.SELU,
    nn.CELU,
    nn.Hardswish,
    nn.ReLU6,
    nn.Mish,
    nn.Softplus,
)
#: Layers for which neither LRP nor DeepLIFT has a rule here.
WITHOUT_RULE = (nn.LSTM, nn.GRU, nn.RNN, nn.LayerNorm, nn.GroupNorm, nn.InstanceNorm2d, nn.MultiheadAttention)


class GradientExplainer(Explainer):
    """A method that works with gradients at the input's pixels."""

    family = "gradient"


def input_gradient(query: Query, pictures: Tensor | None = None) -> Tensor:
    """Gradient of the score with respect to each pixel, (N, C, H, W).

    ``pictures`` default to the query's batch; they may repeat it r times, (r * B, C, H, W).
    """
    x = (query.batch if pictures is None else pictures).detach().requires_grad_()
    (gradient,) = torch.autograd.grad(query.score(query.model(x)).sum(), x)
    return gradient


class ScoredModel(nn.Module):
    """A network whose output is the query's score, (N,), as captum calls it; reports progress by rows seen."""

    def __init__(self, query: Query, rows: int, model: nn.Module | None = None):
        super().__init__()
        self.model = query.model if model is None else model
        self.query, self.rows, self.seen = query, rows, 0

    def forward(self, x: Tensor) -> Tensor:
        score = self.query.score(self.model(x))
        self.seen += len(x)
        self.query.progress(min(1.0, self.seen / self.rows), f"{self.seen:,} of {self.rows:,} passes")
        return score


def without_relu(model: FERNetwork, method: str) -> str | None:
    """Why a method that changes the ReLU's backward pass has no effect on this network; ``None`` if it has."""
    if not model.relu_modules:
        return f"{model.title} applies ReLU as a function, where {method} cannot change it."
    rectifiers = sum(isinstance(module, nn.ReLU) for module in model.modules())
    others = {type(module).__name__ for module in model.modules() if isinstance(module, _OTHER_ACTIVATIONS)}
    count = sum(isinstance(module, _OTHER_ACTIVATIONS) for module in model.modules())
    if rectifiers == 0:
        instead = f" but {', '.join(sorted(others))}" if others else ""
        return f"{model.title} has no ReLU layers{instead}, and without them {method} is the plain gradient."
    if count >= rectifiers:
        return (
            f"Most activations of {model.title} are {', '.join(sorted(others))}, not ReLU; "
            f"there {method} is little more than the plain gradient."
        )
    return None
