"""DeepLift: differences from a baseline, passed back through every operation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode

from fer_models.architectures.base import FERNetwork
from fer_models.explain.base import Query, register_explainer
from fer_models.explain.baselines import BASELINE_CHOICE, baseline_picture
from fer_models.explain.gradients.base import WITHOUT_RULE, GradientExplainer

#: Functions of each value alone.
_ELEMENTWISE = frozenset(
    {
        *("relu", "relu6", "leaky_relu", "prelu", "elu", "selu", "celu", "silu", "gelu", "mish", "hardswish"),
        *("hardsigmoid", "sigmoid", "tanh", "softplus", "exp", "log", "sqrt", "rsqrt", "reciprocal", "pow", "square"),
        *("abs", "clamp", "clamp_min", "clamp_max"),
    }
)


@register_explainer("deep_lift")
class DeepLift(GradientExplainer):
    r"""Rescale rule against a baseline, with rules for maxima and products; summed over colour channels.

    The baseline goes through the network first. In the pass of the picture, every operation that is not linear gets a
    gradient that hands on exactly the difference of its output: :math:`\Delta y / \Delta z` for a function of each
    value; for a maximum, the rise to the larger of both maxima at the picture's largest place and the fall from it at
    the baseline's; for a product, :math:`\bar b\,\Delta a + \bar a\,\Delta b` with the means of both passes, which is
    its Shapley value. A softmax is an exponential, a sum and a product. The values then sum to the difference of the
    scores also with attention gates and pooling windows that overlap, where captum's do not.

    Source:
        Shrikumar et al., "Learning important features through propagating activation differences", ICML 2017
        (arXiv 1704.02685), section 3.5.1; maxima and products as in Lundberg and Lee's implementation of Deep SHAP.
    """

    title = "DeepLift"
    summary = "Compares every activation with that of a baseline and shares out the difference of the scores."
    captum = "checks"
    paper = "Shrikumar et al. 2017, Learning important features through propagating activation differences"
    cost = "two forward passes and one full backward pass"
    choices: ClassVar = {"baseline": BASELINE_CHOICE}
    batch_size = 32

    def compute(self, query: Query, baseline: str | Tensor = "blurred") -> Tensor:
        reference = baseline_picture(query.batch, baseline, query.black)
        x = query.batch.detach().clone().requires_grad_()
        before = _Recorded()
        with torch.no_grad(), before:
            start = query.score(query.model(reference))
        with _Rescaled(before.inputs):
            score = query.score(query.model(x))
        (multiplier,) = torch.autograd.grad(score.sum(), x)
        values = (multiplier * (x.detach() - reference)).sum(1)
        query.claim(values.sum((1, 2)), score - start)
        return values

    def unsupported(self, model: FERNetwork) -> str | None:
        kinds = sorted({type(module).__name__ for module in model.modules() if isinstance(module, WITHOUT_RULE)})
        if kinds:
            return f"{model.title} contains {', '.join(kinds)}, for which DeepLift has no rule here."
        return None


class _Recorded(TorchFunctionMode):
    """Keeps the tensors that enter every operation with a rule, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.inputs: list[list[Tensor]] = []

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if _rule(func, args) is not None:
            self.inputs.append([value.detach() for value in args if isinstance(value, Tensor)])
        return func(*args, **kwargs)


class _Rescaled(TorchFunctionMode):
    """Gives every operation with a rule the value that it has and the gradient of the rule."""

    def __init__(self, before: list[list[Tensor]]) -> None:
        super().__init__()
        self.before = iter(before)

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        rule = _rule(func, args)
        if rule is None:
            return func(*args, **kwargs)
        return rule(func, next(self.before), args, kwargs)


def _rule(func: Any, args: tuple[Any, ...]) -> Callable[..., Tensor] | None:
    name = getattr(func, "__name__", "").strip("_")
    if name in ("mul", "matmul", "bmm"):
        return _product if all(isinstance(value, Tensor) for value in args[:2]) else None
    if name in ("div", "truediv", "true_divide"):
        return _quotient if all(isinstance(value, Tensor) for value in args[:2]) else None
    rules = {"amax": _amax, "max_pool2d": _max_pool, "softmax": _softmax, "log_softmax": _softmax}
    return rules.get(name, _elementwise if name in _ELEMENTWISE else None)


def _with_value(flow: Tensor, value: Tensor) -> Tensor:
    """The value of one tensor with the gradient of another."""
    return flow + (value - flow).detach()


