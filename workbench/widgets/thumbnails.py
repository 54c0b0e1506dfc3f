"""Pictures of a data set for a page: thumbnails as ``data:`` addresses, and large ones with landmarks."""

from __future__ import annotations

import base64

import cv2
import numpy as np

from fer_models.faces.image import resize


def uri(image: np.ndarray, longest: int = 144) -> str:
    """A PNG of uint8 (H, W, 1 or 3) as a ``data:`` address, downscaled if a side is longer than ``longest``."""
    scale = longest / max(image.shape[:2])
    if scale < 1:
        image = resize(image, (max(1, round(image.shape[0] * scale)), max(1, round(image.shape[1] * scale))))
    swapped = image[:, :, ::-1] if image.shape[2] == 3 else image
    # Lowest compression: encoding time matters, size does not, since the browser is usually on this computer.
    done, data = cv2.imencode(".png", np.ascontiguousarray(swapped), [cv2.IMWRITE_PNG_COMPRESSION, 1])
    assert done, "a uint8 picture can always be encoded"
    return "data:image/png;base64," + base64.b64encode(data.tobytes()).decode()


def with_points(image: np.ndarray, points: np.ndarray) -> np.ndarray:
    """A copy of uint8 RGB (H, W, 3) with a ringed dot at each of ``points`` (L, 2), x and y in pixels."""
    canvas = image.copy()
    radius = max(1, round(image.shape[0] / 110))
    for x, y in np.rint(points).astype(int):
        cv2.circle(canvas, (int(x), int(y)), radius + 1, (20, 24, 27), -1, cv2.LINE_AA)
        cv2.circle(canvas, (int(x), int(y)), radius, (255, 255, 255), -1, cv2.LINE_AA)
    return canvas
