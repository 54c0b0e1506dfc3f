"""Reference maps that do not depend on the network; a useful heatmap must beat them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from fer_models.explain.base import EXPLAINERS
from fer_models.explain.baselines import blur
from fer_models.explain.faithfulness.base import Trial


def random_map(trial: Trial, seed: int = 0) -> np.ndarray:
    """A random map of each picture's map's smoothness, (B, H, W); see :func:`random_maps`."""
    return np.concatenate([random_maps(trial, 1, seed, position) for position in range(len(trial.batch))])


def random_maps(trial: Trial, count: int, seed: int = 0, position: int = 0) -> np.ndarray:
    """Random maps as smooth as the map of one picture, float64 (count, H, W), none below 0.

    For a class activation map, uniform noise on the grid of its layer, enlarged like it. For any other map, noise with
    that map's own spectrum: its Fourier transform with random phases, so that neither a map of single pixels nor one of
    patches is compared with maps of another grain. A constant map gets noise on single pixels.

    Args:
        trial: Of the picture.
        count: How many maps.
        seed: Of the noise; also drawn from ``position``.
        position: Of the picture in the batch.

    Source:
        Random phases: Theiler et al., "Testing for nonlinearity in time series: the method of surrogate data", 1992.
    """
    values, draw = trial.attribution.values[position].astype(np.float64), np.random.default_rng((seed, position))
    method = trial.attribution.method
    of_pixels = method in EXPLAINERS and EXPLAINERS[method].family != "cam"
    on_layer = trial.attribution.layer_size is not None and not of_pixels
    if not on_layer and np.ptp(values) > 0:
        size = np.abs(np.fft.rfft2(values - values.mean()))
        noise = np.fft.rfft2(draw.random((count, *values.shape)))
        maps = np.fft.irfft2(size * noise / np.maximum(np.abs(noise), 1e-12), s=values.shape)
        return maps - maps.min((1, 2), keepdims=True)
    grid = trial.attribution.layer_size if on_layer else values.shape
    assert grid is not None
    cells = torch.from_numpy(draw.random((count, *grid)))[:, None]
    return F.interpolate(cells, size=values.shape, mode="bilinear", align_corners=False)[:, 0].numpy()


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
