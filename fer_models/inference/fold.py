"""Fold batch norms into the convolutions before them: one pass over the map fewer, and the same numbers."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_weights
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from fer_models.architectures.base import FERNetwork


def fold_batch_norms(network: FERNetwork, example: Tensor) -> tuple[FERNetwork, int]:
    """A copy in evaluation mode with batch norms folded into convolutions, and the number folded.

    A batch norm is folded if it is the only reader of a convolution's output. One forward pass records the readers;
    names and order of layers are not used.

    Args:
        network: It is not changed.
        example: (B, C, H, W), a valid input of the network.
    """
    folded = copy.deepcopy(network).eval()
    pairs = _pairs(folded, example)
    names = {id(module): name for name, module in folded.named_modules()}
    for conv, norm in pairs:
        assert norm.running_mean is not None and norm.running_var is not None
        conv.weight, conv.bias = fuse_conv_bn_weights(
            conv.weight, conv.bias, norm.running_mean, norm.running_var, norm.eps, norm.weight, norm.bias
        )
        parent, _, leaf = names[id(norm)].rpartition(".")
        setattr(folded.get_submodule(parent), leaf, nn.Identity())
    return folded.requires_grad_(requires_grad=False), len(pairs)


def _pairs(network: nn.Module, example: Tensor) -> list[tuple[nn.Conv2d, nn.BatchNorm2d]]:
    outputs: dict[int, tuple[nn.Conv2d, Tensor]] = {}  # by id of the output, kept so that the id stays unique
    runs: dict[int, int] = {}
    candidates: list[tuple[int, nn.BatchNorm2d]] = []
    readers = _Readers(outputs)

    def record_output(module: nn.Module, inputs: Any, output: Any) -> None:
        runs[id(module)] = runs.get(id(module), 0) + 1
        if isinstance(module, nn.Conv2d):
            outputs[id(output)] = (module, output)

    def record_reader(module: nn.Module, inputs: Any) -> None:
        if isinstance(module, nn.BatchNorm2d) and module.running_mean is not None and id(inputs[0]) in outputs:
            candidates.append((id(inputs[0]), module))

    handles = []
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.BatchNorm2d)):
            handles += [module.register_forward_hook(record_output), module.register_forward_pre_hook(record_reader)]
    with torch.no_grad(), readers:
        network(example)
    for handle in handles:
        handle.remove()
    return [
        (outputs[output][0], norm)
        for output, norm in candidates
        if readers.count.get(output) == 1 and runs[id(outputs[output][0])] == 1 and runs[id(norm)] == 1
    ]


class _Readers(TorchDispatchMode):
    """Counts the operations that read each of the tensors."""

    def __init__(self, tensors: dict[int, Any]) -> None:
        super().__init__()
        self.tensors = tensors
        self.count: dict[int, int] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        for value in tree_leaves((args, kwargs or {})):
            if isinstance(value, Tensor) and id(value) in self.tensors:
                self.count[id(value)] = self.count.get(id(value), 0) + 1
        return func(*args, **(kwargs or {}))
