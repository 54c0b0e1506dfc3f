"""DeepLift: differences from a baseline, passed back through every activation."""

import copy
import weakref
from typing import ClassVar

import torch
from torch import Tensor, nn

from fer_models.architectures.base import FERNetwork
from fer_models.attention.channel import ChannelAttention
from fer_models.explain.base import Query, register_explainer
from fer_models.explain.baselines import BASELINE_CHOICE, baseline_picture
from fer_models.explain.gradients.base import GradientExplainer, ScoredModel

_REASONS: weakref.WeakKeyDictionary[nn.Module, str | None] = weakref.WeakKeyDictionary()
_ACTIVATIONS = (nn.ReLU, nn.ELU, nn.LeakyReLU, nn.Sigmoid, nn.Tanh, nn.Softplus, nn.Softmax, nn.MaxPool2d)


@register_explainer("deep_lift")
class DeepLift(GradientExplainer):
    """Rescale rule against a baseline, summed over colour channels.

    It runs on a copy of the network, since captum writes attributes on its modules. Multiplied gates take the gradient,
    so that with attention the values need not sum to the difference of the scores.

    Source:
        Shrikumar et al., "Learning important features through propagating activation differences", ICML 2017
        (arXiv 1704.02685); captum's implementation.
    """

    title = "DeepLift"
    summary = "Compares every activation with that of an empty picture and shares out the difference of the scores."
    paper = "Shrikumar et al. 2017, Learning important features through propagating activation differences"
    cost = "one forward pass and one full backward pass of twice the batch, and a copy of the network"
    choices: ClassVar = {"baseline": BASELINE_CHOICE}
    batch_size = 32

    def compute(self, query: Query, baseline: str | Tensor = "black") -> Tensor:
        from captum.attr import DeepLift as Captum

        model = ScoredModel(query, rows=2 * len(query.batch), model=_comparable(query.model))
        reference = baseline_picture(query.batch, baseline, query.black)
        x = query.batch.detach().clone(memory_format=torch.contiguous_format).requires_grad_()
        return Captum(model).attribute(x, reference.contiguous()).sum(1)

    def unsupported(self, model: FERNetwork) -> str | None:
        if model not in _REASONS:
            _REASONS[model] = _reason(model)
        return _REASONS[model]


class _SeparateDescriptors(nn.Module):
    """Channel attention whose two descriptors run through the perceptron separately.

    The library's module stacks them along the batch. Captum takes the first half of a batch for the pictures and the
    second for their baselines, and would compare means with maxima.
    """

    def __init__(self, attention: ChannelAttention):
        super().__init__()
        self.reduce, self.expand, self.tap = attention.reduce, attention.expand, attention.tap
        self.relu_mean, self.relu_peak = nn.ReLU(), nn.ReLU()

    def gate(self, x: Tensor) -> Tensor:
        mean = self.expand(self.relu_mean(self.reduce(x.mean((2, 3)))))
        peak = self.expand(self.relu_peak(self.reduce(x.amax((2, 3)))))
        return self.tap(torch.sigmoid(mean + peak)[:, :, None, None])

    def forward(self, x: Tensor) -> Tensor:
        return x * self.gate(x)


def _comparable(model: nn.Module) -> nn.Module:
    """A copy in which every activation reads the batch unchanged."""
    model = copy.deepcopy(model)
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, ChannelAttention):
                setattr(parent, name, _SeparateDescriptors(child))
    return model


def _reason(model: FERNetwork) -> str | None:
    """Why DeepLift cannot run: in a small forward pass every activation must run once, on the unchanged batch."""
    runs: dict[str, list[int]] = {}
    probe = _comparable(model).eval()

    def listen(name: str, module: nn.Module) -> None:
        def hook(_module: nn.Module, _inputs: tuple, output: Tensor) -> None:
            runs.setdefault(name, []).append(len(output))

        module.register_forward_hook(hook)

    for name, module in probe.named_modules():
        if isinstance(module, _ACTIVATIONS):
            listen(name, module)
    side = model.native_input[1:] if model.fixed_size else (model.min_size, model.min_size)
    parameter = next(model.parameters())
    with torch.no_grad():
        probe(torch.zeros(2, model.in_channels, *side, dtype=parameter.dtype, device=parameter.device))
    for name, rows in runs.items():
        if len(rows) > 1:
            return (
                f"{model.title} runs its activation {name} {len(rows)} times in a pass; DeepLift needs one layer a use."
            )
        if rows != [2]:
            return (
                f"{model.title} folds other axes into the batch at {name}, where DeepLift would compare the wrong rows."
            )
    return None
