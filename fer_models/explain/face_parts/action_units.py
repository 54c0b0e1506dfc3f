"""Where facial action units show, and whether a heatmap agrees with those of the class that it explains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from fer_models.data.synthetic import AU_REGIONS
from fer_models.errors import UserError
from fer_models.explain.attribution import Attribution
from fer_models.explain.face_parts.regions import EYES, MOUTH_CORNERS, Point, ellipse, region_masks, template_grid
from fer_models.labels import EMOTION_ACTION_UNITS, canonical, is_emotion


def unit_areas(size: int | tuple[int, int], points: Sequence[Point] | None = None) -> dict[str, np.ndarray]:
    """Area of each action unit on an aligned face, name to bool (H, W).

    The regions are those of :data:`~fer_models.data.synthetic.AU_REGIONS`, as for drawn faces, cut to where the unit
    moves the skin: the inner brow (AU01) lies between the eyes' centres, the outer (AU02) beyond them; of the cheeks,
    AU06 raises the part under the eyes and AU12 that beside the mouth. Units of one side lie at that mouth corner,
    which is on the left of the picture for the person's right.

    Args:
        size: as for :func:`~fer_models.explain.face_parts.regions.region_masks`.
        points: as for :func:`~fer_models.explain.face_parts.regions.region_masks`.
    """
    masks = region_masks(size, points)
    x, y = template_grid(size, points)
    areas = {unit: np.any([masks[name] for name in names], axis=0) for unit, names in AU_REGIONS.items()}
    inner = (x > EYES[0][0]) & (x < EYES[1][0])
    areas["AU01"] &= inner
    areas["AU02"] &= ~inner
    areas["AU06"] &= y < 0.62
    areas["AU12"] &= masks["mouth"] | (y > 0.55)
    corner = ellipse(x, y, MOUTH_CORNERS[0], (0.10, 0.10))
    return areas | {"R12": corner, "R14": corner}


def unit_agreement(
    attribution: Attribution,
    classes: Sequence[str],
    areas: Mapping[str, np.ndarray] | None = None,
    units: Sequence[Sequence[str]] | None = None,
) -> dict[str, np.ndarray]:
    """How well each heatmap agrees with the action units of the class that it explains.

    Args:
        classes: names of the network's classes.
        areas: unit to bool (H, W); :func:`unit_areas` of the map's size if ``None``.
        units: the ground truth of each picture (built-in faces); ``None`` for the units of the class.

    Returns:
        ``mass``, share of the positive relevance inside the units' areas; ``rank``, of as many of the strongest pixels
        as the areas hold, the share inside; ``cosine`` between the heatmap and the number of units at each pixel;
        ``area``, the share of the picture that the areas cover, the mass and rank of an
        even map. Each float64 (B,), ``nan`` for a class without units and where nothing is positive.

    Raises:
        UserError: If an area does not fit the map, a unit is unknown, or the units are not one list a picture.
    """
    values = attribution.values.astype(np.float64)
    areas = unit_areas((values.shape[1], values.shape[2])) if areas is None else areas
    if units is None:
        units = [_units_of(classes[k]) for k in attribution.target]
    if len(units) != len(values):
        raise UserError(f"There are {len(values)} heatmaps and units of {len(units)} images; give as many of both.")
    rows = [
        _agree(value, part, [_area(areas, unit, value) for unit in names])
        for value, part, names in zip(values, attribution.positive.astype(np.float64), units, strict=True)
    ]
    return {name: np.array([row[k] for row in rows]) for k, name in enumerate(("mass", "rank", "cosine", "area"))}


def _units_of(name: str) -> tuple[str, ...]:
    return EMOTION_ACTION_UNITS[canonical(name)] if is_emotion(name) else ()


def _area(areas: Mapping[str, np.ndarray], unit: str, value: np.ndarray) -> np.ndarray:
    if unit not in areas:
        raise UserError(f"There is no area for the action unit {unit!r}; choose one of: {', '.join(sorted(areas))}.")
    if areas[unit].shape != value.shape:
        raise UserError(f"The area of {unit} is {areas[unit].shape}, the map {value.shape}; they must fit.")
    return areas[unit]


def _agree(value: np.ndarray, positive: np.ndarray, areas: list[np.ndarray]) -> tuple[float, float, float, float]:
    if not areas or not positive.any():
        return np.nan, np.nan, np.nan, np.nan
    number = np.sum(areas, axis=0).astype(np.float64)
    inside = number > 0
    count = int(inside.sum())
    if not count:
        return np.nan, np.nan, np.nan, np.nan
    mass = positive[inside].sum() / positive.sum()
    draw = np.random.default_rng(0).random(value.size)  # ties in a drawn order, not from the top of the picture
    first = np.lexsort((draw, -value.ravel()))[:count]
    rank = inside.ravel()[first].mean()
    cosine = (positive * number).sum() / np.sqrt((positive**2).sum() * (number**2).sum())
    return float(mass), float(rank), float(cosine), count / value.size
