"""Attribution: signed relevance of every pixel, and two ways to display it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Attribution:
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

    @property
    def has_positive(self) -> np.ndarray:
        """bool (B,): whether any pixel has positive relevance. If none has, :meth:`heatmap` is all zeros."""
        return np.asarray((self.values > 0).any((1, 2)))

    def heatmap(self) -> np.ndarray:
        """float32 (B, H, W) in [0, 1]: the positive part divided by its maximum; zeros where nothing is positive."""
        positive = np.maximum(self.values, 0)
        peak = positive.max((1, 2), keepdims=True)
        return np.divide(positive, peak, out=np.zeros_like(positive), where=peak > 0)

    def signed_heatmap(self) -> np.ndarray:
        """float32 (B, H, W) in [-1, 1]: divided by the largest magnitude, zero stays zero; zeros for an empty map."""
        peak = np.abs(self.values).max((1, 2), keepdims=True)
        return np.divide(self.values, peak, out=np.zeros_like(self.values), where=peak > 0)

    def one(self, position: int) -> Attribution:
        """The attribution of a single picture, (1, H, W)."""
        row = slice(position, position + 1)
        against = None if self.against is None else self.against[row]
        return Attribution(
            self.values[row],
            self.method,
            self.layer,
            self.layer_size,
            self.of,
            self.target[row],
            self.seconds / max(1, len(self.values)),
            against,
            self.options,
        )
