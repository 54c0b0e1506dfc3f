"""Pictures for the screen: boxes around faces, and crops enlarged without blur."""

from __future__ import annotations

import base64
from collections.abc import Sequence

import cv2
import numpy as np

from fer_models.faces.image import encode_png, resize

Corners = Sequence[tuple[float, float]]


def with_frames(image: np.ndarray, frames: Sequence[Corners], selected: int, longest: int = 720) -> np.ndarray:
    """A copy, at most ``longest`` pixels a side, with a numbered frame around each face.

    Args:
        image: uint8 RGB (H, W, 3).
        frames: four corners (x, y) each, in pixels of ``image``. selected: index of the bold frame.
    """
    scale = min(1.0, longest / max(image.shape[:2]))
    height, width = (max(1, round(side * scale)) for side in image.shape[:2])
    canvas = resize(image, (height, width)).copy()  # resize may return the picture itself
    thick = max(1, round(max(height, width) / 240))
    for number, corners in enumerate(frames):
        points = np.rint(np.asarray(corners) * scale).astype(np.int32).reshape(-1, 1, 2)
        bold = number == selected
        # A dark line under a light one is visible on any picture; bold and thin differ without colour.
        cv2.polylines(canvas, [points], True, (20, 24, 27), thick * (4 if bold else 2), cv2.LINE_AA)
        cv2.polylines(canvas, [points], True, (255, 255, 255), thick * (2 if bold else 1), cv2.LINE_AA)
        if len(frames) > 1:
            _number(canvas, str(number + 1), points[0, 0], max(height, width) / 720)
    return canvas


def _number(canvas: np.ndarray, text: str, corner: np.ndarray, scale: float) -> None:
    size = 1.5 * max(scale, 0.5)
    x = int(np.clip(corner[0], 0, canvas.shape[1] - 1))
    y = int(np.clip(corner[1] - 10 * scale, 44 * scale, canvas.shape[0] - 1))
    for colour, thick in (((20, 24, 27), 10), ((255, 255, 255), 4)):
        cv2.putText(
            canvas, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, size, colour, max(1, round(thick * scale)), cv2.LINE_AA
        )


def square(image: np.ndarray) -> np.ndarray:
    """The middle of a picture (H, W, C), cut to a square."""
    side = min(image.shape[:2])
    top, left = (image.shape[0] - side) // 2, (image.shape[1] - side) // 2
    return image[top : top + side, left : left + side]


def enlarged(crop: np.ndarray, side: int) -> np.ndarray:
    """A square crop (S, S, 1 or 3) enlarged to about ``side`` pixels by repeating pixels."""
    times = max(1, round(side / crop.shape[0]))
    return np.repeat(np.repeat(crop, times, axis=0), times, axis=1)


def png(image: np.ndarray) -> bytes:
    """PNG bytes of uint8 (H, W), (H, W, 1), (H, W, 3) or (H, W, 4)."""
    return encode_png(image[:, :, 0] if image.ndim == 3 and image.shape[2] == 1 else image)


def uri(picture: np.ndarray) -> str:
    """A picture as a ``data:`` address."""
    return "data:image/png;base64," + base64.b64encode(png(picture)).decode()


def as_rgb(crop: np.ndarray) -> np.ndarray:
    """uint8 (H, W, 3) of a grey or RGB picture."""
    if crop.ndim == 2:
        crop = crop[:, :, None]
    return np.repeat(crop, 3, axis=2) if crop.shape[2] == 1 else crop


def thumbnail_uri(image: np.ndarray, longest: int = 144) -> str:
    """A picture, uint8 (H, W, 1 or 3), as a ``data:`` address: a PNG of its pixels.

    If a side is longer than ``longest``, it is downscaled and a JPEG, which is a fifth as large and quicker to encode.
    """
    scale = longest / max(image.shape[:2])
    kind, options = "png", [cv2.IMWRITE_PNG_COMPRESSION, 1]  # time matters more than size on one computer
    if scale < 1:
        image = resize(image, (max(1, round(image.shape[0] * scale)), max(1, round(image.shape[1] * scale))))
        kind, options = "jpeg", [cv2.IMWRITE_JPEG_QUALITY, 92]
    swapped = image[:, :, ::-1] if image.shape[2] == 3 else image
    done, data = cv2.imencode(f".{kind}", np.ascontiguousarray(swapped), options)
    assert done, "a uint8 image can always be encoded"
    return f"data:image/{kind};base64," + base64.b64encode(data.tobytes()).decode()


def with_points(image: np.ndarray, points: np.ndarray) -> np.ndarray:
    """A copy of uint8 RGB (H, W, 3) with a ringed dot at each of ``points`` (L, 2), x and y in pixels."""
    canvas = image.copy()
    radius = max(1, round(image.shape[0] / 110))
    for x, y in np.rint(points).astype(int):
        cv2.circle(canvas, (int(x), int(y)), radius + 1, (20, 24, 27), -1, cv2.LINE_AA)
        cv2.circle(canvas, (int(x), int(y)), radius, (255, 255, 255), -1, cv2.LINE_AA)
    return canvas
