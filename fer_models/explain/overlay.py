"""A heatmap over a face, as pixels."""

from __future__ import annotations

import cv2
import numpy as np

from fer_models.faces.image import resize

#: Perceptual maps: equal steps look equal, also in grey. Jet is not among them, since it invents edges.
COLOUR_MAPS = {"inferno": cv2.COLORMAP_INFERNO, "viridis": cv2.COLORMAP_VIRIDIS, "cividis": cv2.COLORMAP_CIVIDIS}


def overlay(image: np.ndarray, heatmap: np.ndarray, opacity: float = 0.5, colour_map: str = "inferno") -> np.ndarray:
    """uint8 RGB (H, W, 3): ``heatmap`` (h, w) in [0, 1], coloured and laid over ``image`` uint8 (H, W[, C])."""
    if image.ndim == 2:
        image = image[..., None]
    base = np.repeat(image, 3, axis=2) if image.shape[2] == 1 else image
    shades = np.rint(np.clip(heatmap, 0, 1) * 255).astype(np.uint8)
    shades = resize(shades, (base.shape[0], base.shape[1])).reshape(base.shape[:2])
    colours = cv2.cvtColor(cv2.applyColorMap(shades, COLOUR_MAPS[colour_map]), cv2.COLOR_BGR2RGB)
    return np.rint((1 - opacity) * base + opacity * colours).astype(np.uint8)
