"""FullGrad: the input's share and every bias's share of the score."""

import torch
from torch import Tensor, nn

from fer_models.architectures.base import FERNetwork
from fer_models.explain.base import Explainer, Query, Upsampling, register_explainer
from fer_models.explain.enlarge import upsample


@register_explainer("full_grad")
class FullGrad(Explainer):
    r""":math:`|x \odot g_x| + \sum_l \sum_c |b_l \odot g_l|`, :math:`g_l` the gradient at layer :math:`l`'s output.

    :math:`b_l` is the bias of a convolution, and for a batch norm in evaluation mode what it adds:
    :math:`\beta - \mu\gamma/\sqrt{\sigma^2 + \epsilon}`. With ``magnitude=False`` the terms keep their sign; in a
    network of convolutions, ReLU and pooling their sum and the shares of the biases of its linear layers then make the
    logit. Multiplied gates (attention) and other activations are outside that theory: by how much the signed terms miss
    the logit is noted beside the map.

    Source:
        Srinivas and Fleuret, "Full-gradient representation", NeurIPS 2019 (arXiv 1905.00780). Terms are added as they
        are, not scaled to [0, 1] each.
    """

    title = "FullGrad"
    summary = "Adds the magnitude of the input's gradient share and of that of the biases of all layers."
    paper = "Srinivas and Fleuret 2019, FullGrad"
    cost = "one forward pass and one full backward pass"
    family = "cam"
    signed = False

    def compute(self, query: Query, magnitude: bool = True, upsampling: Upsampling = "bilinear") -> Tensor:
        size = (query.batch.shape[2], query.batch.shape[3])
        x = query.batch.clone().requires_grad_()
        biases: list[Tensor] = []
        outputs: list[Tensor] = []
        handles = []

        def listen(module: nn.Module, bias: Tensor) -> None:
            def hook(_module: nn.Module, _inputs: tuple, output: Tensor) -> Tensor:
                biases.append(bias)
                outputs.append(output)
                return output.clone()  # an in-place activation may follow

            handles.append(module.register_forward_hook(hook))

        try:
            for module in query.model.modules():
                if (bias := _added(module)) is not None:
                    listen(module, bias)
            score = query.score(query.model(x))
        finally:
            for handle in handles:
                handle.remove()
        at_input, *gradients = torch.autograd.grad(score.sum(), [x, *outputs], allow_unused=True)
        shape = torch.abs if magnitude else torch.nn.Identity()
        total, signed = shape(x.detach() * at_input).sum(1), (x.detach() * at_input).sum((1, 2, 3))
        for bias, gradient in zip(biases, gradients, strict=True):
            if gradient is None:
                continue
            if gradient.ndim != 4:  # of a linear layer: it has no place
                signed = signed + _per_picture(bias * gradient, len(x))
                continue
            term = bias[:, None, None] * gradient
            signed = signed + _per_picture(term, len(x))
            total = total + _spread(shape(term).sum(1), len(x), size, upsampling)
        if query.of == "logit":
            query.claim(signed, score)
        return total

    def unsupported(self, model: FERNetwork) -> str | None:
        if any(_added(module) is not None for module in model.modules() if not isinstance(module, nn.Linear)):
            return None
        return (
            f"{model.title} has no convolution with a bias and no batch norm, so that FullGrad is the plain gradient."
        )


def _per_picture(term: Tensor, count: int) -> Tensor:
    """Sum of a term for each of ``count`` pictures, also where a layer stacks several descriptors or windows of one."""
    if len(term) != count and term.shape[1] == count:
        term = term.transpose(0, 1)
    return term.reshape(count, -1).sum(1)


def _spread(term: Tensor, count: int, size: tuple[int, int], upsampling: str) -> Tensor:
    """Terms (B, h, w) enlarged without changing their sum: each cell shares what it holds among its pixels.

    A layer that works on windows of the map, stacked along the batch, has no position in it: its term is spread evenly.
    """
    if len(term) != count:
        term = term.reshape(count, -1).sum(1)[:, None, None]
    return upsample(term, size, upsampling) * (term.shape[1] * term.shape[2] / (size[0] * size[1]))


def _added(module: nn.Module) -> Tensor | None:
    """What a convolution, a linear layer or a batch norm adds to each channel, (C,)."""
    if isinstance(module, (nn.Conv2d, nn.Linear)) and module.bias is not None:
        return module.bias.detach()
    if (
        isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d))
        and module.running_mean is not None
        and module.running_var is not None
    ):
        gain = torch.ones_like(module.running_mean) if module.weight is None else module.weight.detach()
        shift = torch.zeros_like(module.running_mean) if module.bias is None else module.bias.detach()
        return shift - module.running_mean * gain / (module.running_var + module.eps).sqrt()
    return None
