"""A network as a few blocks: traced from one forward pass, with what flows from block to block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from fer_models.architectures.base import FERNetwork
from fer_models.architectures.ensemble import Ensemble
from fer_models.architectures.pcp import PCP
from fer_models.architectures.same_padding import SamePad
from fer_models.attention.base import AttentionTap
from fer_models.complexity import sharing_copy
from fer_models.errors import UserError
from fer_models.layer_names import KINDS, kind_title

#: A module is taken apart only into so many blocks; with more it stays whole.
MOST_PARTS = 6
MOST_BLOCKS = 16
#: Modules that are no block of their own: they change values, not shapes, or nothing.
_SILENT = (nn.Identity, nn.Dropout, nn.ReLU, nn.SiLU, nn.GELU, nn.BatchNorm1d, nn.BatchNorm2d, SamePad, PCP)
INPUT = "input"


@dataclass(frozen=True)
class Block:
    """One block.

    Args:
        name: Dotted name of the module; :data:`INPUT` for the image.
        kind: What it is in a few words.
        shape: Of its output, without the batch.
        parameters: Trainable ones, those of modules inside included.
        gates: Attention modules that it is or holds.
        attention: Whether it is an attention module itself.
        sources: Names of the blocks whose outputs reach it.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    parameters: int = 0
    gates: int = 0
    attention: bool = False
    sources: tuple[str, ...] = ()


def blocks(model: nn.Module, input_shape: Sequence[int]) -> list[Block]:
    """The blocks in the order in which they run, the input first, for one image of shape (C, H, W).

    A module with attention inside is taken apart so that the attention stands alone, unless that gives more than
    :data:`MOST_PARTS` parts. What flows where is read from the operations between the blocks.

    Raises:
        UserError: If the network cannot take that shape.

    Example:
        >>> from fer_models import create_model
        >>> [block.name for block in blocks(create_model("mini_xception", in_channels=1), (1, 48, 48))][:3]
        ['input', 'stem', 'blocks.0']
    """
    if len(input_shape) != 3:
        raise UserError(f"An input shape is (channels, height, width), not {tuple(input_shape)}.")
    copied = sharing_copy(model).eval()
    if isinstance(copied, Ensemble):
        return _members(copied, tuple(input_shape))
    return _Flow(copied, tuple(input_shape)).blocks()


def layers_of(model: FERNetwork, found: Sequence[Block]) -> dict[str, str]:
    """The layer of class activation maps that ends in each block: name of the block to name in ``model.cam_layers``.

    Blocks in which no such layer ends are left out; of several layers in one block the deepest is taken.

    Args:
        model: The network.
        found: Its blocks.

    Example:
        >>> from fer_models import create_model
        >>> model = create_model("fcsdnet", in_channels=1)
        >>> layers_of(model, blocks(model, (1, 48, 48)))["stages.0.attention"]
        'stage 1 attention'
    """
    last: dict[str, str] = {}  # the last block in each module
    for block in found:
        parts = block.name.split(".")
        last |= {".".join(parts[:n]): block.name for n in range(1, len(parts) + 1)}
    names = {id(module): name for name, module in model.named_modules()}
    layers = {}
    for layer, module in reversed(model.cam_layers.items()):
        name = names[id(module)]
        around = [block.name for block in found if name.startswith(f"{block.name}.")]
        before = _child_before(model, name) if isinstance(module, nn.ReLU) else ""
        if block_name := last.get(name) or next(iter(around), None) or last.get(before):
            layers[block_name] = layer
    return layers


def _child_before(model: nn.Module, name: str) -> str:
    """Name of the module before another one in their parent; empty for a first one."""
    parent, _, key = name.rpartition(".")
    keys = [child for child, _ in model.get_submodule(parent).named_children()]
    return f"{parent}.{keys[keys.index(key) - 1]}".lstrip(".") if keys.index(key) else ""


def _members(model: Ensemble, input_shape: tuple[int, ...]) -> list[Block]:
    """An ensemble: its members side by side, and what becomes of their answers."""
    classes = (model.num_classes,)
    found = [Block(INPUT, "image", input_shape)]
    for name, member in model.members.named_children():
        parameters = sum(p.numel() for p in member.parameters() if p.requires_grad)
        title = getattr(type(member), "title", "network")
        found.append(Block(f"members.{name}", title, classes, parameters, _gates(member), sources=(INPUT,)))
    combined = "vote" if model.options.combine == "vote" else "mean probability"
    return [*found, Block("combine", combined, classes, sources=tuple(block.name for block in found[1:]))]


def _is_attention(module: nn.Module) -> bool:
    return type(module).__module__.startswith("fer_models.attention.") and bool(_gates(module))


def _gates(module: nn.Module) -> int:
    return sum(isinstance(part, AttentionTap) for part in module.modules())


