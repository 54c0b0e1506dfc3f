"""A face cropped for a network, with masks of its parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from fer_models.crop import Crop, crop_for
from fer_models.data.synthetic import AU_REGIONS
from fer_models.explain import Attribution
from fer_models.explain.face_parts.action_units import unit_agreement, unit_areas
from fer_models.explain.face_parts.regions import (
    background_alarm,
    region_areas,
    region_masks,
    region_relevance,
    turned_away,
)
from fer_models.faces.eyes import find_eyes
from fer_models.faces.face import Face
from fer_models.preprocess import Preprocess
from fer_models.robustness import FaceGeometry
from workbench.app import pictures
from workbench.face.model import samples

#: Part names of drawn faces to the names of the template.
_DRAWN = {"hair": "background", "skin": "rest of the face"}


@dataclass(frozen=True)
class Framed:
    """A face cropped for a network, with masks of its parts.

    Args:
        crop: as the network gets it.
        masks: region to bool (S, S); they share no pixel.
        source: where the masks come from, in words.
        geometry: of eyes and mouth, for covers drawn over the face.
        unit_areas: action unit to bool (S, S), from the same source as the masks.
        problem: why the regions do not fit this face, so that nothing is measured with them; ``None`` if they do.
    """

    crop: Crop
    masks: dict[str, np.ndarray]
    source: str
    geometry: FaceGeometry
    unit_areas: dict[str, np.ndarray]
    problem: str | None = None


def frame(image: np.ndarray, face: Face, preprocess: Preprocess, sample: str | None = None) -> Framed:
    """Crop a face for a network and find its regions.

    A drawn sample has true masks. On photographs a template is laid onto the detector's five points, else onto the eyes
    of the eye cascade, else onto their usual position in the crop.

    Args:
        image: uint8 RGB (H, W, 3). sample: key of the drawn face, if it is one.
    """
    crop = crop_for(image, face, preprocess)
    side = crop.pixels.shape[0]
    geometry = FaceGeometry.of(face, crop.corners)
    if geometry.eyes is None and (eyes := find_eyes(crop.large)) is not None:
        (ax, ay), (bx, by) = eyes.tolist()
        geometry = FaceGeometry(((ax, ay), (bx, by)))
        source = "a template laid onto the eyes that a cascade found"
    elif geometry.landmarks is not None:
        source = "a template laid onto the detector's eyes, nose and mouth corners"
    else:
        source = "a template at the usual places of a face in its frame, since no eyes were found"
    if sample is not None:
        drawn = _warped(samples.masks(sample), crop.corners, side)
        areas = {unit: np.any([drawn[name] for name in names], axis=0) for unit, names in AU_REGIONS.items()}
        return Framed(crop, drawn, "the drawing itself, so they are true", geometry, areas)
    problem = None if geometry.landmarks is None else turned_away(geometry.landmarks)
    points = geometry.eyes if geometry.landmarks is None or problem else geometry.landmarks
    return Framed(crop, region_masks(side, points), source, geometry, unit_areas(side, points), problem)


@dataclass(frozen=True)
class RegionShares:
    """Share of the positive relevance in each region, and the region's share of the area, both in [0, 1].

    Args:
        alarm: whether the background holds more relevance than its share of the area.
        units: of the predicted class's action units: ``mass`` and ``area``; ``None`` for a class without units.
    """

    shares: dict[str, float]
    areas: dict[str, float]
    alarm: bool
    units: tuple[float, float] | None

    @property
    def rows(self) -> list[tuple[str, float, float]]:
        """Region, share and area, the highest ratio of share to area first."""
        rows = [(name, self.shares[name], area) for name, area in self.areas.items() if area > 0]
        return sorted(rows, key=lambda row: -row[1] / row[2])


def region_shares(attribution: Attribution, classes: tuple[str, ...], framed: Framed) -> RegionShares | None:
    """Relevance of a map by region; ``None`` without positive evidence, and where the regions do not fit the face."""
    if not attribution.has_positive[0] or framed.problem is not None:
        return None
    masks = framed.masks
    relevance = region_relevance(attribution, masks)
    agreement = unit_agreement(attribution, classes, framed.unit_areas)
    mass, area = float(agreement["mass"][0]), float(agreement["area"][0])
    return RegionShares(
        {name: float(values[0]) for name, values in relevance.items()},
        region_areas(masks),
        bool(background_alarm(relevance, masks)[0]),
        None if np.isnan(mass) else (mass, area),
    )


def outlined(framed: Framed, side: int) -> np.ndarray:
    """The crop enlarged to about ``side`` pixels with the borders of its regions, uint8 (side, side, 3)."""
    face = pictures.enlarged(pictures.as_rgb(framed.crop.pixels), side)
    number = np.zeros(framed.crop.pixels.shape[:2], np.uint8)
    for place, mask in enumerate(framed.masks.values()):
        number[mask] = place
    large = pictures.enlarged(number, side)
    border = np.zeros(large.shape, bool)
    border[1:] |= large[1:] != large[:-1]
    border[:, 1:] |= large[:, 1:] != large[:, :-1]
    face = face.copy()
    face[cv2.dilate(border.astype(np.uint8), np.ones((2, 2), np.uint8)) > 0] = (255, 170, 0)
    return face


def _warped(masks: Mapping[str, np.ndarray], corners: object, side: int) -> dict[str, np.ndarray]:
    """Masks of a whole picture, warped to the crop; pixels beyond the picture are background."""
    ends = np.array([[0, 0], [side, 0], [side, side], [0, side]], np.float32)
    matrix = cv2.getPerspectiveTransform(np.asarray(corners, np.float32), ends)
    result: dict[str, np.ndarray] = {}
    for name, mask in masks.items():
        cut = cv2.warpPerspective(mask.astype(np.uint8), matrix, (side, side), flags=cv2.INTER_NEAREST) > 0
        name = _DRAWN.get(name, name)
        result[name] = result[name] | cut if name in result else cut
    result["background"] |= ~np.any(list(result.values()), axis=0)
    return result
