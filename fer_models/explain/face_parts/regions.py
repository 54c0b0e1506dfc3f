"""Parts of the face on a crop framed as FER2013 frames faces, and how much relevance each of them holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from fer_models.errors import UserError
from fer_models.explain.attribution import Attribution

Point = tuple[float, float]

#: Landmarks in FER2013's framing as (x, y) shares of the crop, left and right as seen in the picture.
EYES: tuple[Point, Point] = ((0.315, 0.385), (0.672, 0.393))
NOSE: Point = (0.476, 0.600)
MOUTH_CORNERS: tuple[Point, Point] = ((0.340, 0.744), (0.629, 0.754))

#: Largest tilt in degrees, and where the nose must lie between the eyes, at which a frontal template is measured with.
MOST_TILT, NOSE_BETWEEN = 35, (0.15, 0.85)
#: How far a landmark may lie beyond the crop, as a share of its side.
_BEYOND = 0.02
#: Where the chin begins, and how far the mouth reaches below its corners.
_CHIN, _OPEN = 0.845, 0.150

#: Regions in the order in which they claim pixels: a pixel belongs to the first that covers it.
REGIONS: tuple[str, ...] = ("eyes", "brows", "mouth", "nose", "forehead", "chin", "cheeks", "background")


def region_masks(size: int | tuple[int, int], points: Sequence[Point] | None = None) -> dict[str, np.ndarray]:
    """Template masks of an aligned face; they share no pixel and together cover the picture.

    The template is a frontal face with the eyes, nose and mouth corners where FER2013's crops have them on average. The
    mouth reaches further down than up, since an open one hangs below its corners. ``cheeks`` is all skin beside nose
    and mouth, ``background`` everything outside the face's oval, hair included.

    Args:
        size: side of the square crop, or (H, W), in pixels.
        points: what the template is laid onto, as (x, y) shares of the crop: the centres of both eyes, or five
            landmarks in the order of :attr:`~fer_models.faces.face.Face.landmarks`. Two turn, scale and move it; five
            also stretch it each way, as a head turned to the side is narrower and an open mouth makes a face longer.
            ``None`` trusts the framing of the crop.

    Returns:
        Name to bool (H, W), the names of :data:`REGIONS`.

    Raises:
        UserError: If the points do not span a face.
    """
    x, y = template_grid(size, points)
    claims = {
        "eyes": _both(x, y, (0.0, 0.0), (0.105, 0.062)),
        "brows": _both(x, y, (0.0, -0.115), (0.140, 0.055)),
        "mouth": _mouth(x, y),
        "nose": ellipse(x, y, (NOSE[0], NOSE[1] - 0.065), (0.105, 0.175)),
        "forehead": (y < EYES[0][1] - 0.05) & (np.abs(x - 0.49) < 0.40),
        "chin": (y > _CHIN) & (np.abs(x - 0.485) < 0.26),
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


def turned_away(points: Sequence[Point]) -> str | None:
    """Why a template of a frontal face cannot be laid onto five landmarks, in words; ``None`` if it can.

    The tilt is the angle of the line between the eyes. The yaw is read from where the nose lies between the eyes: on a
    frontal face in the middle, in profile at one of them.

    Args:
        points: five landmarks as shares of a square crop.

    Example:
        >>> turned_away((*EYES, NOSE, *MOUTH_CORNERS)) is None
        True
    """
    left, right, nose = (complex(*point) for point in points[:3])
    if abs(right - left) < 0.02:
        return "the head is in profile"
    tilt = float(np.degrees(np.angle(right - left)))
    if abs(tilt) > MOST_TILT:
        return f"the head is tilted by {abs(tilt):.0f} degrees, more than {MOST_TILT}"
    if not all(-_BEYOND <= part <= 1 + _BEYOND for point in points for part in point):
        return "eyes, nose or mouth lie beyond the edge of the crop"
    place = ((nose - left) / (right - left)).real
    if not NOSE_BETWEEN[0] <= place <= NOSE_BETWEEN[1]:
        return "the head is turned too far to the side"
    return None


def template_grid(size: int | tuple[int, int], points: Sequence[Point] | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Template coordinates x and y, (H, W), of every pixel's centre; see :func:`region_masks` for the arguments."""
    height, width = (size, size) if isinstance(size, int) else size
    columns, rows = (np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height
    x, y = np.meshgrid(columns, rows)
    if points is None:
        return x, y
    if len(points) == 2:
        first, second = (complex(*point) for point in points)
        template = [complex(*eye) for eye in EYES]
        if abs(second - first) < 1e-6:
            raise UserError("Both eyes are at the same place; give two different ones, or none.")
        # Turn, scale and shift in the plane are one complex product and one sum.
        laid = template[0] + (x + 1j * y - first) * (template[1] - template[0]) / (second - first)
        return laid.real, laid.imag
    # The affine map of the template that comes closest to the five points, read backwards.
    template_points = np.column_stack([np.array((*EYES, NOSE, *MOUTH_CORNERS)), np.ones(5)])
    affine, *_ = np.linalg.lstsq(template_points, np.asarray(points, np.float64), rcond=None)
    if abs(np.linalg.det(affine[:2])) < 1e-3:
        raise UserError("The five points do not span a face; give those of a face seen from the front, or none.")
    back = np.linalg.inv(affine[:2])
    places = (np.stack([x, y], -1) - affine[2]) @ back
    return places[..., 0], places[..., 1]


def ellipse(x: np.ndarray, y: np.ndarray, centre: Point, radii: Point) -> np.ndarray:
    """bool, inside an upright ellipse in template coordinates."""
    return ((x - centre[0]) / radii[0]) ** 2 + ((y - centre[1]) / radii[1]) ** 2 <= 1


def _both(x: np.ndarray, y: np.ndarray, offset: Point, radii: Point) -> np.ndarray:
    """An ellipse at each eye, moved by ``offset``: outwards, down."""
    (left_x, left_y), (right_x, right_y) = EYES
    outwards, down = offset
    left = ellipse(x, y, (left_x - outwards, left_y + down), radii)
    return left | ellipse(x, y, (right_x + outwards, right_y + down), radii)


def _mouth(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    centre = _middle(MOUTH_CORNERS)
    lower = ellipse(x, y, centre, (0.200, _OPEN)) & (y > centre[1])
    return ellipse(x, y, centre, (0.200, 0.105)) | lower


def _middle(points: tuple[Point, Point]) -> Point:
    return (points[0][0] + points[1][0]) / 2, (points[0][1] + points[1][1]) / 2