def _parts(module: nn.Module, name: str) -> list[tuple[str, nn.Module]]:
    """The modules that become blocks, with their names."""
    if _is_attention(module) or isinstance(module, AttentionTap):
        return [(name, module)]
    children = [(f"{name}.{key}".lstrip("."), child) for key, child in module.named_children()]
    children = [(key, child) for key, child in children if not isinstance(child, _SILENT) or _gates(child)]
    several = sum(bool(list(child.children())) for _, child in children) > 1
    split = not name or _gates(module) or (several and name.count(".") == 0 and isinstance(module, _LISTS))
    if not split or not children:
        return [(name, module)]
    found = [part for key, child in children for part in _parts(child, key)]
    top = "." not in name
    if not name or len(found) <= (MOST_BLOCKS if top else MOST_PARTS):
        return found
    return children if top and isinstance(module, _LISTS) else [(name, module)]


_LISTS = (nn.Sequential, nn.ModuleList)


def _leaves(values: Any) -> list[Tensor]:
    """The tensors in arguments or an output."""
    if isinstance(values, Tensor):
        return [values]
    if isinstance(values, dict):
        values = list(values.values())
    return [t for value in values for t in _leaves(value)] if isinstance(values, list | tuple) else []


class _Flow(TorchDispatchMode):
    """One pass: which blocks an operation's inputs come from, and the calls of every block."""

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # to skip torch's compiler, it would be imported first

    def __init__(self, model: nn.Module, input_shape: tuple[int, ...]):
        super().__init__()
        self.parts = _parts(model, "")
        self.origin: dict[int, frozenset[str]] = {}
        self.kept: list[Tensor] = []  # ids stay unique while the tensors live
        self.sources: dict[str, dict[str, None]] = {name: {} for name, _ in self.parts}
        self.shapes: dict[str, tuple[int, ...]] = {INPUT: input_shape}
        self.order: list[str] = []
        self.inside: list[str] = []
        handles = []
        for name, module in self.parts:
            called = [module] if type(module).forward is not nn.ModuleList.forward else list(module.children())
            for each in called:
                handles.append(each.register_forward_pre_hook(lambda _m, x, name=name: self._enter(name, x)))
                handles.append(each.register_forward_hook(lambda _m, _x, out, name=name: self._leave(name, out)))
        for module in model.modules():
            if isinstance(module, nn.LSTM):
                module.forward = _lstm(module)  # type: ignore[method-assign]
        device = next((parameter.device for parameter in model.parameters()), "meta")
        image = torch.zeros(1, *input_shape, device=device)
        self._mark(image, frozenset([INPUT]))
        with torch.no_grad(), self:
            model(image)
        for handle in handles:
            handle.remove()

    def _mark(self, tensor: Tensor, names: frozenset[str]) -> None:
        self.origin[id(tensor)] = names
        self.kept.append(tensor)

    def _from(self, values: Any) -> frozenset[str]:
        return frozenset().union(*(self.origin.get(id(t), frozenset()) for t in _leaves(values)))

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        names = self._from((args, kwargs))
        for tensor in _leaves(out) if names else ():
            self._mark(tensor, names)
        return out

    def _enter(self, name: str, inputs: Any) -> None:
        self.inside.append(name)
        if self.inside.count(name) > 1:
            return
        if name not in self.order:
            self.order.append(name)
        self.sources[name].update(dict.fromkeys(sorted(self._from(inputs) - {name})))

    def _leave(self, name: str, output: Any) -> None:
        self.inside.pop()
        for tensor in _leaves(output):
            self._mark(tensor, frozenset([name]))
            self.shapes[name] = tuple(tensor.shape[1:])

    def blocks(self) -> list[Block]:
        modules = dict(self.parts)
        found = [Block(INPUT, "image", self.shapes[INPUT])]
        for name in self.order:
            module = modules[name]
            parameters = sum(p.numel() for p in module.parameters() if p.requires_grad)
            found.append(
                Block(
                    name,
                    _kind(module),
                    self.shapes.get(name, ()),
                    parameters,
                    _gates(module),
                    _is_attention(module),
                    tuple(self.sources[name]),
                )
            )
        return found


def _lstm(module: nn.LSTM) -> Any:
    """A forward on shapes: torch would unroll the steps one by one."""
    width = module.hidden_size * (2 if module.bidirectional else 1)
    return lambda x: (x.new_empty(*x.shape[:2], width) + 0 * x[..., :1], None)


def _kind(module: nn.Module) -> str:
    if isinstance(module, _LISTS) and type(module).__name__ not in KINDS:
        inner = [type(child).__name__ for child in module.children() if not isinstance(child, _SILENT)]
        if len(inner) > 1 and len(set(inner)) == 1 and inner[0] not in ("Conv2d", "Sequential", "Linear"):
            return f"{len(inner)} x {kind_title(inner[0])}"
        convolutions = sum(isinstance(part, nn.Conv2d) for part in module.modules())
        pools = any(isinstance(part, nn.MaxPool2d | nn.AvgPool2d) for part in module.modules())
        if convolutions:
            pool = " + pool" if pools else ""
            return f"{convolutions} convolution{'s' if convolutions > 1 else ''}{pool}"
        linear = sum(isinstance(part, nn.Linear) for part in module.modules())
        return f"{linear} linear" if linear else kind_title(inner[0]) if inner else "norm, activation"
    if isinstance(module, nn.Conv2d):
        return f"{module.kernel_size[0]}x{module.kernel_size[1]} convolution"
    return kind_title(type(module).__name__)
