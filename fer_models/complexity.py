"""Cost of a network: parameters and multiply-accumulates, in total and layer by layer, from one counter."""

from __future__ import annotations

import copy
import dataclasses
import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from fer_models.architectures import ARCHITECTURES, create_model
from fer_models.attention.base import AttentionTap
from fer_models.errors import UserError


@dataclass(frozen=True)
class Complexity:
    """Cost of one picture.

    ``parameters``: trainable ones. ``total``: with frozen ones and the moving statistics of batch norms, the number
    that Keras prints as the total. ``macs``: products of convolutions, linear and recurrent layers and attention.
    """

    parameters: int
    total: int
    macs: int


@dataclass(frozen=True)
class LayerRow:
    """One layer: dotted name, class, output shape without the batch, trainable parameters and MACs without those of
    layers inside it, and whether it is part of an attention module.
    """

    name: str
    kind: str
    output_shape: tuple[int, ...]
    parameters: int
    macs: int
    attention: bool


def count(model: nn.Module, input_shape: Sequence[int]) -> Complexity:
    """Count parameters and MACs for one picture of shape (C, H, W).

    A copy runs that shares the weights, so that ``model`` is not touched, on the model's own device: the first use of
    torch's meta device imports its compiler, which takes a second.

    Raises:
        UserError: If the network cannot take that shape.

    Example:
        >>> from fer_models import create_model
        >>> count(create_model("mini_xception", in_channels=1), (1, 48, 48)).parameters
        56951
    """
    return _Trace(sharing_copy(model), input_shape).complexity


def count_new(name: str, num_classes: int, input_shape: Sequence[int], **options: Any) -> Complexity:
    """As :func:`count`, for a registered network that is made to be counted, on the default device.

    On the meta device many large networks are counted faster, once it has imported torch's compiler.

    Args:
        name: Key of the network.
        num_classes: Number of classes.
        input_shape: (C, H, W).
        options: Of the network.

    Raises:
        UserError: If there is no such network or option, or it cannot take that shape.

    Example:
        >>> count_new("mini_xception", 7, (1, 48, 48)).parameters
        56951
    """
    return _Trace(create_model(name, num_classes, input_shape[0], **options), input_shape).complexity


def layers(model: nn.Module, input_shape: Sequence[int]) -> list[LayerRow]:
    """The layers in the order in which they first ran, for one picture of shape (C, H, W).

    There is a row for each module with parameters or products, or without a module inside it. Parameters and MACs of
    the rows add up to :func:`count`. A layer that runs twice has one row with the MACs of both runs and the last output
    shape.

    Raises:
        UserError: If the network cannot take that shape.
    """
    return _Trace(sharing_copy(model), input_shape).rows()


def model_table() -> list[dict[str, Any]]:
    """Every registered network and each of its listed variants at its native input and 7 classes.

    Each row has ``name`` (the key), ``variant`` (empty for the defaults), ``options``, ``input`` ([C, H, W]),
    ``parameters`` (trainable), ``total``, ``macs``, ``source`` and ``sizes`` (who chose the defaults, and where).
    """
    rows = []
    for name, network in ARCHITECTURES.items():
        for variant, options in {"": {}, **network.variants}.items():
            shape = network.variant_inputs.get(variant, network.native_input)
            with torch.device("meta"):
                model = create_model(name, in_channels=shape[0], **options)
            cost = _Trace(model, shape).complexity
            rows.append(
                {
                    "name": name,
                    "variant": variant,
                    "options": dict(options),
                    "input": list(shape),
                    "parameters": cost.parameters,
                    "total": cost.total,
                    "macs": cost.macs,
                    "source": network.paper,
                    "sizes": dataclasses.asdict(network.size_origin),
                }
            )
    return rows


class _Counter(TorchDispatchMode):
    """Adds up the multiply-accumulates of all convolutions and matrix products, by torch's own formulas.

    ``FlopCounterMode`` counts the same, but tries to take every other operation apart and follows modules, which makes
    the table of all networks ten times slower.
    """

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # to skip torch's compiler, it would be imported first

    def __init__(self) -> None:
        super().__init__()
        self.macs = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        formula = flop_registry.get(func._overloadpacket)
        if formula is not None:
            self.macs += formula(*args, **(kwargs or {}), out_val=out) // 2
        return out


# Layers without products whose output has the shape of their input: the meta device runs them slowly in Python, and
# they add nothing to the count.
_SAME_SHAPE = (nn.BatchNorm1d, nn.BatchNorm2d, nn.ReLU, nn.SiLU, nn.GELU, nn.Dropout)


