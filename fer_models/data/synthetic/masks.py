"""Which part of the face each pixel shows."""

from __future__ import annotations

import cv2
import numpy as np

from fer_models.data.synthetic.geometry import SIDES
from fer_models.data.synthetic.sketch import SHIFT

REGIONS: tuple[str, ...] = ("background", "skin", "forehead", "cheeks", "nose", "mouth", "eyes", "brows", "hair")
"""Names of the masks. They share no pixel and together cover the picture; ``skin`` is the skin that no other names."""


def region_masks(curves: dict[str, np.ndarray], side: int, size: int) -> dict[str, np.ndarray]:
    """Masks, bool (size, size), from the curves of a canvas of ``side`` pixels.

    Clothes and whatever hides the face count as background, a head scarf as hair, beard and glasses as what lies
    under them. The eyes reach from the lid's crease to below the lower lid, and brows and mouth a little beyond
    their edge, since that is where their change shows.
    """
    label = np.zeros((side, side), np.uint8)

    def paint(names: list[str], region: str, grow: float = 0.0) -> None:
        value = REGIONS.index(region)
        for name in names:
            if name not in curves:
                continue
            cv2.fillPoly(label, [curves[name]], value, cv2.LINE_8, SHIFT)
            if grow:
                cv2.polylines(label, [curves[name]], True, value, max(1, round(grow * side)), cv2.LINE_8, SHIFT)

    def both(name: str) -> list[str]:
        return [f"{name}_{side}" for side in SIDES]

    face = np.zeros((side, side), np.uint8)
    cv2.fillPoly(face, [curves["face"]], 1, cv2.LINE_8, SHIFT)
    paint(["hair_back"], "hair")
    paint(["neck"] if "hair_wrap" in curves else ["neck", *both("ear")], "skin")
    paint(["hair_wrap"], "hair")
    paint(["shoulders"], "background")
    outside = label.copy()
    paint(["forehead_region"], "forehead")
    paint(both("cheek_region"), "cheeks")
    label[(face == 0) | (label == 0)] = 0
    label[face == 0] = outside[face == 0]
    label[(face == 1) & ((label == 0) | (label == REGIONS.index("hair")))] = REGIONS.index("skin")
    paint(["nose"], "nose", grow=0.012)
    paint(both("lid") + both("eye") + both("lash"), "eyes", grow=0.012)
    paint(both("brow"), "brows", grow=0.012)
    paint(both("eye"), "eyes")
    paint(both("brow"), "brows")
    paint(["mouth"], "mouth", grow=0.016)
    paint(["hair"], "hair", grow=0.016)
    paint([name for name in curves if name.startswith("occluder_")], "background")
    step = side // size
    label = label[step // 2 :: step, step // 2 :: step]
    return {name: label == value for value, name in enumerate(REGIONS)}
