"""Ground truth of built-in faces at a network's resolution: the part of each pixel, and the units that move it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import cv2
import numpy as np

from fer_models.data import builtin
from fer_models.data.dataset import FaceDataset
from fer_models.data.opening import split_options
from fer_models.data.synthetic import AU_NAMES, AU_REGIONS, SyntheticOptions, generate_face
from fer_models.settings import from_text

#: Regions of a drawn face. ``rest of the face`` is chin, temples, ears and neck; hair is background, as in the
#: template.
DRAWN_REGIONS: tuple[str, ...] = (
    "eyes",
    "brows",
    "mouth",
    "nose",
    "forehead",
    "cheeks",
    "rest of the face",
    "background",
)
_SMALLEST = 48


@dataclass(frozen=True)
class DrawnTruth:
    """Ground truth of B drawn faces.

    Args:
        masks: name of a region to bool (B, H, W); they share no pixel and together cover the pictures.
        units: the action units that make each picture's expression; none for neutral.
        unit_areas: for each picture, unit to bool (H, W), where that unit changes the picture most.
    """

    masks: dict[str, np.ndarray]
    units: tuple[tuple[str, ...], ...]
    unit_areas: tuple[dict[str, np.ndarray], ...]

    @property
    def expression(self) -> np.ndarray:
        """bool (B, H, W): all pixels that the expression's units move; empty for neutral faces."""
        shape = next(iter(self.masks.values())).shape
        masks = np.zeros(shape, bool)
        for mask, units, areas in zip(masks, self.units, self.unit_areas, strict=True):
            for unit in units:
                mask |= areas[unit]
        return masks


def drawn_options(dataset: FaceDataset) -> SyntheticOptions | None:
    """Options of a data set of built-in faces; ``None`` for any other."""
    if dataset.name != builtin.NAME:
        return None
    _, texts = split_options(dataset.source)
    return from_text(SyntheticOptions, texts)


def drawn_truth(options: SyntheticOptions, rows: np.ndarray, size: int) -> DrawnTruth:
    """Masks and units of the faces ``rows`` (B,) of a set, for pictures brought to ``size`` pixels a side.

    The scene does not depend on the size of the drawing, so the masks are drawn again at that size (3 ms a face).
    """
    sized = dataclasses.replace(options, size=min(max(size, _SMALLEST), 224))
    faces = [generate_face(sized, int(row)) for row in rows]
    drawn_masks = [{name: _fit(mask, size) for name, mask in face.masks.items()} for face in faces]
    merged = [_merged(masks) for masks in drawn_masks]
    return DrawnTruth(
        {name: np.stack([masks[name] for masks in merged]) for name in DRAWN_REGIONS},
        tuple(tuple(unit for unit in AU_NAMES if unit in face.action_units) for face in faces),
        tuple(
            {unit: np.any([masks[name] for name in AU_REGIONS[unit]], axis=0) for unit in face.action_units}
            for masks, face in zip(drawn_masks, faces, strict=True)
        ),
    )


def _merged(masks: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    regions = {name: masks[name] for name in DRAWN_REGIONS if name in masks}
    return regions | {"background": masks["background"] | masks["hair"], "rest of the face": masks["skin"]}


def _fit(mask: np.ndarray, size: int) -> np.ndarray:
    if len(mask) == size:
        return mask
    return cv2.resize(mask.astype(np.uint8), (size, size), interpolation=cv2.INTER_NEAREST_EXACT).astype(bool)
