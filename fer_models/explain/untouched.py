"""Leave a network unchanged after an explanation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn

_HOOKS = (
    "_forward_hooks",
    "_forward_hooks_with_kwargs",
    "_forward_hooks_always_called",
    "_forward_pre_hooks",
    "_forward_pre_hooks_with_kwargs",
    "_backward_hooks",
    "_backward_pre_hooks",
)


@contextmanager
def untouched(model: nn.Module) -> Iterator[None]:
    """Restore hooks, ``requires_grad`` and ``.grad`` of all parameters after the block, even after an error."""
    hooks = [(getattr(module, name), dict(getattr(module, name))) for module in model.modules() for name in _HOOKS]
    parameters = [(p, p.requires_grad, p.grad) for p in model.parameters()]
    try:
        yield
    finally:
        for live, before in hooks:
            if live.keys() != before.keys():
                live.clear()
                live.update(before)
        for parameter, flag, gradient in parameters:
            parameter.requires_grad_(flag)
            parameter.grad = gradient
