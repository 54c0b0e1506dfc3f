"""Similarity of two maps: by the order of their pixels, and by their structure."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from fer_models.errors import UserError

#: Wang et al.'s window and constants.
_SIGMA, _REACH, _K1, _K2 = 1.5, 5, 0.01, 0.03


def rank_correlation(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Spearman's correlation of maps (B, H, W), tied values sharing their rank; float64 (B,), 0 for a constant map."""

    def centred(maps: np.ndarray) -> np.ndarray:
        ranks = np.stack([_ranks(values) for values in maps.reshape(len(maps), -1)])
        return ranks - ranks.mean(1, keepdims=True)

    ranks_a, ranks_b = centred(a), centred(b)
    size = np.sqrt((ranks_a**2).sum(1) * (ranks_b**2).sum(1))
    return np.divide((ranks_a * ranks_b).sum(1), size, out=np.zeros(len(a)), where=size > 0)


def _ranks(values: np.ndarray) -> np.ndarray:
    """Ranks of N values from 1; scipy has them too, and takes most of a second to import."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    return (count.cumsum() - (count - 1) / 2)[place]


def structural_similarity(a: np.ndarray, b: np.ndarray, span: float = 2.0) -> np.ndarray:
    """SSIM of maps (B, H, W), float64 (B,): 1 for equal maps, near 0 for unrelated ones.

    Mean over all positions where the window of 11 x 11 pixels (Gaussian, 1.5 pixels) lies inside the map; on smaller
    maps the window is the largest odd one that fits.

    Args:
        span: range of the values that a map can have, 2 for maps in [-1, 1].

    Raises:
        UserError: If the maps differ in shape or ``span`` is not positive.

    Source:
        Wang et al., "Image quality assessment: from error visibility to structural similarity", IEEE TIP 2004.
    """
    if a.shape != b.shape or a.ndim != 3:
        raise UserError(f"Maps to compare are two of (B, H, W), not {a.shape} and {b.shape}.")
    if span <= 0:
        raise UserError(f"The span of the values must be positive, not {span}.")
    reach = min(_REACH, (min(a.shape[1:]) - 1) // 2)
    x, y = (torch.from_numpy(np.ascontiguousarray(maps, np.float64))[:, None] for maps in (a, b))
    steps = torch.arange(-reach, reach + 1, dtype=torch.float64)
    kernel = torch.exp(-(steps**2) / (2 * _SIGMA**2))
    kernel = kernel / kernel.sum()

    def mean(maps: Tensor) -> Tensor:
        return F.conv2d(F.conv2d(maps, kernel.view(1, 1, -1, 1)), kernel.view(1, 1, 1, -1))

    mx, my = mean(x), mean(y)
    vx, vy, covariance = mean(x * x) - mx**2, mean(y * y) - my**2, mean(x * y) - mx * my
    c1, c2 = (_K1 * span) ** 2, (_K2 * span) ** 2
    similarity = (2 * mx * my + c1) * (2 * covariance + c2) / ((mx**2 + my**2 + c1) * (vx + vy + c2))
    return similarity.mean((1, 2, 3)).numpy()


def unit_span(maps: np.ndarray) -> np.ndarray:
    """Maps (B, H, W) divided by their largest magnitude, in [-1, 1]; an empty map stays empty."""
    peak = np.abs(maps).max((1, 2), keepdims=True)
    return np.divide(maps, peak, out=np.zeros_like(maps), where=peak > 0)
