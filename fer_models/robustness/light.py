"""Light and colour: gamma, low light with sensor noise, contrast, grey."""

from __future__ import annotations

import numpy as np

from fer_models.arrays import LUMA
from fer_models.robustness.corruption import Corruption, register_corruption, to_uint8
from fer_models.robustness.geometry import FaceGeometry
from fer_models.robustness.quality import grain


@register_corruption("light")
class Light(Corruption):
    """Gamma: pixels in [0, 1] to the power of the strength."""

    title = "Light"
    summary = "Gamma curve: brighter below 1, darker above 1; black and white stay."
    family, unit = "light", "gamma"
    low, high, neutral = 0.2, 5.0, 1.0
    severities = (1.4, 1.8, 2.4, 3.2, 4.2)

    def _change(self, image: np.ndarray, strength: float, seed: int, geometry: FaceGeometry) -> np.ndarray:
        table = to_uint8(255 * (np.arange(256) / 255) ** strength)
        return table[image]

    def opposite(self, strength: float) -> float | None:
        return 1 / strength


@register_corruption("low_light")
class LowLight(Corruption):
    """A sensor that gets a part of the light: fewer photons, and noise that does not shrink with them.

    Linear light (gamma 2.2) is multiplied by ``1 - strength``; shot noise grows with its root, read noise is constant;
    the camera then raises the exposure by the root of the lost light, and the noise with it. White is 2,000 electrons
    a grain and read noise is 8: round numbers of a small sensor.
    """

    title = "Low light"
    summary = "A dark scene on a small sensor: the image darkens and its noise grows."
    family, unit = "light", "share of the light lost"
    low, high, neutral = 0.0, 0.99, 0.0
    severities = (0.5, 0.7, 0.82, 0.9, 0.95)
    _electrons, _read = 2000.0, 8.0

    def _change(self, image: np.ndarray, strength: float, seed: int, geometry: FaceGeometry) -> np.ndarray:
        exposure = 1 - strength
        light = (image.astype(np.float32) / 255) ** 2.2 * exposure
        deviation = np.sqrt(light * self._electrons + self._read**2) / self._electrons
        exposed = (light + deviation * grain(image.shape[:2], 3, seed)) / np.sqrt(exposure)
        return to_uint8(255 * np.clip(exposed, 0, 1) ** (1 / 2.2))


@register_corruption("contrast")
class Contrast(Corruption):
    """Distance from the picture's mean tone, times the strength."""

    title = "Contrast"
    summary = "Tones pulled towards the image's mean, as in fog; above 1, pushed apart."
    family, unit = "light", "share of the contrast kept"
    low, high, neutral = 0.02, 2.0, 1.0
    severities = (0.7, 0.5, 0.35, 0.2, 0.1)

    def _change(self, image: np.ndarray, strength: float, seed: int, geometry: FaceGeometry) -> np.ndarray:
        values = image.astype(np.float32)
        middle = values.mean()
        return to_uint8((values - middle) * strength + middle)


@register_corruption("grey")
class Grey(Corruption):
    """A mix of the picture with its Rec. 601 luma."""

    title = "Grey"
    summary = "Colour removed; a network with grey input sees no difference."
    family, unit = "light", "share of the colour removed"
    low, high, neutral = 0.0, 1.0, 0.0
    severities = (0.2, 0.4, 0.6, 0.8, 1.0)

    def _change(self, image: np.ndarray, strength: float, seed: int, geometry: FaceGeometry) -> np.ndarray:
        values = image.astype(np.float32)
        grey = (values @ np.asarray(LUMA, np.float32))[..., None]
        return to_uint8(values + strength * (grey - values))
