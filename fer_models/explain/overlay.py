"""A heatmap over a face, as pixels."""

from __future__ import annotations

import numpy as np

from fer_models.colours import USUAL_MAP, coloured
from fer_models.faces.image import resize


def overlay(image: np.ndarray, heatmap: np.ndarray, opacity: float = 0.5, colour_map: str = USUAL_MAP) -> np.ndarray:
    """uint8 RGB (H, W, 3): ``heatmap`` (h, w) in [0, 1], coloured and laid over ``image`` uint8 (H, W[, C])."""
    if image.ndim == 2:
        image = image[..., None]
    base = np.repeat(image, 3, axis=2) if image.shape[2] == 1 else image
    shades = np.rint(np.clip(heatmap, 0, 1) * 255).astype(np.uint8)
    shades = resize(shades, (base.shape[0], base.shape[1])).reshape(base.shape[:2])
    return np.rint((1 - opacity) * base + opacity * coloured(shades / 255, colour_map)).astype(np.uint8)
