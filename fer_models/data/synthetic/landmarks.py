"""Landmarks: which control points have a name."""

from __future__ import annotations

import numpy as np

_PLACES: dict[str, tuple[str, int]] = {}
for _side in ("right", "left"):
    _PLACES |= {
        f"{_side}_brow_inner": (f"brow_line_{_side}", 0),
        f"{_side}_brow_middle": (f"brow_line_{_side}", 2),
        f"{_side}_brow_outer": (f"brow_line_{_side}", 4),
        f"{_side}_eye_inner": (f"eye_{_side}", 0),
        f"{_side}_eye_top": (f"eye_{_side}", 2),
        f"{_side}_eye_outer": (f"eye_{_side}", 4),
        f"{_side}_eye_bottom": (f"eye_{_side}", 6),
        f"{_side}_pupil": (f"iris_{_side}", 0),
        f"{_side}_nose_wing": (f"wing_{_side}", 2),
        f"{_side}_cheek": (f"cheek_{_side}", 4),
    }
_PLACES |= {
    "nose_bridge": ("nose_ridge", 0),
    "nose_tip": ("nose_tip", 0),
    "right_mouth_corner": ("mouth", 0),
    "left_mouth_corner": ("mouth", 6),
    "upper_lip_top": ("mouth", 3),
    "upper_lip_bottom": ("mouth_inner", 3),
    "lower_lip_top": ("mouth_inner", 9),
    "lower_lip_bottom": ("mouth", 9),
    "chin": ("face", 8),
    "right_jaw": ("face", 11),
    "left_jaw": ("face", 5),
}

LANDMARK_NAMES: tuple[str, ...] = tuple(_PLACES)
"""Order of the landmarks; right and left are the person's own: the person's right is on the left of the picture."""


def locate(controls: dict[str, np.ndarray]) -> np.ndarray:
    """Landmarks, float64 (L, 2), in the pixels of the projected control points."""
    return np.array([controls[curve][at] for curve, at in _PLACES.values()])