class _Trace:
    """One forward pass of a network, which it changes, on its own device, with the count read around every module."""

    def __init__(self, model: nn.Module, input_shape: Sequence[int]):
        if len(input_shape) != 3:
            raise UserError(f"An input shape is (channels, height, width), not {tuple(input_shape)}.")
        self.model = model
        for module in self.model.modules():
            if isinstance(module, _SAME_SHAPE):
                module.forward = _same_shape  # type: ignore[method-assign,assignment]
            elif isinstance(module, nn.LSTM):
                module.forward = functools.partial(self._lstm, module)  # type: ignore[method-assign,assignment]
        self.model.eval()
        self.names = {id(module): name for name, module in self.model.named_modules()}
        self.own_macs: dict[int, int] = {}
        self.shapes: dict[int, tuple[int, ...]] = {}
        self.order: list[nn.Module] = []
        # For each running module: the count at its start, and the MACs of modules inside it.
        self.stack: list[list[int]] = []
        self.counter = _Counter()
        handles = []
        for module in self.model.modules():
            handles.append(module.register_forward_pre_hook(self._enter))
            handles.append(module.register_forward_hook(self._leave))
        device = next((parameter.device for parameter in self.model.parameters()), "meta")
        with torch.no_grad(), self.counter:
            self.model(torch.zeros(1, *input_shape, device=device))
        for handle in handles:
            handle.remove()
        parameters = sum(p.numel() for p in self.model.parameters() if p.requires_grad)
        statistics = sum(
            b.numel() for n, b in self.model.named_buffers() if n.endswith(("running_mean", "running_var"))
        )
        total = sum(p.numel() for p in self.model.parameters()) + statistics
        self.complexity = Complexity(parameters, total, self.counter.macs)

    def _lstm(self, module: nn.LSTM, x: Tensor) -> tuple[Tensor, None]:
        """Four gates a step, each with its input and its hidden product; torch would unroll the steps one by one."""
        weights = sum(p.numel() for name, p in module.named_parameters() if name.startswith("weight"))
        self.counter.macs += weights * x.shape[0] * x.shape[1]
        return x.new_empty(*x.shape[:2], module.hidden_size * (2 if module.bidirectional else 1)), None

    def _enter(self, module: nn.Module, _inputs: Any) -> None:
        if id(module) not in self.own_macs:
            self.order.append(module)
            self.own_macs[id(module)] = 0
        self.stack.append([self.counter.macs, 0])

    def _leave(self, module: nn.Module, _inputs: Any, output: Any) -> None:
        start, inside = self.stack.pop()
        spent = self.counter.macs - start
        self.own_macs[id(module)] += spent - inside
        if self.stack:
            self.stack[-1][1] += spent
        first = output[0] if isinstance(output, tuple) else output
        self.shapes[id(module)] = tuple(first.shape[1:]) if isinstance(first, Tensor) else ()

    def rows(self) -> list[LayerRow]:
        attending = [
            self.names[id(m)] for m in self.model.modules() if any(isinstance(c, AttentionTap) for c in m.children())
        ]
        rows = []
        for module in self.order:
            parameters = sum(p.numel() for p in module.parameters(recurse=False) if p.requires_grad)
            leaf = not any(True for _ in module.children()) and not isinstance(module, (nn.Identity, nn.Sequential))
            if not (leaf or parameters or self.own_macs[id(module)]):
                continue
            name = self.names[id(module)]
            inside = any(name == a or name.startswith(f"{a}.") for a in attending)
            kind = type(module).__name__
            rows.append(LayerRow(name, kind, self.shapes[id(module)], parameters, self.own_macs[id(module)], inside))
        return rows


def _same_shape(x: Tensor) -> Tensor:
    return x


def sharing_copy(model: nn.Module) -> nn.Module:
    """A copy of the network with the same tensors, whose modules can be changed."""
    return copy.deepcopy(model, {id(tensor): tensor for tensor in (*model.parameters(), *model.buffers())})


def copy_shapes(model: nn.Module) -> nn.Module:
    """A copy of the network on the meta device; its weights are not copied."""
    shapes: dict[int, Any] = {}
    for parameter in model.parameters():
        meta = torch.empty_like(parameter, device="meta")
        shapes[id(parameter)] = nn.Parameter(meta, requires_grad=parameter.requires_grad)
    for buffer in model.buffers():
        shapes[id(buffer)] = torch.empty_like(buffer, device="meta")
    return copy.deepcopy(model, shapes)
