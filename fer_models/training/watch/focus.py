"""How focused the maps of watched faces get, epoch by epoch."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from fer_models.training.watch.history import Watched


@dataclass(frozen=True)
class Focus:
    """Means over the watched faces after each of E epochs; ``nan`` where no face can be measured.

    Args:
        epochs: int64 (E,).
        entropy: float64 (E,), of the heat over the pixels, in [0, 1]: 1 for an even map, 0 for a single pixel.
        face: float64 (E,), share of the heat on the face, of drawn faces.
        units: float64 (E,), share of the heat where the true action units move the face, of drawn faces with units.
        face_area: Share of the picture that these faces cover, the value of an even map.
        units_area: Share of the picture that these units cover.
        own: float64 (E,), probability of the true class, of all faces.
    """

    epochs: np.ndarray
    entropy: np.ndarray
    face: np.ndarray
    units: np.ndarray
    face_area: float
    units_area: float
    own: np.ndarray


def entropy(heat: np.ndarray) -> np.ndarray:
    """Entropy of maps (..., h, w) as shares of their sum, divided by that of an even map; ``nan`` for an empty map.

    Example:
        >>> even, point = np.ones((4, 4)), np.eye(1, 16).reshape(4, 4)
        >>> entropy(np.stack([even, point, 0 * even])).tolist()
        [1.0, 0.0, nan]
    """
    values = np.asarray(heat, np.float64)
    total = values.sum((-2, -1), keepdims=True)
    share = np.divide(values, total, out=np.zeros_like(values), where=total > 0)
    bits = -np.where(share > 0, share * np.log(np.where(share > 0, share, 1.0)), 0.0).sum((-2, -1))
    return np.where(total[..., 0, 0] > 0, np.abs(bits) / np.log(values.shape[-1] * values.shape[-2]), np.nan)


def focus(watched: Watched) -> Focus:
    """Measure the kept maps.

    Args:
        watched: Of a run.
    """
    heat = watched.heat.astype(np.float64)
    epochs, count = heat.shape[:2]
    nothing, drawn = np.full(epochs, np.nan), watched.faces.drawn
    own = watched.scores[:, np.arange(count), watched.faces.targets].astype(np.float64).mean(1)
    if not heat.shape[-1]:
        return Focus(watched.epochs, nothing, nothing, nothing, np.nan, np.nan, own)
    masks = _masks(watched, heat.shape[-1])
    shares = {name: (_share(heat[:, drawn], mask), mask.mean((-2, -1))) for name, mask in masks.items()}
    means = {name: (_mean(value), _area(area)) for name, (value, area) in shares.items()}
    face, face_area = means.get("face", (nothing, np.nan))
    units, units_area = means.get("units", (nothing, np.nan))
    return Focus(watched.epochs, _mean(entropy(heat)), face, units, face_area, units_area, own)


def _masks(watched: Watched, side: int) -> dict[str, np.ndarray]:
    """bool (D, side, side) of the D drawn faces: the face, and where its units move it."""
    truth = watched.faces.truth(max(side, 48))
    if truth is None:
        return {}
    masks = {"face": ~truth.masks["background"], "units": truth.expression}
    return {name: np.stack([_fit(one, side) for one in mask]) for name, mask in masks.items()}


def _fit(mask: np.ndarray, side: int) -> np.ndarray:
    return cv2.resize(mask.astype(np.uint8), (side, side), interpolation=cv2.INTER_NEAREST_EXACT) > 0


def _share(heat: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """(E, D) share of the heat (E, D, h, w) inside; ``nan`` for an empty map and an empty mask."""
    total, inside = heat.sum((-2, -1)), (heat * mask).sum((-2, -1))
    measured = (total > 0) & mask.any((-2, -1))
    return np.divide(inside, total, out=np.full(total.shape, np.nan), where=measured)


def _mean(values: np.ndarray) -> np.ndarray:
    """Mean over the faces that can be measured, (E,)."""
    known = np.isfinite(values)
    number = known.sum(1)
    return np.divide(np.where(known, values, 0).sum(1), number, out=np.full(len(values), np.nan), where=number > 0)


def _area(area: np.ndarray) -> float:
    """Mean share of the picture over the faces that have such a part."""
    return float(area[area > 0].mean()) if (area > 0).any() else np.nan
