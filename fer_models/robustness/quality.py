"""What lens, sensor and file format take away: blur, noise, JPEG."""

from __future__ import annotations

import cv2
import numpy as np

from fer_models.faces.image import resize
from fer_models.robustness.corruption import Corruption, register_corruption, to_uint8
from fer_models.robustness.geometry import FaceGeometry

#: Side of FER2013's pictures: one grain of noise is this part of the side, however many pixels a picture has. Noise
#: a pixel would vanish when a large crop is reduced to the input of a network. JPEG compresses at this side for the
#: same reason: its blocks have 8 pixels.
GRAINS = 48


def grain(shape: tuple[int, int], channels: int, seed: int) -> np.ndarray:
    """Standard normal noise, float32 (H, W, channels), whose longest side has at most :data:`GRAINS` grains."""
    height, width = shape
    scale = min(1.0, GRAINS / max(height, width))
    rows, columns = max(1, round(height * scale)), max(1, round(width * scale))
    drawn = np.random.default_rng(seed).standard_normal((rows, columns, channels), np.float32)
    if (rows, columns) == shape:
        return drawn
    return drawn[(np.arange(height) * rows // height)[:, None], np.arange(width) * columns // width]


@register_corruption("blur")
class Blur(Corruption):
    """Gaussian; the border repeats."""

    title = "Blur"
    summary = "Out of focus: Gaussian blur, with its standard deviation as a share of the image's side."
    family, unit = "quality", "% of the side"
    low, high, neutral = 0.0, 15.0, 0.0
    severities = (1.0, 2.0, 3.0, 4.5, 6.0)

    def _change(self, image: np.ndarray, strength: float, seed: int, geometry: FaceGeometry) -> np.ndarray:
        sigma = strength / 100 * max(image.shape[:2])
        return cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)


@register_corruption("noise")
class Noise(Corruption):
    """Independent normal noise in every grain and colour."""

    title = "Noise"
    summary = "Random grain, as from a poor sensor; standard deviation for pixels in [0, 1]."
    family, unit = "quality", "standard deviation"
    low, high, neutral = 0.0, 0.6, 0.0
    severities = (0.04, 0.08, 0.12, 0.18, 0.26)

    def _change(self, image: np.ndarray, strength: float, seed: int, geometry: FaceGeometry) -> np.ndarray:
        return to_uint8(image + 255 * strength * grain(image.shape[:2], 3, seed))


@register_corruption("jpeg")
class JPEG(Corruption):
    """Compression error at a longest side of at most 48 pixels; larger pictures get the error enlarged."""

    title = "JPEG"
    summary = "Strong compression: blocks and rings around edges; quality 100 means no compression."
    family, unit = "quality", "JPEG quality"
    low, high, neutral = 1.0, 100.0, 100.0
    severities = (40.0, 25.0, 15.0, 10.0, 6.0)

    def _change(self, image: np.ndarray, strength: float, seed: int, geometry: FaceGeometry) -> np.ndarray:
        height, width = image.shape[:2]
        scale = min(1.0, GRAINS / max(height, width))
        small = resize(image, (max(1, round(height * scale)), max(1, round(width * scale))))
        quality = [cv2.IMWRITE_JPEG_QUALITY, round(strength)]
        packed = cv2.imencode(".jpg", np.ascontiguousarray(small[:, :, ::-1]), quality)[1]
        decoded = cv2.imdecode(packed, cv2.IMREAD_COLOR)
        assert decoded is not None, "what was just encoded decodes"
        error = decoded[:, :, ::-1].astype(np.float32) - small
        if scale < 1:
            error = cv2.resize(error, (width, height), interpolation=cv2.INTER_NEAREST)
        return to_uint8(image + error)