def _change(z: Tensor, f: Callable[[Tensor], Tensor], z0: Tensor) -> Tensor:
    """A function of each value, with slope difference of outputs by difference of inputs."""
    inside = z.detach().requires_grad_()
    y = f(inside)
    (slope,) = torch.autograd.grad(y.sum(), inside)
    change = inside.detach() - z0
    apart = change.abs() > 1e-6 * (1 + z0.abs())
    slope = torch.where(apart, (y.detach() - f(z0)) / torch.where(apart, change, torch.ones_like(change)), slope)
    return _with_value(slope * z, y.detach())


def _elementwise(func: Any, before: list[Tensor], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tensor:
    kwargs = {name: value for name, value in kwargs.items() if name != "inplace"}
    rest = args[1:2] if getattr(func, "__name__", "") == "relu" else args[1:]
    return _change(args[0], lambda z: func(z, *rest, **kwargs), before[0])


def _times(a: Tensor, b: Tensor, a0: Tensor, b0: Tensor, by: Callable[..., Tensor] = torch.mul) -> Tensor:
    flow = by(a, ((b + b0) / 2).detach()) + by(((a + a0) / 2).detach(), b)
    return _with_value(flow, by(a, b).detach())


def _product(func: Any, before: list[Tensor], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tensor:
    (a, b), (a0, b0) = args[:2], before[:2]
    return _times(a, b, a0, b0, func)


def _quotient(func: Any, before: list[Tensor], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tensor:
    (a, b), (a0, b0) = args[:2], before[:2]
    return _times(a, _change(b, torch.reciprocal, b0), a0, b0.reciprocal())


def _softmax(func: Any, before: list[Tensor], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tensor:
    dim = kwargs.get("dim", args[1] if len(args) > 1 else -1)
    z, z0 = args[0], before[0]
    top = torch.maximum(z.detach().amax(dim, keepdim=True), z0.amax(dim, keepdim=True))
    e, e0 = _change(z - top, torch.exp, z0 - top), (z0 - top).exp()
    total, total0 = e.sum(dim, keepdim=True), e0.sum(dim, keepdim=True)
    if "log" in func.__name__:
        return z - top - _change(total, torch.log, total0)
    return _times(e, _change(total, torch.reciprocal, total0), e0, total0.reciprocal())


def _amax(func: Any, before: list[Tensor], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tensor:
    return _largest(args[0], before[0], *args[1:], **kwargs)


def _largest(z: Tensor, z0: Tensor, dim: Any, keepdim: bool = False) -> Tensor:
    """Maximum over axes; what it gains goes to the largest place of the picture, what it loses to the baseline's."""
    now, top, top0 = z.detach(), z.detach().amax(dim, keepdim=True), z0.amax(dim, keepdim=True)
    more = torch.maximum(top, top0)
    at, at0 = (now == top).to(now), (z0 == top0).to(now)
    gain = at / at.sum(dim, keepdim=True) * (more - top0) + at0 / at0.sum(dim, keepdim=True) * (top - more)
    change = now - z0
    slope = torch.where(gain == 0, torch.zeros_like(gain), gain / torch.where(change == 0, 1.0, change))
    flow = (slope * z).sum(dim, keepdim=keepdim)
    return _with_value(flow, now.amax(dim, keepdim=keepdim))


def _max_pool(func: Any, before: list[Tensor], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tensor:
    names = ("input", "kernel_size", "stride", "padding", "dilation", "ceil_mode")
    values = {"stride": None, "padding": 0, "dilation": 1} | dict(zip(names, args, strict=False)) | kwargs
    kernel, padding, dilation = (_pair(values[name]) for name in ("kernel_size", "padding", "dilation"))
    stride = kernel if values["stride"] is None else _pair(values["stride"])
    with torch.no_grad():
        shape = func(*args, **kwargs).shape
    # Padding below every value, as wide as the last window reaches; the windows become an axis.
    reach = [
        (shape[axis + 2] - 1) * stride[axis] + dilation[axis] * (kernel[axis] - 1) + 1 - values["input"].shape[axis + 2]
        for axis in (0, 1)
    ]
    around = [padding[1], max(0, reach[1] - padding[1]), padding[0], max(0, reach[0] - padding[0])]

    def windows(x: Tensor) -> Tensor:
        least = torch.finfo(x.dtype).min / 4
        padded = F.pad(x.clamp_min(least), around, value=least)  # an infinite padding of the network becomes finite
        cut = F.unfold(padded, kernel, dilation=dilation, stride=stride)
        count = cut.shape[2] // shape[3]
        return cut.view(len(x), x.shape[1], -1, count, shape[3])[..., : shape[2], :]

    return _largest(windows(values["input"]), windows(before[0]), 2)


def _pair(value: Any) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else (value[0], value[1])
