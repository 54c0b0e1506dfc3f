"""Position of eyes and mouth in a crop: from landmarks if there are any, else from the framing of FER2013."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fer_models.explain.face_parts.regions import EYES, MOUTH_CORNERS, Point, template_grid
from fer_models.faces.face import Face

_MOUTH: Point = tuple(np.mean(MOUTH_CORNERS, axis=0).tolist())
#: The point between the eyes about which the mouth stretches the template.
_BROW: Point = tuple(np.mean(EYES, axis=0).tolist())


@dataclass(frozen=True)
class FaceGeometry:
    """Eyes and mouth as (x, y) shares of the crop, left and right as seen in the picture; None for FER2013's framing.

    Args:
        eyes: centres of both eyes.
        mouth: centre of the mouth; read only together with ``eyes``.
        landmarks: all five points of the detector, in the order of :attr:`~fer_models.faces.face.Face.landmarks`.
    """

    eyes: tuple[Point, Point] | None = None
    mouth: Point | None = None
    landmarks: tuple[Point, ...] | None = None

    @classmethod
    def of(cls, face: Face, corners: Sequence[tuple[float, float]]) -> FaceGeometry:
        """Geometry in the crop of a face, from its detector's landmarks; the template's if there are none.

        Args:
            corners: of the crop in pixels of the picture, clockwise from the top left, as ``crop_face`` gives them.
        """
        if face.landmarks is None:
            return cls()
        origin, right, down = (np.asarray(corners[k], np.float64) for k in (0, 1, 3))
        to_shares = np.linalg.inv(np.column_stack([right - origin, down - origin]))
        landmarks = (np.asarray(face.landmarks, np.float64) - origin) @ to_shares.T
        left_eye, right_eye = (_point(landmark) for landmark in landmarks[:2])
        if np.hypot(left_eye[0] - right_eye[0], left_eye[1] - right_eye[1]) < 0.02:
            # A face in full profile: both eyes on one point would collapse the template.
            return cls(landmarks=tuple(_point(landmark) for landmark in landmarks))
        points = tuple(_point(landmark) for landmark in landmarks)
        return cls((left_eye, right_eye), _point(landmarks[3:5].mean(0)), points)

    def grid(self, height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
        """Template coordinates x and y, each (H, W), of every pixel: what is drawn at :data:`EYES` covers the eyes."""
        x, y = template_grid((height, width), self.eyes)
        if self.eyes is None or self.mouth is None:
            return x, y
        # The grid is affine: the mouth in the template follows from one pixel and two steps.
        column, row = self.mouth[0] * width - 0.5, self.mouth[1] * height - 0.5
        step = [(g[0, 0], g[0, 1] - g[0, 0] if width > 1 else 0.0, g[1, 0] - g[0, 0]) for g in (x, y)]
        at_x, at_y = (start + column * across + row * down for start, across, down in step)
        depth = at_y - _BROW[1]
        if not 0.15 < depth < 0.8:
            return x, y  # No mouth lies there; the eyes alone are safer.
        share = (y - _BROW[1]) / depth
        return x - (at_x - _MOUTH[0]) * share, _BROW[1] + share * (_MOUTH[1] - _BROW[1])


def _point(landmark: np.ndarray) -> Point:
    return float(landmark[0]), float(landmark[1])
