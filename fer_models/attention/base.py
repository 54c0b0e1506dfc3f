"""Recording attention: every gate or weight matrix passes through a named tap."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from torch import Tensor, nn

Kind = Literal["channel", "spatial", "tokens", "channels"]


class AttentionTap(nn.Identity):
    r"""An identity through which an attention gate or weight matrix passes.

    A module that attends sends its gate through its own tap, so that :func:`record_attention` can read the very tensor
    that the network used, without a second computation.

    Args:
        kind: what the tensor is.
            ``"channel"``: gate of shape :math:`(B, C, 1, 1)`; ``"spatial"``: gate of shape :math:`(B, 1, H, W)`;
            ``"tokens"``: weights of shape :math:`(B, Q, K)` or, for windows, :math:`(B, W, Q, K)`, each row sums to
            one, rows are queries and K may be smaller than Q; ``"channels"``: weights between channels,
            :math:`(B, G, Q, K)`, each row sums to one.
        label: its name on a page, for instance ``"channel gate"``.
        grid: for ``"tokens"``, what the tokens are: ``"map"`` (row-major pixels of the feature map) or ``"windows"``
            (W square windows in raster order over the map padded at the bottom and the right, with row-major pixels; K
            keys are a :math:`\sqrt K \times \sqrt K` raster over the same window).
    """

    def __init__(self, kind: Kind, label: str, grid: str = "map"):
        super().__init__()
        self.kind: Kind = kind
        self.label = label
        self.grid = grid


@dataclass(frozen=True)
class AttentionRecord:
    """One recorded tensor: the tap's dotted module name, kind, label, grid and the detached tensor."""

    name: str
    kind: Kind
    label: str
    grid: str
    weights: Tensor


@contextmanager
def record_attention(model: nn.Module) -> Iterator[list[AttentionRecord]]:
    """Record the tensor of every tap of ``model`` during forward passes inside the ``with`` block.

    The hooks are gone after the block, also after an error. Not thread-safe for one model: hold its lock.

    Example:
        >>> from fer_models.attention.spatial import SpatialAttention
        >>> attention = SpatialAttention(7)
        >>> with record_attention(attention) as records:
        ...     _ = attention(torch.rand(2, 8, 12, 12))
        >>> [(record.kind, tuple(record.weights.shape)) for record in records]
        [('spatial', (2, 1, 12, 12))]
    """
    records: list[AttentionRecord] = []
    handles = []

    def attach(name: str, tap: AttentionTap) -> None:
        def hook(_module: nn.Module, _inputs: tuple, output: Tensor) -> None:
            records.append(AttentionRecord(name, tap.kind, tap.label, tap.grid, output.detach()))

        handles.append(tap.register_forward_hook(hook))

    try:
        for name, module in model.named_modules():
            if isinstance(module, AttentionTap):
                attach(name, module)
        yield records
    finally:
        for handle in handles:
            handle.remove()
