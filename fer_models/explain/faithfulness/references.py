"""Reference maps that do not depend on the network; a useful heatmap must beat them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from fer_models.explain.baselines import blur
from fer_models.explain.faithfulness.base import Trial


def random_map(trial: Trial, seed: int = 0) -> np.ndarray:
    """Noise on the grid of the map's layer, enlarged like it, on single pixels without a layer; (B, H, W)."""
    size = trial.attribution.values.shape[1:]
    grid = trial.attribution.layer_size or size
    draws = np.random.default_rng(seed).random((len(trial.batch), *grid))
    maps = torch.from_numpy(draws)[:, None]
    return F.interpolate(maps, size=tuple(size), mode="bilinear", align_corners=False)[:, 0].numpy()


def centred_gaussian(trial: Trial, seed: int = 0) -> np.ndarray:
    """A blob in the middle with a standard deviation of a quarter of the side; strong on aligned faces; (B, H, W)."""
    count, height, width = trial.attribution.values.shape
    rows, columns = (np.linspace(-1, 1, side) for side in (height, width))
    blob = np.exp(-(rows[:, None] ** 2 + columns[None] ** 2) / (2 * 0.5**2))
    return np.broadcast_to(blob, (count, height, width)).copy()


def edge_detector(trial: Trial, seed: int = 0) -> np.ndarray:
    """Magnitude of Sobel's gradient of the slightly blurred grey picture; (B, H, W)."""
    grey = blur(trial.batch.mean(1, keepdim=True).float(), 1.0)
    kernel = torch.tensor([[1.0, 0.0, -1.0], [2.0, 0.0, -2.0], [1.0, 0.0, -1.0]], device=grey.device)
    padded = F.pad(grey, (1, 1, 1, 1), mode="replicate")
    across, down = (F.conv2d(padded, k[None, None]) for k in (kernel, kernel.T))
    return _numpy((across**2 + down**2).sqrt()[:, 0])


#: The reference maps by name: functions of a trial and a seed.
REFERENCES: dict[str, Callable[..., np.ndarray]] = {
    "random map": random_map,
    "centred Gaussian": centred_gaussian,
    "edge detector": edge_detector,
}


def _numpy(maps: Tensor) -> np.ndarray:
    return maps.double().cpu().numpy()
