"""Few levels: a corruption that leaves an image few shades, an example."""

import numpy as np

from fer_models.robustness.corruption import Corruption, register_corruption, to_uint8
from fer_models.robustness.geometry import FaceGeometry


@register_corruption("few_levels")
class FewLevels(Corruption):
    """Every pixel becomes the nearest of few levels."""

    title = "Few levels"
    summary = "Posterised: only a few shades are left between black and white."
    family, unit = "quality", "bits lost of eight"
    low, high, neutral = 0.0, 7.0, 0.0
    severities = (3.0, 4.0, 5.0, 6.0, 7.0)

    def _change(self, image: np.ndarray, strength: float, seed: int, geometry: FaceGeometry) -> np.ndarray:
        step = 255 / (2 ** (8 - strength) - 1)
        return to_uint8(np.rint(image / step) * step)
