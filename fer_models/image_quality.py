"""Whether a face can be read: light, contrast, sharpness, size, tilt, and what is cut off.

The limits are percentiles of FER2013's Training images, as ``benchmarks/image_quality.py`` measures them: one image of
200 lies beyond each. A face beyond one is unlike what the networks learned from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from fer_models.crop import Crop
from fer_models.faces.face import Face
from fer_models.faces.image import resize

#: Side in pixels at which light, contrast and sharpness are measured: that of FER2013.
SIDE = 48
#: One training image in so many lies beyond each limit.
ONE_IN = 200
#: Percentiles 0.5 of Training: mean and standard deviation of grey in [0, 1]; sharpness; share of the face inside.
DARKEST, FLATTEST, SOFTEST, LEAST_INSIDE = 0.174, 0.087, 0.240, 0.781
#: Percentile 99.5 of Training: degrees of tilt, of either sign.
MOST_TILT = 21.6


@dataclass(frozen=True)
class Quality:
    """Measures of one face in one image.

    Args:
        brightness: Mean of grey, in [0, 1].
        contrast: Standard deviation of grey, in [0, 1].
        sharpness: Mean absolute Laplacian at 48 x 48 pixels over the standard deviation; 0 without contrast.
        side: Side of the face's square in pixels of the image.
        needed: Side of the network's input in pixels.
        inside: Share of the face's square inside the image, in [0, 1].
        tilt: Degrees by which the crop is turned clockwise; ``None`` if it is not known.
        turned: Degrees by which the face lies turned in the image; the crop is set upright.

    Example:
        >>> Quality(0.02, 0.3, 1.0, side=20, needed=48, inside=1.0).doubts
        ('too dark', 'small: 20 pixels, the network takes 48')
    """

    brightness: float
    contrast: float
    sharpness: float
    side: float
    needed: int
    inside: float
    tilt: float | None = None
    turned: float = 0.0

    @property
    def doubts(self) -> tuple[str, ...]:
        """What speaks against reading this face, in words; empty if nothing does."""
        said = []
        if self.brightness < DARKEST:
            said.append("too dark")
        if self.contrast < FLATTEST:
            said.append("almost no contrast")
        if 0 < self.sharpness < SOFTEST:
            said.append("blurred")
        if round(self.side) < self.needed:
            said.append(f"small: {self.side:.0f} pixels, the network takes {self.needed}")
        if self.turned:
            said.append(f"turned by {min(self.turned, 360 - self.turned):.0f} degrees in the image")
        elif self.tilt is not None and abs(self.tilt) > MOST_TILT:
            said.append(f"tilted by {abs(self.tilt):.0f} degrees")
        if self.inside < LEAST_INSIDE:
            said.append(f"cut off: {100 * (1 - self.inside):.0f} % lies outside the image")
        return tuple(said)

    def record(self) -> dict[str, Any]:
        """The measures and the doubts, for JSON."""
        tilt = None if self.tilt is None else round(self.tilt, 1)
        return {
            "brightness": round(self.brightness, 4),
            "contrast": round(self.contrast, 4),
            "sharpness": round(self.sharpness, 4),
            "side": round(self.side, 1),
            "inside": round(self.inside, 4),
            "tilt": tilt,
            "turned": self.turned,
            "doubts": list(self.doubts),
        }


def quality_of(image: np.ndarray, face: Face, crop: Crop) -> Quality:
    """Measure a face.

    Args:
        image: uint8 RGB (H, W, 3).
        face: In pixels of the image.
        crop: Its crop for a network, of :func:`~fer_models.crop.crop_for`.

    Example:
        >>> from fer_models.preprocess import Preprocess
        >>> from fer_models.crop import crop_for
        >>> from fer_models.faces.whole import whole_face
        >>> black = np.zeros((60, 60, 3), np.uint8)
        >>> quality_of(black, whole_face(black), crop_for(black, whole_face(black), Preprocess())).doubts
        ('too dark', 'almost no contrast')
    """
    pixels = crop.pixels[..., 0] if crop.pixels.shape[2] == 1 else cv2.cvtColor(crop.pixels, cv2.COLOR_RGB2GRAY)
    brightness, contrast, sharpness = pixel_measures(pixels)
    corners = np.array(crop.corners)
    whole = face.detector == "whole"
    aligned = crop.alignment == "eyes" or whole
    return Quality(
        brightness,
        contrast,
        sharpness,
        side=float(np.hypot(*(corners[1] - corners[0]))),
        needed=crop.pixels.shape[0],
        inside=1.0 if whole else _inside(corners, image.shape[1], image.shape[0]),
        tilt=None if aligned else face.tilt,
        turned=face.angle,
    )


def pixel_measures(grey: np.ndarray) -> tuple[float, float, float]:
    """Brightness, contrast and sharpness of a face, uint8 (S, S), as :class:`Quality` defines them."""
    small = resize(grey, SIDE).astype(np.float32) / 255
    contrast = float(small.std())
    edges = float(np.abs(cv2.Laplacian(small, cv2.CV_32F)).mean())
    return float(small.mean()), contrast, edges / contrast if contrast > 1 / 255 else 0.0


def _inside(corners: np.ndarray, width: int, height: int) -> float:
    """Share of a quadrilateral (4, 2) that lies inside the image."""
    frame = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    square = corners.astype(np.float32)
    area = cv2.contourArea(square)
    return min(1.0, cv2.intersectConvexConvex(square, frame)[0] / area) if area > 0 else 0.0
