"""Where a unit moved the face, and how much of a heatmap lies there."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import cv2
import numpy as np

from fer_models.errors import UserError
from fer_models.explain.attribution import Attribution
from fer_models.lab.drawing import draw, drawn_size
from fer_models.lab.parameters import FaceParameters

#: Change in grey levels above which a pixel counts as moved.
_VISIBLE = 3
#: How far around a changed pixel counts too, as a share of the side: the edges of a part move, not its middle.
_MARGIN = 0.02


def moved_masks(face: FaceParameters, size: int) -> dict[str, np.ndarray]:
    """The pixels that each moved unit changes: the picture against the same one with this unit at 0.

    Both are drawn without blur and noise; a margin of 2 % of the side belongs to a mask. A unit that another one hides
    (both pull the same lip corner) has an empty mask.

    Args:
        face: Its parameters.
        size: Side of the masks in pixels.

    Returns:
        Unit to bool (size, size), for the units above 0.

    Example:
        >>> masks = moved_masks(FaceParameters(units={"AU04": 0.9, "AU12": 0.9}), 48)
        >>> rows = {unit: int(np.nonzero(mask)[0].mean()) for unit, mask in masks.items()}
        >>> rows["AU04"] < 24 < rows["AU12"]  # the brows above the middle, the mouth below
        True
    """
    clean = dataclasses.replace(face, blur=0.0, noise=0.0)
    side = drawn_size(size)
    whole = draw(clean, size=side, colour=False).image[:, :, 0].astype(np.int16)
    reach = 2 * max(1, round(_MARGIN * side)) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    masks = {}
    for unit in face.moved:
        without = draw(clean.with_units(**{unit: 0.0}), size=side, colour=False).image[:, :, 0]
        changed = (np.abs(whole - without) > _VISIBLE).astype(np.uint8)
        mask = cv2.dilate(changed, kernel)
        if side != size:
            mask = cv2.resize(mask, (size, size), interpolation=cv2.INTER_NEAREST)
        masks[unit] = mask > 0
    return masks


@dataclass(frozen=True)
class UnitShare:
    """How much of a heatmap lies where a unit moved the face.

    Args:
        mass: Share of the positive relevance in the mask, in [0, 1]; ``nan`` where nothing is positive.
        area: Share of the picture that the mask covers, which is the mass of an even map.
    """

    mass: float
    area: float

    @property
    def ratio(self) -> float:
        """How many times the mass of an even map; ``nan`` for an empty mask."""
        return self.mass / self.area if self.area > 0 else float("nan")


def unit_shares(attribution: Attribution, masks: dict[str, np.ndarray], position: int = 0) -> dict[str, UnitShare]:
    """The share of a heatmap in each mask.

    Args:
        attribution: Heatmaps (B, H, W).
        masks: Name to bool (H, W), as of :func:`moved_masks`.
        position: Of the picture in the batch.

    Raises:
        UserError: If a mask does not fit the heatmap.
    """
    positive = attribution.positive[position].astype(np.float64)
    total = float(positive.sum())
    shares = {}
    for name, mask in masks.items():
        if mask.shape != positive.shape:
            raise UserError(f"The mask of {name} is {mask.shape}, the heatmap {positive.shape}; they must fit.")
        mass = float(positive[mask].sum()) / total if total > 0 else float("nan")
        shares[name] = UnitShare(mass, float(mask.mean()))
    return shares
