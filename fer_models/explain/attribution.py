"""Attribution: signed relevance of every pixel, and two ways to display it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch

from fer_models.display import Displayed
from fer_models.explain.enlarge import upsample


@dataclass(frozen=True)
class Attribution(Displayed):
    """Signed relevance of every pixel of B pictures, and how it was computed.

    Args:
        values: float32 (B, H, W) at input resolution, in the units of the method, positive for the target.
        method: key of the method.
        layer: name of the layer, ``None`` if the method uses none.
        layer_size: (h, w) of that layer's map before upsampling, ``None`` without a layer.
        of: ``"logit"`` or ``"probability"``.
        target: int64 (B,), the class explained.
        against: int64 (B,), the other class of a contrast, else ``None``.
        seconds: wall-clock time of the whole batch.
        options: the method's options, defaults included.
        cells: float32 (B, h, w), for class activation maps the signed map of the layer before it is enlarged.
        sums: float32 (B, 2), for methods that claim completeness what the values (of FullGrad: their signed terms) sum
            to, and what the method says that they sum to.
        agreement: float32 (B,), for averages over random draws the estimated correlation of the map with that of as
            many other draws.

    Example:
        >>> values = np.array([[[2.0, -1.0], [0.0, 1.0]]], np.float32)
        >>> attribution = Attribution(values, "saliency", None, None, "logit", np.array([3]), 0.1)
        >>> attribution.heatmap().tolist()
        [[[1.0, 0.0], [0.0, 0.5]]]
    """

    values: np.ndarray
    method: str
    layer: str | None
    layer_size: tuple[int, int] | None
    of: str
    target: np.ndarray
    seconds: float
    against: np.ndarray | None = None
    options: dict[str, Any] = field(default_factory=dict)
    cells: np.ndarray | None = None
    sums: np.ndarray | None = None
    agreement: np.ndarray | None = None

    @property
    def completeness_error(self) -> np.ndarray | None:
        """float64 (B,), difference of both :attr:`sums` as a share of the second; ``None`` without a claim."""
        if self.sums is None:
            return None
        total, expected = self.sums.astype(np.float64).T
        size = np.maximum(np.abs(expected), 1e-12)
        return np.asarray(np.abs(total - expected) / size)

    @property
    def positive(self) -> np.ndarray:
        """float32 (B, H, W), the positive part: of a class activation map cut at the layer's cells, then enlarged.

        Cut after enlarging, cells with evidence would shrink beside cells with evidence against the class.
        """
        if self.cells is None:
            return np.maximum(self.values, 0)
        size, mode = self.values.shape[1:], str(self.options.get("upsampling", "bilinear"))
        return np.asarray(upsample(torch.from_numpy(self.cells).clamp_min(0), (size[0], size[1]), mode).numpy())

    @property
    def has_positive(self) -> np.ndarray:
        """bool (B,): whether any pixel has positive relevance. If none has, :meth:`heatmap` is all zeros."""
        return np.asarray(((self.values if self.cells is None else self.cells) > 0).any((1, 2)))

    def heatmap(self) -> np.ndarray:
        """float32 (B, H, W) in [0, 1]: :attr:`positive` divided by its maximum; zeros where nothing is positive."""
        positive = self.positive
        peak = positive.max((1, 2), keepdims=True)
        return np.divide(positive, peak, out=np.zeros_like(positive), where=peak > 0)

    def signed_heatmap(self) -> np.ndarray:
        """float32 (B, H, W) in [-1, 1]: divided by the largest magnitude, zero stays zero; zeros for an empty map."""
        peak = np.abs(self.values).max((1, 2), keepdims=True)
        return np.divide(self.values, peak, out=np.zeros_like(self.values), where=peak > 0)

    def one(self, position: int) -> Attribution:
        """The attribution of a single picture, (1, H, W)."""
        row = slice(position, position + 1)
        parts = {name: getattr(self, name) for name in ("values", "target", "against", "cells", "sums", "agreement")}
        cut = {name: None if part is None else part[row] for name, part in parts.items()}
        return replace(self, **cut, seconds=self.seconds / max(1, len(self.values)))  # type: ignore[arg-type]
