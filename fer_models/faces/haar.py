"""Haar cascades: OpenCV's boosted classifiers, always available; two of them must agree before a face is reported."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import cv2
import cv2.data
import numpy as np

from fer_models.faces.face import DETECTORS, Detector, Face, to_longest_side, turned
from fer_models.faces.image import resize

_LONGEST = 640
_SHORTEST = 160
#: Measured on 48-pixel faces of FER2013: 52 of 60 are found with this border, framed at full size; 44 without it.
_BORDER = 0.25
_STEP = 1.1
#: Windows belong together when their centres lie within this part of the smaller side, their sides within this ratio.
_NEAR = 0.35
_RATIO = 1.4
#: Candidates whose centres are closer than this part of their mean side are one face.
_APART = 0.6
#: A profile window is larger than a frontal one around the same face; this brings it to the frontal framing.
_PROFILE_SCALE = 0.88

_FRONTAL = ("frontalface_default", "frontalface_alt2")
_PROFILE = "profileface"

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class _Pass:
    """One search of the reduced picture: turned by degrees, shrunk, its histogram equalised; frontal or profile."""

    angle: float = 0.0
    shrink: float = 1.0
    equalised: bool = False
    profile: bool = False


@dataclass(frozen=True)
class _Stage:
    """Passes whose votes are added up, the votes that give the score 0.5, and the smallest side (part of 640)."""

    passes: tuple[_Pass, ...]
    frontal: float
    profile: float = 6.0
    smallest: float = 0.0


_UPRIGHT = (_Pass(), _Pass(shrink=0.6))
#: Votes for false windows, measured on 20 photographs and textures without faces and on the surroundings of faces in
#: six photographs and their mirror images: at most 3.5 in the first stage (faces: 6 and more, one 3.5), 5.9 and once
#: 12 in the second (11 and more), 3.9 in the third (5).
_STAGES = (
    _Stage((_Pass(),), frontal=4.0),
    _Stage(
        (
            *_UPRIGHT,
            _Pass(angle=25, shrink=0.6),
            _Pass(angle=-25, shrink=0.6),
            _Pass(shrink=0.6, profile=True),
        ),
        frontal=10.0,
    ),
    _Stage((*_UPRIGHT, _Pass(equalised=True), _Pass(shrink=0.6, equalised=True)), frontal=4.5, smallest=0.14),
)


@DETECTORS.register("haar")
class HaarCascades(Detector):
    """Frontal and profile cascades in up to three stages; a face is where they vote for nearly the same window.

    A pass lists every window that a cascade accepts; windows that lie together are a candidate, and the one with most
    votes suppresses what it covers. With ``d`` and ``a`` votes of the two frontal cascades, its strength is ``sqrt(d
    a)`` over the stage's threshold, or the votes of the profile cascade (one direction) over theirs, whichever is
    larger; the score is ``strength / (strength + 1)``: 0.5 at the threshold, near 1 for hundreds of votes. The
    cascades' own stage sums are not used: on photographs they are higher for some false windows than for true faces.

    The stages are upright; then turned by 25 degrees to both sides and in profile; then equalised, for one large face.
    The next stage is searched only while no face is found.
    """

    title = "Haar cascades"
    summary = "Two of OpenCV's boosted cascades, which must agree. Nothing to download; best on upright frontal faces."
    source = "Viola and Jones, Robust Real-Time Face Detection, IJCV 2004; OpenCV's trained cascades."
    square_scale = 1.03
    default_threshold = 0.5

    def __init__(self) -> None:
        # A cascade is not thread-safe: it keeps state while it searches.
        self._lock = threading.Lock()
        self._cascades: dict[str, cv2.CascadeClassifier] = {}

    def detect(self, image: np.ndarray, min_size: float, score_threshold: float) -> list[Face]:
        """Faces on a copy with longest side 640 pixels (160 for smaller pictures)."""
        small, scale = to_longest_side(image, _LONGEST, _SHORTEST)
        grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
        # A small image is often one face up to its edges, and search windows do not reach beyond the border.
        border = round(_BORDER * max(grey.shape)) if scale > 1 else 0
        grey = cv2.copyMakeBorder(grey, border, border, border, border, cv2.BORDER_REPLICATE)
        votes: dict[_Pass, np.ndarray] = {}
        for stage in _STAGES:
            smallest = max(min_size * scale, stage.smallest * max(grey.shape))
            for part in stage.passes:
                if part not in votes:
                    with self._lock:
                        votes[part] = self._votes(grey, part, min_size * scale)
            candidates = _merge(np.vstack([votes[part] for part in stage.passes]), stage)
            faces = [
                Face(_unscaled(box, border, scale), score, None, "haar")
                for box, score in candidates
                if score >= min(score_threshold, self.default_threshold) and box[2] - box[0] >= smallest
            ]
            if faces:
                # A higher threshold asks for more certain faces, not for a longer search.
                return [face for face in faces if face.score >= score_threshold]
        return []

    def _votes(self, grey: np.ndarray, part: _Pass, smallest: float) -> np.ndarray:
        """Accepted windows, a row each: centre x, centre y, side, voter (0, 1 frontal; 2, 3 profile and mirrored)."""
        height, width = (max(1, round(side * part.shrink)) for side in grey.shape)
        picture = resize(grey, (height, width))
        if part.equalised:
            picture = cv2.equalizeHist(picture)
        picture, back = turned(picture, part.angle)
        mirrored = np.ascontiguousarray(picture[:, ::-1])
        searches = ((_PROFILE, picture, 2), (_PROFILE, mirrored, 3)) if part.profile else ()
        rows = []
        window = max(24, int(smallest * part.shrink))
        for name, view, voter in searches or ((_FRONTAL[0], picture, 0), (_FRONTAL[1], picture, 1)):
            for x, y, side, _ in self._cascade(name).detectMultiScale(view, _STEP, 0, 0, (window, window)):
                middle = x + side / 2 if voter < 3 else picture.shape[1] - x - side / 2
                centre = back @ (middle, y + side / 2, 1)
                rows.append((*(centre / part.shrink), side / part.shrink, voter))
        return np.array(rows, dtype=np.float64).reshape(-1, 4)

    def _cascade(self, name: str) -> cv2.CascadeClassifier:
        if name not in self._cascades:
            self._cascades[name] = cv2.CascadeClassifier(f"{cv2.data.haarcascades}haarcascade_{name}.xml")
        return self._cascades[name]


def _unscaled(box: Box, border: float, scale: float) -> Box:
    left, top, right, bottom = ((edge - border) / scale for edge in box)
    return left, top, right, bottom


def _merge(votes: np.ndarray, stage: _Stage) -> list[tuple[Box, float]]:
    """Boxes and scores of the candidates, strongest first, without those that overlap a stronger one."""
    candidates: list[tuple[Box, float]] = []
    x, y, side, voter = votes.T
    smaller = np.minimum(side[:, None], side)
    together = np.hypot(x[:, None] - x, y[:, None] - y) < _NEAR * smaller
    together &= np.maximum(side[:, None], side) < _RATIO * smaller
    remaining = np.ones(len(votes), bool)
    while remaining.any():
        default, other, profile, mirrored = ((together & (remaining & (voter == k))).sum(axis=1) for k in range(4))
        frontal_strength = np.sqrt(default * other) / stage.frontal
        profile_strength = np.maximum(profile, mirrored) / stage.profile
        strength = np.maximum(frontal_strength, profile_strength) * remaining
        best = int(strength.argmax())
        if strength[best] == 0:
            break
        frontal = frontal_strength[best] >= profile_strength[best]
        group = together[best] & remaining & (voter < 2 if frontal else voter >= 2)
        cx, cy, width = (float(np.median(values[group])) for values in (x, y, side))
        width *= 1.0 if frontal else _PROFILE_SCALE
        box = (cx - width / 2, cy - width / 2, cx + width / 2, cy + width / 2)
        candidates.append((box, float(strength[best] / (strength[best] + 1))))
        # Windows of any size on this face are not a second one.
        remaining &= (np.hypot(x - cx, y - cy) > (width + side) / 2 * _APART) & ~(together[best] & remaining)
    return candidates
