"""A face cropped for a network, with masks of its parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from fer_models.crop import Crop, crop_for
from fer_models.explain import Attribution
from fer_models.explain.face_parts.action_units import unit_agreement, unit_areas
from fer_models.explain.face_parts.regions import background_alarm, region_areas, region_masks, region_relevance
from fer_models.faces.eyes import find_eyes
from fer_models.faces.face import Face
from fer_models.preprocess import Preprocess
from fer_models.robustness import FaceGeometry
from workbench.face.model import samples

#: Part names of drawn faces to the names of the template.
_DRAWN = {"hair": "background", "skin": "other skin"}


@dataclass(frozen=True)
class Framed:
    """A face cropped for a network, with masks of its parts.

    Args:
        crop: as the network gets it.
        masks: region to bool (S, S); they share no pixel. source: where the masks come from, in words.
        geometry: of eyes and mouth, for covers drawn over the face.
    """

    crop: Crop
    masks: dict[str, np.ndarray]
    source: str
    geometry: FaceGeometry


def frame(image: np.ndarray, face: Face, preprocess: Preprocess, sample: str | None = None) -> Framed:
    """Crop a face for a network and find its regions.

    A drawn sample has true masks. On photographs a template is aligned with the eyes: those of the detector, else
    those of the eye cascade, else their usual position in the crop.

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
    elif geometry.eyes is not None:
        source = "a template laid onto the detector's eyes"
    else:
        source = "a template at the usual places of a face in its frame, since no eyes were found"
    masks = region_masks(side, geometry.eyes)
    if sample is not None:
        masks = _warped(samples.masks(sample), crop.corners, side)
        source = "the drawing itself, so they are true"
    return Framed(crop, masks, source, geometry)


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


def region_shares(
    attribution: Attribution, classes: tuple[str, ...], masks: Mapping[str, np.ndarray], geometry: FaceGeometry
) -> RegionShares | None:
    """Relevance of a map by region; ``None`` for a map without positive evidence."""
    if not attribution.has_positive[0]:
        return None
    relevance = region_relevance(attribution, masks)
    agreement = unit_agreement(attribution, classes, unit_areas(attribution.values.shape[1], geometry.eyes))
    mass, area = float(agreement["mass"][0]), float(agreement["area"][0])
    return RegionShares(
        {name: float(values[0]) for name, values in relevance.items()},
        region_areas(masks),
        bool(background_alarm(relevance, masks)[0]),
        None if np.isnan(mass) else (mass, area),
    )


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
