"""What has to be known of another package's network before it can be one of ours: found by running it once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from fer_models.architectures.imported import ImportedOptions, split
from fer_models.errors import UserError
from fer_models.inference.forwards import example_batch

_FAILURES = (RuntimeError, ValueError, TypeError, AssertionError, NotImplementedError, IndexError, AttributeError)
_MOST_LAYERS = 8


@dataclass(frozen=True)
class _Run:
    """One module: its dotted name, how often it ran, and the shape of its last output."""

    name: str
    module: nn.Module
    runs: int
    shape: tuple[int, ...]


def examine(
    module: nn.Module, options: ImportedOptions, num_classes: int, in_channels: int
) -> tuple[ImportedOptions, str]:
    """Run a network on two images and find its last linear layer and the layers for heatmaps.

    Args:
        module: With its weights; it is changed and should not be used afterwards.
        options: What builds it, and its input's size.
        num_classes: Class names given.
        in_channels: Of its input.

    Returns:
        The options with what was found out, and the name of the last linear layer (empty if there is none).

    Raises:
        UserError: If the network cannot take such images, gives no scores, or another number of them.
    """
    module.eval()
    for part in module.modules():
        if getattr(part, "inplace", False):
            part.inplace = False  # type: ignore[assignment]
    batch = example_batch(2, in_channels, options.size)
    scores, runs, functional = _recorded(module, batch, options.source)
    if scores.ndim != 2 or len(scores) != 2:
        raise UserError(f"{options.source} gives an output of shape {tuple(scores.shape)}, not a score for each class.")
    if scores.shape[1] != num_classes:
        raise UserError(
            f"{options.source} gives {scores.shape[1]} scores, but {num_classes} class names were given; "
            "name every output in its order."
        )
    layers = _map_layers(runs, options.size)
    head, ends = _head(runs, num_classes)
    found = _made(options, head, ends, layers, relu_modules=not functional)
    if head and _splits(module, found, batch, scores):
        return found, head
    if bool((scores >= 0).all()) and torch.allclose(scores.sum(1), torch.ones(2), atol=1e-4):
        raise UserError(
            f"{options.source} gives probabilities, not scores: let its forward return what goes into softmax."
        )
    return _made(options, "", (), layers, relu_modules=not functional), ""


def _made(
    options: ImportedOptions, head: str, ends: tuple[str, ...], layers: tuple[str, ...], *, relu_modules: bool
) -> ImportedOptions:
    return ImportedOptions(options.source, options.size, options.arguments, head, ends, layers, relu_modules)


def _recorded(module: nn.Module, batch: Tensor, source: str) -> tuple[Tensor, list[_Run], bool]:
    """The output, the modules in the order in which they ended, and whether a ReLU is no module."""
    names = {id(part): name for name, part in module.named_modules()}
    ended: dict[str, _Run] = {}

    def note(part: nn.Module, _inputs: Any, output: Any) -> None:
        name = names[id(part)]
        shape = tuple(output.shape) if isinstance(output, Tensor) else ()
        before = ended.pop(name, None)
        ended[name] = _Run(name, part, 1 if before is None else before.runs + 1, shape)

    handles = [part.register_forward_hook(note) for part in module.modules()]
    rectified = _Rectified()
    try:
        with torch.no_grad(), rectified:
            output = module(batch)
    except _FAILURES as error:
        text = str(error).strip().splitlines()
        raise UserError(
            f"{source} cannot take images of {batch.shape[1]} x {batch.shape[2]} x {batch.shape[3]} "
            f"({type(error).__name__}: {text[0][:160] if text else ''}); check size and channels."
        ) from None
    finally:
        for handle in handles:
            handle.remove()
    if not isinstance(output, Tensor):
        raise UserError(f"{source} gives {type(output).__name__}, not a tensor of scores.")
    modules = sum(run.runs for run in ended.values() if isinstance(run.module, nn.ReLU))
    return output, list(ended.values()), rectified.count > modules


class _Rectified(TorchDispatchMode):
    """Counts ReLUs, whoever calls them."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.count += func in (torch.ops.aten.relu.default, torch.ops.aten.relu_.default)
        return func(*args, **(kwargs or {}))


def _head(runs: list[_Run], num_classes: int) -> tuple[str, tuple[str, ...]]:
    """The last linear layer with a score for each class, and the softmax modules that ended after it."""
    for place in range(len(runs) - 1, -1, -1):
        run = runs[place]
        if isinstance(run.module, nn.Linear) and run.runs == 1 and run.shape == (2, num_classes) and run.name:
            after = [each for each in runs[place + 1 :] if isinstance(each.module, nn.Softmax | nn.LogSoftmax)]
            return run.name, tuple(each.name for each in after if each.name)
    return "", ()


def _splits(module: nn.Module, options: ImportedOptions, batch: Tensor, scores: Tensor) -> bool:
    """Whether body and last layer together give the scores of the whole; the network is split by this."""
    ends = [module.get_submodule(name) for name in options.ends]
    body, head = split(module, options, scores.shape[1])
    try:
        with torch.no_grad():
            found = head(body(batch))
            for end in ends:
                found = end(found)
    except _FAILURES:
        return False
    return found.shape == scores.shape and torch.allclose(found, scores, rtol=1e-4, atol=1e-5)


def _map_layers(runs: list[_Run], size: int) -> tuple[str, ...]:
    """For each size of map the outermost module that ended last with it, the smallest maps first."""
    by_size: dict[tuple[int, ...], str] = {}
    for run in runs:
        if run.name and run.runs == 1 and len(run.shape) == 4 and 1 < min(run.shape[2:]) <= max(run.shape[2:]) <= size:
            by_size[run.shape[2:]] = run.name
    deepest_first = sorted(by_size, key=lambda sides: sides[0] * sides[1])
    return tuple(by_size[sides] for sides in deepest_first[:_MOST_LAYERS])
