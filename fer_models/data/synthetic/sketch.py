"""Control points of a face on an approximate head in 3D, and their projection into the picture.

Face coordinates: one unit is the side of the picture at zoom 1; x to the right of the picture, y downwards with 0 at
the eyes, z out of the face with 0 in the plane of the ears.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from fer_models.data.synthetic.parameters import Nuisance

SHIFT = 4
"""Fractional bits of the fixed-point pixels that OpenCV draws with."""

EYE_LINE = 0.395
PIVOT_Y, PIVOT_Z = 0.16, 0.20

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Camera:
    """The affine view of one picture: from face coordinates to pixels of a square canvas."""

    side: int
    matrix: tuple[tuple[float, float, float], tuple[float, float, float]]
    origin: tuple[float, float]

    @classmethod
    def from_nuisance(cls, nuisance: Nuisance, side: int) -> Camera:
        """View of a canvas of ``side`` pixels under the pose, zoom and shift of ``nuisance``."""
        cy, sy = math.cos(math.radians(nuisance.yaw)), math.sin(math.radians(nuisance.yaw))
        cp, sp = math.cos(math.radians(nuisance.pitch)), math.sin(math.radians(nuisance.pitch))
        cr, sr = math.cos(math.radians(nuisance.roll)), math.sin(math.radians(nuisance.roll))
        across = (cy, 0.0, sy)
        down = (-sp * sy, cp, sp * cy)
        scale = nuisance.zoom * side
        matrix = (
            tuple(scale * (cr * a - sr * d) for a, d in zip(across, down, strict=True)),
            tuple(scale * (sr * a + cr * d) for a, d in zip(across, down, strict=True)),
        )
        origin = (
            (0.5 + nuisance.shift_x) * side - 0.5,
            (EYE_LINE + PIVOT_Y * nuisance.zoom + nuisance.shift_y) * side - 0.5,
        )
        return cls(side, matrix, origin)  # type: ignore[arg-type]

    def project(self, xyz: np.ndarray) -> np.ndarray:
        """Pixels (n, 2) of points (n, 3); written out, so that no matrix library decides the last bit."""
        x, y, z = xyz[:, 0], xyz[:, 1] - PIVOT_Y, xyz[:, 2] - PIVOT_Z
        pixels = np.empty((len(xyz), 2))
        for axis, (a, b, c) in enumerate(self.matrix):
            pixels[:, axis] = x * a + y * b + z * c + self.origin[axis]
        return pixels


def surface(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Height z of the face above the plane of the ears: an ellipsoid."""
    inside = 1.0 - (x / 0.46) ** 2 - ((y - 0.12) / 0.70) ** 2
    return 0.42 * np.sqrt(np.maximum(inside, 0.03))


@lru_cache(maxsize=256)
def spline_matrix(count: int, closed: bool, samples: int) -> np.ndarray:
    """Weights (n, count) that turn control points into a Catmull-Rom curve through them."""
    segments = count if closed else count - 1
    rows = np.zeros((segments * samples + (0 if closed else 1), count))
    for segment in range(segments):
        for step in range(samples):
            t = step / samples
            weights = (
                0.5 * (-t + 2 * t * t - t**3),
                0.5 * (2 - 5 * t * t + 3 * t**3),
                0.5 * (t + 4 * t * t - 3 * t**3),
                0.5 * (-t * t + t**3),
            )
            for offset, weight in zip((-1, 0, 1, 2), weights, strict=True):
                at = segment + offset
                at = at % count if closed else min(max(at, 0), count - 1)
                rows[segment * samples + step, at] += weight
    if not closed:
        rows[-1, -1] = 1.0
    return rows


class Sketch:
    """Named curves in face coordinates; :meth:`place` turns all of them into fixed-point pixels at once."""

    def __init__(self) -> None:
        self._names: list[str] = []
        self._kinds: list[tuple[int, bool, int]] = []
        self._points: list[tuple[float, float]] = []
        self._heights: list[float] = []

    def add(self, name: str, points: Points, z: float | None = None, lift: float = 0.0, *, closed: bool = True,
            samples: int = 4) -> None:  # fmt: skip
        """A smooth curve through ``points``; on the face's surface plus ``lift``, or in the plane ``z``."""
        self._names.append(name)
        self._kinds.append((len(points), closed, samples))
        self._points.extend(points)
        # Heights above the surface are marked by an offset that no real height reaches.
        self._heights.extend([lift + 100.0 if z is None else z] * len(points))

    def add_with_heights(self, name: str, points: Points, heights: Sequence[float | None], *, samples: int = 4) -> None:
        """A closed curve whose points lie in planes of their own, or on the surface where the height is None."""
        self._names.append(name)
        self._kinds.append((len(points), True, samples))
        self._points.extend(points)
        self._heights.extend(100.0 if z is None else z for z in heights)

    def place(self, camera: Camera) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """Curves as int32 fixed-point pixels (n, 2), and their control points as float pixels (k, 2)."""
        xyz = np.empty((len(self._points), 3))
        xyz[:, :2] = self._points
        heights = np.asarray(self._heights)
        on_face = heights > 50.0
        xyz[:, 2] = np.where(on_face, heights - 100.0 + surface(xyz[:, 0], xyz[:, 1]), heights)
        pixels = camera.project(xyz)
        curves, controls = {}, {}
        at = 0
        scaled = pixels * (1 << SHIFT)
        for name, (count, closed, samples) in zip(self._names, self._kinds, strict=True):
            controls[name] = pixels[at : at + count]
            curve = scaled[at : at + count] if samples == 1 else spline_matrix(count, closed, samples) @ scaled[
                at : at + count
            ]  # fmt: skip
            curves[name] = np.rint(curve).astype(np.int32)
            at += count
        return curves, controls
