"""Parts of the face on a crop framed as FER2013 frames faces, and how much relevance each of them holds."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from fer_models.errors import UserError
from fer_models.explain.attribution import Attribution

Point = tuple[float, float]

#: Landmarks in FER2013's framing as (x, y) shares of the crop, left and right as seen in the picture.
EYES: tuple[Point, Point] = ((0.315, 0.385), (0.672, 0.393))
NOSE: Point = (0.476, 0.600)
MOUTH_CORNERS: tuple[Point, Point] = ((0.340, 0.744), (0.629, 0.754))

#: Regions in the order in which they claim pixels: a pixel belongs to the first that covers it.
REGIONS: tuple[str, ...] = ("eyes", "brows", "mouth", "nose", "forehead", "chin", "cheeks", "background")


def region_masks(size: int | tuple[int, int], eyes: tuple[Point, Point] | None = None) -> dict[str, np.ndarray]:
    """Template masks of an aligned face; they share no pixel and together cover the picture.

    The template is a frontal face with the eyes, nose and mouth corners where FER2013's crops have them on average.
    ``cheeks`` is all skin beside nose and mouth, ``background`` everything outside the face's oval, hair included.

    Args:
        size: side of the square crop, or (H, W), in pixels.
        eyes: centres of both eyes as (x, y) shares of the crop; the template is turned, scaled and moved onto them.
            ``None`` trusts the framing of the crop.

    Returns:
        Name to bool (H, W), the names of :data:`REGIONS`.

    Raises:
        UserError: If both eyes are at the same place.
    """
    x, y = template_grid(size, eyes)
    claims = {
        "eyes": _both(x, y, (0.0, 0.0), (0.105, 0.062)),
        "brows": _both(x, y, (0.0, -0.115), (0.140, 0.055)),
        "mouth": ellipse(x, y, _middle(MOUTH_CORNERS), (0.200, 0.105)),
        "nose": ellipse(x, y, (NOSE[0], NOSE[1] - 0.065), (0.105, 0.175)),
        "forehead": (y < EYES[0][1] - 0.05) & (np.abs(x - 0.49) < 0.40),
        "chin": (y > 0.845) & (np.abs(x - 0.485) < 0.26),
        "cheeks": np.ones_like(x, dtype=bool),
    }
    face = ellipse(x, y, (0.490, 0.500), (0.450, 0.540))
    free, masks = face.copy(), {}
    for name, claim in claims.items():
        masks[name] = claim & free
        free &= ~claim
    masks["background"] = ~face
    return {name: masks[name] for name in REGIONS}


def region_relevance(attribution: Attribution, masks: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Share of each picture's positive relevance in each region.

    Args:
        masks: name to bool (H, W), the same for all pictures, or (B, H, W).

    Returns:
        Name to float64 (B,); ``nan`` where nothing is positive.

    Raises:
        UserError: If a mask does not fit the map.
    """
    positive = attribution.positive.astype(np.float64)
    total = positive.sum((1, 2))
    shares = {}
    for name, mask in masks.items():
        if mask.shape not in (positive.shape, positive.shape[1:]):
            raise UserError(f"The mask of {name} is {mask.shape}, the map {positive.shape}; they must fit.")
        inside = (positive * mask).sum((1, 2))
        shares[name] = np.divide(inside, total, out=np.full(len(total), np.nan), where=total > 0)
    return shares


def region_areas(masks: Mapping[str, np.ndarray]) -> dict[str, float]:
    """Share of the picture that each region covers, which is also its share of an even map."""
    return {name: float(mask.mean()) for name, mask in masks.items()}


def background_alarm(shares: Mapping[str, np.ndarray], masks: Mapping[str, np.ndarray]) -> np.ndarray:
    """bool (B,): whether the background's share of the relevance exceeds its share of the picture.

    Masks of (B, H, W) are compared picture by picture.
    """
    mask = masks["background"]
    return np.asarray(np.nan_to_num(shares["background"], nan=0.0) > mask.mean((-2, -1)))


def template_grid(
    size: int | tuple[int, int], eyes: tuple[Point, Point] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Template coordinates x and y, (H, W), of every pixel's centre."""
    height, width = (size, size) if isinstance(size, int) else size
    columns, rows = (np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height
    points = columns[None, :] + 1j * rows[:, None]
    if eyes is not None:
        eye_points, template = [complex(*eye) for eye in eyes], [complex(*eye) for eye in EYES]
        if abs(eye_points[1] - eye_points[0]) < 1e-6:
            raise UserError("Both eyes are at the same place; give two different ones, or none.")
        # Turn, scale and shift in the plane are one complex product and one sum.
        points = template[0] + (points - eye_points[0]) * (template[1] - template[0]) / (eye_points[1] - eye_points[0])
    return points.real, points.imag


def ellipse(x: np.ndarray, y: np.ndarray, centre: Point, radii: Point) -> np.ndarray:
    """bool, inside an upright ellipse in template coordinates."""
    return ((x - centre[0]) / radii[0]) ** 2 + ((y - centre[1]) / radii[1]) ** 2 <= 1


def _both(x: np.ndarray, y: np.ndarray, offset: Point, radii: Point) -> np.ndarray:
    """An ellipse at each eye, moved by ``offset``: outwards, down."""
    (left_x, left_y), (right_x, right_y) = EYES
    outwards, down = offset
    left = ellipse(x, y, (left_x - outwards, left_y + down), radii)
    return left | ellipse(x, y, (right_x + outwards, right_y + down), radii)


def _middle(points: tuple[Point, Point]) -> Point:
    return (points[0][0] + points[1][0]) / 2, (points[0][1] + points[1][1]) / 2
