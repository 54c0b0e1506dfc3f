"""The drawing surface: fixed-point, anti-aliased and free of floating-point pixels."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import cv2
import numpy as np

from fer_models.data.synthetic.parameters import Colour
from fer_models.data.synthetic.sketch import SHIFT

NEUTRAL = 128
"""Value of a shade that leaves the picture as it is; shades multiply by value / 128."""


def shade(colour: Colour, factor: float) -> Colour:
    """The colour darker (factor below 1) or lighter, within 0 to 255."""
    red, green, blue = (min(255, max(0, round(channel * factor))) for channel in colour)
    return red, green, blue


class Canvas:
    """An RGB picture (side, side, 3) with the curves that are to be drawn on it.

    Two soft layers of half the side collect shades: ``broad`` for the form of the head, ``fine`` for folds. They are
    blurred and multiplied into the picture by :meth:`apply_shades`.
    """

    def __init__(self, image: np.ndarray, curves: dict[str, np.ndarray]):
        self.image = image
        self.side = image.shape[0]
        self.curves = curves
        self.half = self.side // 2
        self.broad = np.full((self.half, self.half), NEUTRAL, np.uint8)
        self.fine = np.full((self.half, self.half), NEUTRAL, np.uint8)

    def fill(self, name: str, colour: Colour) -> None:
        """Fill a closed curve."""
        cv2.fillPoly(self.image, [self.curves[name]], colour, cv2.LINE_AA, SHIFT)

    def stroke(self, curve: np.ndarray, colour: Colour, width: int, closed: bool = False) -> None:
        """Draw along a curve of fixed-point pixels."""
        cv2.polylines(self.image, [curve], closed, colour, width, cv2.LINE_AA, SHIFT)

    def dot(self, centre: np.ndarray, radius: float, colour: Colour) -> None:
        """A filled disc; the radius in pixels."""
        at = (int(centre[0]), int(centre[1]))
        cv2.circle(self.image, at, round(radius * (1 << SHIFT)), colour, -1, cv2.LINE_AA, SHIFT)

    def clipped(self, names: Iterable[str], paint: Callable[[], None]) -> None:
        """Run ``paint`` and keep what it changed inside the named closed curves only."""
        outlines = [self.curves[name] for name in names]
        left, top, right, bottom = self._box(outlines, 0.03)
        if right <= left or bottom <= top:
            return
        before = self.image[top:bottom, left:right].copy()
        mask = np.zeros(before.shape[:2], np.uint8)
        offset = np.array([left, top], np.int32) << SHIFT
        for outline in outlines:
            cv2.fillPoly(mask, [outline - offset], 255, cv2.LINE_AA, SHIFT)
        paint()
        _mix(before, self.image[top:bottom, left:right], mask)
        self.image[top:bottom, left:right] = before

    def tint(self, names: Iterable[str], colour: Colour, alpha: float, softness: float) -> None:
        """Blend a colour over closed curves with soft edges; ``softness`` in picture sides."""
        outlines = [self.curves[name] for name in names]
        left, top, right, bottom = self._box(outlines, 2 * softness + 0.01)
        if right <= left or bottom <= top:
            return
        mask = np.zeros((bottom - top, right - left), np.uint8)
        offset = np.array([left, top], np.int32) << SHIFT
        for outline in outlines:
            cv2.fillPoly(mask, [outline - offset], round(255 * alpha), cv2.LINE_AA, SHIFT)
        reach = 2 * round(softness * self.side / 2) + 1
        soft = cv2.blur(cv2.blur(mask, (reach, reach)), (reach, reach))
        patch = self.image[top:bottom, left:right]
        over = np.empty_like(patch)
        over[:] = colour
        _mix(patch, over, soft)

    def broaden(self, name: str, value: float) -> None:
        """Fill a closed curve in the broad layer; 128 is neutral, less is darker."""
        cv2.fillPoly(self.broad, [self.curves[name]], _level(value), cv2.LINE_8, SHIFT + 1)

    def crease(self, curve: np.ndarray, strength: float, width: float = 0.012, closed: bool = False) -> None:
        """Draw a fold in the fine layer: positive ``strength`` darkens, 1 to black; width in picture sides."""
        if abs(strength) < 0.02:
            return
        thick = max(1, round(width * self.half))
        cv2.polylines(self.fine, [curve], closed, _level(NEUTRAL * (1 - strength)), thick, cv2.LINE_AA, SHIFT + 1)

    def clear_fine(self, name: str) -> None:
        """Take folds away inside a closed curve, where something covers them."""
        cv2.fillPoly(self.fine, [self.curves[name]], NEUTRAL, cv2.LINE_8, SHIFT + 1)

    def apply_shades(self, light: np.ndarray) -> None:
        """Multiply the picture by both soft layers and by ``light`` (half, half), uint8 with 128 neutral."""
        reach = 2 * round(self.half * 0.030) + 1
        broad = cv2.blur(cv2.blur(self.broad, (reach, reach)), (reach, reach))
        reach = 2 * round(self.half * 0.007) + 1
        fine = cv2.blur(self.fine, (reach, reach))
        total = broad.astype(np.uint32) * fine * light >> 14
        total = np.minimum(total, 255).astype(np.uint8)
        total = cv2.resize(total, (self.side, self.side), interpolation=cv2.INTER_LINEAR_EXACT)
        warm = cv2.merge([cv2.LUT(total, table) for table in _WARM])
        product = np.multiply(self.image, warm, dtype=np.uint16)
        product >>= 7
        np.minimum(product, 255, out=product)
        self.image[:] = product

    def _box(self, outlines: list[np.ndarray], margin: float) -> tuple[int, int, int, int]:
        points = np.concatenate(outlines)
        extra = int(margin * self.side) + 1
        left, top = (points.min(axis=0) >> SHIFT) - extra
        right, bottom = (points.max(axis=0) >> SHIFT) + extra
        return max(0, int(left)), max(0, int(top)), min(self.side, int(right)), min(self.side, int(bottom))


def _mix(below: np.ndarray, above: np.ndarray, mask: np.ndarray) -> None:
    """Blend ``above`` into ``below`` in place with weights of 0 to 255, in integers."""
    weight = mask[:, :, None].astype(np.int16)
    weight += weight >> 7  # 255 becomes 256
    change = (above.astype(np.int32) - below) * weight >> 8
    below[:] = below + change


def _level(value: float) -> int:
    return min(255, max(0, round(value)))


def _warm_tables() -> list[np.ndarray]:
    """Shades of red, green and blue: shadows on skin keep their red longer."""
    tables = []
    for pull in (-0.10, 0.02, 0.10):
        levels = np.arange(256)
        shadow = np.maximum(0, NEUTRAL - levels)
        tables.append(np.clip(np.rint(levels - pull * shadow), 0, 255).astype(np.uint8))
    return tables


_WARM = _warm_tables()
