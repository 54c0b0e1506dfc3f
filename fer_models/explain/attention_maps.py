"""The network's own attention as pictures: what its gates and weight matrices were for given faces."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fer_models.attention.base import AttentionRecord, AttentionTap, Kind, record_attention
from fer_models.errors import UserError

if TYPE_CHECKING:
    from fer_models.classifier import Classifier


@dataclass(frozen=True)
class AttentionMap:
    """One attention tensor of one module for B pictures; all arrays float32 unless said otherwise.

    Args:
        name: dotted name of the module. label: words for a page. kind: as in :class:`AttentionTap`.
        weights: what the network used: ``"channel"`` (B, C) and ``"spatial"`` (B, h, w), gates, mostly in (0, 1);
            ``"tokens"`` (B, N, N), or (B, W, N, N) for W windows, rows are queries and sum to one;
            ``"channels"`` (B, G, Q, K), rows sum to one.
        map: (B, h, w): the spatial gate, or the share of attention that a token receives, the mean over all queries
            (for a whole map of tokens it sums to one); ``None`` for ``"channel"`` and ``"channels"``.
        overlay: :attr:`map` brought to the input's (B, H, W), bilinear.
        order: ``"channel"`` only, int64 (B, C), channels by falling gate.
        strongest: ``"channel"`` only, (B, n, h, w), the feature maps that entered the module, of the first n channels
            of :attr:`order`; ``None`` if the module's input could not be told.
    """

    name: str
    label: str
    kind: Kind
    weights: np.ndarray
    map: np.ndarray | None = None
    overlay: np.ndarray | None = None
    order: np.ndarray | None = None
    strongest: np.ndarray | None = None

    def query(self, row: int, column: int) -> np.ndarray:
        """Where one token looks: float32 (B, h, w), the weights of the query at that place of the token grid.

        Windows other than the query's are zero: it cannot see them.

        Raises:
            UserError: If this is no token attention, or the place lies outside the grid.
        """
        if self.kind != "tokens" or self.map is None:
            raise UserError(f"{self.label} has no queries on a grid; only attention between tokens has.")
        height, width = self.map.shape[1:]
        if not (0 <= row < height and 0 <= column < width):
            raise UserError(f"The token grid has {height} rows and {width} columns; ({row}, {column}) lies outside.")
        if self.weights.ndim == 3:
            return self.weights[:, row * width + column].reshape(-1, height, width)
        side = _side(self.weights.shape[2])
        across = width // side
        window = (row // side) * across + column // side
        place = (row % side) * side + column % side
        alone = np.zeros((*self.weights.shape[:2], self.weights.shape[3]), np.float32)
        alone[:, window] = self.weights[:, window, place]
        return _join(alone, height, width)


def attention_maps(classifier: Classifier, batch: Tensor, strongest: int = 6) -> list[AttentionMap]:
    """Every gate and every weight matrix of the network's attention, in the order in which they were used.

    Args:
        batch: network input (B, C, H, W).
        strongest: how many channels' feature maps to keep with each channel gate.

    Returns:
        Empty for a network without attention.
    """
    with classifier.exclusive() as model, torch.no_grad(), _module_inputs(model) as inputs:
        with record_attention(model) as records:
            model(batch)
        size = (batch.shape[2], batch.shape[3])
        return [_picture(record, size, inputs, strongest) for record in records]


def rollout(maps: Sequence[AttentionMap]) -> np.ndarray | None:
    """Self-attention multiplied through the layers, with half of each token kept in place for the residual path.

    Returns:
        float32 (B, h, w), summing to one, or ``None`` where it has no meaning: fewer than two layers of attention over
        one and the same grid of tokens.

    Source:
        Abnar and Zuidema, "Quantifying Attention Flow in Transformers", ACL 2020.
    """
    layers = [m for m in maps if m.kind == "tokens" and m.map is not None and m.weights.ndim == 3]
    if len(layers) < 2 or len({m.weights.shape for m in layers}) > 1:
        return None
    identity = np.eye(layers[0].weights.shape[1], dtype=np.float32)
    flow = identity[None]
    for layer in layers:
        flow = (0.5 * layer.weights + 0.5 * identity) @ flow
    assert layers[0].map is not None
    return flow.mean(1).reshape(layers[0].map.shape)


def _picture(record: AttentionRecord, size: tuple[int, int], inputs: dict[str, Tensor], strongest: int) -> AttentionMap:
    weights = record.weights.float().cpu()
    name = record.name.rpartition(".")[0] or record.name
    if record.kind == "channel":
        gates = weights.flatten(1).numpy()
        order = np.argsort(-gates, axis=1, kind="stable")
        maps = _strongest_maps(record, inputs, torch.from_numpy(order[:, :strongest].copy()))
        return AttentionMap(name, record.label, record.kind, gates, order=order, strongest=maps)
    if record.kind == "channels":
        return AttentionMap(name, record.label, record.kind, weights.numpy())
    if record.kind == "spatial":
        values = weights[:, 0].numpy()
        return AttentionMap(name, record.label, record.kind, values, values, _enlarge(values, size))
    received = weights.mean(-2).numpy()  # (B, N) or (B, W, N)
    grid = _grid(received, size)
    if grid is None:
        return AttentionMap(name, record.label, record.kind, weights.numpy())
    values = received.reshape(-1, *grid) if received.ndim == 2 else _join(received, *grid)
    return AttentionMap(name, record.label, record.kind, weights.numpy(), values, _enlarge(values, size))


def _enlarge(values: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    return F.interpolate(torch.from_numpy(values)[:, None], size=size, mode="bilinear", align_corners=False)[
        :, 0
    ].numpy()


def _side(tokens: int) -> int:
    return round(tokens**0.5)


def _grid(received: np.ndarray, size: tuple[int, int]) -> tuple[int, int] | None:
    """Rows and columns of the tokens, in the proportion of the picture; ``None`` if they make no such rectangle."""
    windows = received.shape[1] if received.ndim == 3 else 1
    side = _side(received.shape[2]) if received.ndim == 3 else 1
    cells = windows if received.ndim == 3 else received.shape[1]
    rows = round((cells * size[0] / size[1]) ** 0.5)
    if rows == 0 or cells % rows or (received.ndim == 3 and side * side != received.shape[2]):
        return None
    return rows * side, cells // rows * side


def _join(windows: np.ndarray, height: int, width: int) -> np.ndarray:
    """(B, W, N), square windows in row-major order, to the map (B, height, width)."""
    side = _side(windows.shape[2])
    down, across = height // side, width // side
    return windows.reshape(-1, down, across, side, side).transpose(0, 1, 3, 2, 4).reshape(-1, height, width)


@contextmanager
def _module_inputs(model: nn.Module) -> Iterator[dict[str, Tensor]]:
    """Inputs (B, C, h, w) of every module that encloses a channel gate, by module name."""
    taps = [name for name, m in model.named_modules() if isinstance(m, AttentionTap) and m.kind == "channel"]
    enclosing = {name.rsplit(".", level)[0] for name in taps for level in range(1, name.count(".") + 1)}
    seen: dict[str, Tensor] = {}
    handles = []

    def listen(name: str, module: nn.Module) -> None:
        def hook(_module: nn.Module, inputs: tuple) -> None:
            if inputs and isinstance(inputs[0], Tensor) and inputs[0].ndim == 4:
                seen[name] = inputs[0].detach()

        handles.append(module.register_forward_pre_hook(hook))

    try:
        for name in enclosing:
            listen(name, model.get_submodule(name))
        yield seen
    finally:
        for handle in handles:
            handle.remove()


def _strongest_maps(record: AttentionRecord, inputs: dict[str, Tensor], channels: Tensor) -> np.ndarray | None:
    """Maps (B, n, h, w) that entered the nearest enclosing module with as many channels as the gate."""
    name = record.name
    while "." in name:
        name = name.rpartition(".")[0]
        entered = inputs.get(name)  # a module whose gate is called directly has no input of its own: look further out
        if entered is not None and entered.shape[:2] == record.weights.shape[:2]:
            entered = entered.float().cpu()
            place = channels[:, :, None, None].expand(-1, -1, *entered.shape[2:])
            return entered.gather(1, place).numpy()
    return None
