"""Class activation maps: the shared part; a method only combines activations and gradients."""

from __future__ import annotations

import functools
from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from fer_models.errors import UserError
from fer_models.explain.base import Explainer, Query, Upsampling
from fer_models.explain.enlarge import upsample
from fer_models.settings import from_signature


class CAM(Explainer):
    r"""A weighted sum of a layer's feature maps, upsampled to the input.

    Subclasses give :meth:`layer_map`. Values keep their sign; the positive part is taken for display, on the layer's
    cells, before they are enlarged (:attr:`Attribution.positive`).
    """

    family = "cam"
    uses_layer = True

    @abstractmethod
    def layer_map(self, query: Query, *args: Any, **options: Any) -> Tensor:
        """Signed map (B, h, w) at the layer's resolution, in the network's dtype; keywords are the method's options."""

    def compute(self, query: Query, *, upsampling: Upsampling = "bilinear", **options: Any) -> Tensor:
        cells = self.layer_map(query, **options)
        query.found["cells"] = cells.detach()
        return upsample(cells, (query.batch.shape[2], query.batch.shape[3]), upsampling)

    @classmethod
    @functools.cache
    def option_type(cls) -> type[Any]:
        """The options of the method's map, and ``upsampling``."""
        return from_signature(cls.title, cls.layer_map, cls.compute)


class GradientCAM(CAM):
    """A class activation map that needs activations and gradients of one layer: one forward, one backward pass."""

    cost: ClassVar[str] = "one forward pass and one backward pass down to the layer"

    @abstractmethod
    def combine(self, activations: Tensor, gradients: Tensor) -> Tensor:
        """Signed map (B, h, w) from activations and gradients of the score, both (B, C, h, w)."""

    def layer_map(self, query: Query) -> Tensor:
        return self.combine(*activations_and_gradients(query))


def activations_and_gradients(query: Query, score: Callable[[Tensor], Tensor] | None = None) -> tuple[Tensor, Tensor]:
    """The layer's output and the gradient of the summed score with respect to it, both (B, C, h, w).

    Nothing is recorded before the layer: the forward pass runs without gradients until the layer's hook switches them
    on, so that the backward pass is that of the head part only. One pass records the layers of all members of an
    ensemble.

    Args:
        query: the query.
        score: the explained score, (B,) from logits (B, K); that of the query if ``None``.

    Raises:
        UserError: If the layer runs more than once in a forward pass.
    """
    assert query.module is not None
    if query.passes is None:
        return _recorded(query, [query.module], score or query.score)[query.module]
    if not query.passes:
        query.passes.update(_recorded(query, query.modules, score or query.score))
    return query.passes[query.module]


def _recorded(
    query: Query, modules: Sequence[nn.Module], score: Callable[[Tensor], Tensor]
) -> dict[nn.Module, tuple[Tensor, Tensor]]:
    """Output and gradient of each of the layers."""
    query.model.requires_grad_(requires_grad=False)  # a member before its layer needs no record; restored afterwards
    outputs: dict[nn.Module, list[Tensor]] = {module: [] for module in modules}

    def start_recording(module: nn.Module, _inputs: tuple, output: Tensor) -> Tensor:
        outputs[module].append(output.detach().requires_grad_())
        torch.set_grad_enabled(True)  # until the no_grad block below ends
        return outputs[module][-1].clone()  # an in-place activation may follow; it must not change the stored output

    with ExitStack() as stack, torch.no_grad():
        for module in outputs:
            stack.enter_context(listening(replace(query, module=module), start_recording))
        explained = score(query.model(query.batch)).sum()
    for runs in outputs.values():
        if len(runs) != 1:
            raise UserError(f"The layer {query.layer!r} runs {len(runs)} times in this network; choose another layer.")
    gradients = torch.autograd.grad(explained, [runs[0] for runs in outputs.values()])
    return {
        module: (runs[0].detach(), gradient)
        for (module, runs), gradient in zip(outputs.items(), gradients, strict=True)
    }


def activations(query: Query) -> Tensor:
    """The layer's output (B, C, h, w), without gradients."""
    outputs: list[Tensor] = []

    def store_output(_module: nn.Module, _inputs: tuple, output: Tensor) -> None:
        outputs.append(output.detach().clone())

    with listening(query, store_output), torch.no_grad():
        query.model(query.batch)
    return outputs[-1]


@contextmanager
def listening(query: Query, hook: Callable[..., Tensor | None]) -> Iterator[None]:
    """Call ``hook`` with the output of the queried layer inside the block; a tensor that it returns replaces it."""
    assert query.module is not None
    handle = query.module.register_forward_hook(hook)
    try:
        yield
    finally:
        handle.remove()
