"""The network's own attention as pictures: what its gates and weight matrices were for given faces."""

from __future__ import annotations

import math
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
from fer_models.layer_names import attention_title

if TYPE_CHECKING:
    from fer_models.classifier import Classifier


@dataclass(frozen=True)
class AttentionMap:
    """One attention tensor of one module for B pictures; all arrays float32 unless noted.

    Args:
        name: dotted name of the module.
        label: words for a page.
        kind: as in :class:`AttentionTap`.
        weights: what the network used: ``"channel"`` (B, C) and ``"spatial"`` (B, h, w), gates, mostly in (0, 1);
            ``"tokens"`` (B, N, M) or, in n windows, (B, n, N, M), rows are N queries over M keys and sum to one;
            ``"channels"`` (B, G, Q, K), rows sum to one.
        map: (B, h, w): the spatial gate, or the share of attention that a key receives, the mean over all queries (for
            a whole map of tokens it sums to one; windows are put together, with the padding that they needed);
            ``None`` for ``"channel"`` and ``"channels"``, and where tokens make no rectangle.
        overlay: :attr:`map` brought to the input's (B, H, W), bilinear, without padding.
        query_grid: ``"tokens"`` only, rows and columns of the queries.
        order: ``"channel"`` only, int64 (B, C), channels, the most open first.
        strongest: ``"channel"`` only, (B, n, h, w), the feature maps that entered the module, of the first n channels
            of :attr:`order`; ``None`` if the module's input could not be identified.
    """

    name: str
    label: str
    kind: Kind
    weights: np.ndarray
    map: np.ndarray | None = None
    overlay: np.ndarray | None = None
    query_grid: tuple[int, int] | None = None
    order: np.ndarray | None = None
    strongest: np.ndarray | None = None

    @property
    def title(self) -> str:
        """Where it is in the network and what it is, for people: ``Stage 3, channel attention``."""
        return attention_title(self.name, self.label)

    def query(self, row: int, column: int) -> np.ndarray:
        """Attention of one token: float32 (B, h, w), the weights of the query at that cell of :attr:`query_grid`.

        Windows other than the query's are zero: it does not attend to them.

        Raises:
            UserError: If this is no token attention, or the cell lies outside the grid.
        """
        if self.map is None or self.query_grid is None:
            raise UserError(f"{self.label} has no queries on a grid; only attention between tokens has.")
        rows, columns = self.query_grid
        if not (0 <= row < rows and 0 <= column < columns):
            raise UserError(f"The queries have {rows} rows and {columns} columns; ({row}, {column}) lies outside.")
        height, width = self.map.shape[1:]
        if self.weights.ndim == 3:
            return self.weights[:, row * columns + column].reshape(-1, height, width)
        side = math.isqrt(self.weights.shape[2])
        window = (row // side) * (columns // side) + column // side
        query = (row % side) * side + column % side
        weights = np.zeros((*self.weights.shape[:2], self.weights.shape[3]), np.float32)
        weights[:, window] = self.weights[:, window, query]
        return _join(weights, height, width)


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
        return [_attention_map(record, size, inputs, strongest) for record in records]


def rollout(maps: Sequence[AttentionMap]) -> np.ndarray | None:
    """Self-attention multiplied through the layers, with half of each token kept in place for the residual path.

    Returns:
        float32 (B, h, w), summing to one, or ``None`` where it has no meaning: fewer than two layers of attention over
        one and the same grid of tokens.

    Source:
        Abnar and Zuidema, "Quantifying Attention Flow in Transformers", ACL 2020.
    """
    layers = [m for m in maps if m.query_grid is not None and m.weights.ndim == 3]
    if len(layers) < 2 or len({m.weights.shape for m in layers}) > 1 or len(set(layers[0].weights.shape[1:])) > 1:
        return None
    identity = np.eye(layers[0].weights.shape[1], dtype=np.float32)
    flow = identity[None]
    for layer in layers:
        flow = (0.5 * layer.weights + 0.5 * identity) @ flow
    assert layers[0].map is not None
    return flow.mean(1).reshape(layers[0].map.shape)


def _attention_map(
    record: AttentionRecord, size: tuple[int, int], inputs: dict[str, Tensor], strongest: int
) -> AttentionMap:
    weights = record.weights.float().cpu()
    name = record.name.rpartition(".")[0] or record.name
    if record.kind == "channel":
        gates = weights.flatten(1).numpy()
        order = np.argsort(-gates, axis=1, kind="stable")
        entered, maps = _module_input(record, inputs), None
        if entered is not None:
            channels = torch.from_numpy(order[:, :strongest].copy())[:, :, None, None]
            maps = entered.float().cpu().gather(1, channels.expand(-1, -1, *entered.shape[2:])).numpy()
        return AttentionMap(name, record.label, record.kind, gates, order=order, strongest=maps)
    if record.kind == "channels":
        return AttentionMap(name, record.label, record.kind, weights.numpy())
    if record.kind == "spatial":
        values = weights[:, 0].numpy()
        return AttentionMap(name, record.label, record.kind, values, values, _enlarge(values, size))
    tokens = _tokens(weights, size, _module_input(record, inputs, tokens=True))
    if tokens is None:
        return AttentionMap(name, record.label, record.kind, weights.numpy())
    values, overlay, grid = tokens
    return AttentionMap(name, record.label, record.kind, weights.numpy(), values, overlay, grid)


def _tokens(
    weights: Tensor, size: tuple[int, int], entered: Tensor | None
) -> tuple[np.ndarray, np.ndarray, tuple[int, int]] | None:
    """Received attention as a map, its overlay, and the grid of the queries; ``None`` if they make no rectangle."""
    received = weights.mean(-2).numpy()  # (B, M) or (B, n, M)
    proportion = size if entered is None else (entered.shape[2], entered.shape[3])
    if weights.ndim == 3:
        queries, keys = (_rectangle(count, proportion) for count in weights.shape[1:])
        if queries is None or keys is None:
            return None
        values = received.reshape(-1, *keys)
        return values, _enlarge(values, size), queries
    windows = _rectangle(weights.shape[1], proportion)
    query_side, key_side = (math.isqrt(count) for count in weights.shape[2:])
    if windows is None or (query_side**2, key_side**2) != tuple(weights.shape[2:]):
        return None
    queries = (windows[0] * query_side, windows[1] * query_side)
    values = _join(received, windows[0] * key_side, windows[1] * key_side)
    if entered is None:
        return values, _enlarge(values, size), queries
    # Windows reach over the map's lower and right edge, where they see padding: enlarge with it, then cut it off.
    padded = [round(side * grid / true) for side, grid, true in zip(size, queries, proportion, strict=True)]
    return values, _enlarge(values, (padded[0], padded[1]))[:, : size[0], : size[1]], queries


def _enlarge(values: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    maps = torch.from_numpy(values)[:, None]
    return F.interpolate(maps, size=size, mode="bilinear", align_corners=False)[:, 0].numpy()


def _rectangle(count: int, proportion: tuple[int, int]) -> tuple[int, int] | None:
    """Rows and columns of ``count`` cells in that proportion of height to width."""
    rows = round((count * proportion[0] / proportion[1]) ** 0.5)
    return None if rows == 0 or count % rows else (rows, count // rows)


def _join(windows: np.ndarray, height: int, width: int) -> np.ndarray:
    """(B, n, M), square windows in row-major order, to the map (B, height, width)."""
    side = math.isqrt(windows.shape[2])
    down, across = height // side, width // side
    return windows.reshape(-1, down, across, side, side).transpose(0, 1, 3, 2, 4).reshape(-1, height, width)


@contextmanager
def _module_inputs(model: nn.Module) -> Iterator[dict[str, Tensor]]:
    """Inputs (B, C, h, w) of every module that encloses a tap, by module name."""
    taps = [name for name, module in model.named_modules() if isinstance(module, AttentionTap)]
    enclosing = {name.rsplit(".", level)[0] for name in taps for level in range(1, name.count(".") + 1)}
    inputs_by_name: dict[str, Tensor] = {}
    handles = []

    def listen(name: str, module: nn.Module) -> None:
        def hook(_module: nn.Module, inputs: tuple) -> None:
            if inputs and isinstance(inputs[0], Tensor) and inputs[0].ndim == 4:
                inputs_by_name[name] = inputs[0].detach()

        handles.append(module.register_forward_pre_hook(hook))

    try:
        for name in enclosing:
            listen(name, model.get_submodule(name))
        yield inputs_by_name
    finally:
        for handle in handles:
            handle.remove()


def _module_input(record: AttentionRecord, inputs: dict[str, Tensor], tokens: bool = False) -> Tensor | None:
    """Input of the nearest enclosing module that fits the record: as many channels, or for tokens as many cells."""
    name, shape = record.name, record.weights.shape
    while "." in name:
        name = name.rpartition(".")[0]
        x = inputs.get(name)  # a module whose gate is called directly has no recorded input: try the enclosing one
        if x is None:
            continue
        cells = x.shape[2] * x.shape[3]
        if tokens and (len(shape) == 4 or cells == shape[1]):
            return x
        if not tokens and x.shape[:2] == shape[:2]:
            return x
    return None
