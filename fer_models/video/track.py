"""Track faces from frame to frame: detection every few frames, template matching in between, one number a person.

Two faces belong together when their boxes overlap, or when they lie near each other and look alike. Their appearance is
compared as small grey patches, normalised, so that a change of light does not matter. Nothing else is compared: someone
who leaves and comes back is a new person, and after a cut a similar face at the same position continues the track.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import cv2
import numpy as np

from fer_models.faces.face import Face
from fer_models.faces.image import resize
from fer_models.faces.turn import find_faces

#: Boxes that overlap by this much (intersection over union) are the same face, unless they look different.
_OVERLAP = 0.3
#: Boxes that overlap less must look alike this much (correlation of the patches) and lie within a side.
_ALIKE = 0.6
#: Overlapping boxes whose patches correlate less than this show two faces.
_UNLIKE = -0.1
#: Sides of a face in pixels of the searched copy: smaller ones are rarely detected and cannot be classified.
_LEAST = 24.0
#: The same face grows or shrinks between two detections by at most this.
_GROWTH = 1.6
#: A track continues when its template correlates this much with the best position near the last one.
_LEAST_FIT = 0.5
#: How far around its last position a face is searched for, in parts of its side.
_REACH = 0.35
_PATCH = 24
#: Detections in a row that may miss a face before its track ends.
_PATIENCE = 4
#: Quarter turns that are tried where no face is upright, and how often in vain before a video counts as upright.
_TURNS, _MOST_TURNS = (90, 270, 180), 8
#: Weight of a new detection's size against the current size: boxes of a still face tremble.
_SIZE_WEIGHT = 0.4


@dataclass
class Track:
    """One tracked face.

    Args:
        number: Of the person, counted from 1 in the order of appearance.
        face: The latest box, in pixels of the frames.
        patch: Normalised appearance, float32 (24, 24).
        template: Grey pixels of the face, uint8, searched for in the next frame.
        detected: Whether the detector found it in the latest frame; otherwise it was tracked.
        hits: Number of detections.
        misses: Detections in a row that did not find it.
    """

    number: int
    face: Face
    patch: np.ndarray
    template: np.ndarray
    detected: bool = True
    hits: int = 1
    misses: int = 0


class Tracker:
    """Tracks of a video whose frames come in order, all of one size.

    Pass each frame to :meth:`update` together with its detections, or to :meth:`follow` without any.
    """

    def __init__(self) -> None:
        self.tracks: list[Track] = []
        self._count = 0

    def update(self, frame: np.ndarray, faces: list[Face]) -> list[Track]:
        """Match detections with the tracks and return the tracks that continue, oldest first.

        Pairs are matched greedily, the highest sum of overlap and likeness first. A face without a track starts one. A
        track without a face is searched near its last position; it ends when that fails or after a few missed
        detections.

        Args:
            frame: uint8 RGB (H, W, 3).
            faces: Detections in pixels of the frame.
        """
        grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
        patches = [_patch(grey, face.box) for face in faces]
        matched = self._match(faces, patches)
        tracks = []
        for t, track in enumerate(self.tracks):
            if t in matched:
                _renew(track, faces[matched[t]], grey)
                tracks.append(track)
            else:
                track.misses += 1
                if track.misses <= _PATIENCE and _search(track, grey):
                    tracks.append(track)
        for f, face in enumerate(faces):
            if f not in matched.values():
                self._count += 1
                tracks.append(Track(self._count, face, patches[f], _cut(grey, face.box)))
        self.tracks = tracks
        return list(tracks)

    def _match(self, faces: list[Face], patches: list[np.ndarray]) -> dict[int, int]:
        """Position of a track to position of the face that continues it."""
        pairs = []
        for t, track in enumerate(self.tracks):
            for f, face in enumerate(faces):
                score = _match_score(track, face, patches[f])
                if score is not None:
                    pairs.append((score, t, f))
        matched: dict[int, int] = {}
        for _, t, f in sorted(pairs, reverse=True):
            if t not in matched and f not in matched.values():
                matched[t] = f
        return matched

    def follow(self, frame: np.ndarray) -> list[Track]:
        """Search for each face near its last position, in a frame without detection.

        A face that is not found keeps its box until the next detection.

        Args:
            frame: uint8 RGB (H, W, 3).
        """
        grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
        for track in self.tracks:
            _search(track, grey)
        return list(self.tracks)


class Follower:
    """Detector and tracker together: faces of each frame, with detection on a reduced copy of every few frames.

    Args:
        detector: A key of the detectors, or ``"auto"``.
        detect_every: Frames from one detection to the next; 1 detects in every frame.
        longest: Longest side of the reduced copy in pixels.
        smallest: Least width and height of a face in pixels of the frame; less than 24 of the copy never counts.
        score: Smallest score in [0, 1]; ``None`` for the detector's default.
    """

    def __init__(
        self,
        detector: str = "auto",
        detect_every: int = 5,
        longest: int = 480,
        smallest: float = 0.0,
        score: float | None = None,
    ):
        self.detector, self.detect_every, self.longest = detector, max(1, detect_every), longest
        self.smallest, self.score = smallest, score
        self.tracker = Tracker()
        self._frame = 0
        self._vain = 0

    def step(self, image: np.ndarray) -> list[Track]:
        """Tracks in the next frame, uint8 RGB (H, W, 3), with boxes in its pixels.

        Raises:
            UserError: If there is no such detector, or its file is missing or damaged.
        """
        small, scale = reduced(image, self.longest)
        # Without a track, every second frame is searched, so that a new face is detected soon.
        due = self._frame % (self.detect_every if self.tracker.tracks else min(2, self.detect_every)) == 0
        self._frame += 1
        if due:
            least = max(_LEAST, self.smallest * scale)
            tracks = self.tracker.update(small, self._find(small, least))
        else:
            tracks = self.tracker.follow(small)
        return [dataclasses.replace(track, face=scaled(track.face, 1 / scale)) for track in tracks]

    def _find(self, small: np.ndarray, least: float) -> list[Face]:
        """Faces of a frame, or of the turned frame, until that was in vain often enough."""
        angles = _TURNS if self._vain < _MOST_TURNS else ()
        faces = find_faces(small, self.detector, least, self.score, angles)
        self._vain += not any(face.angle for face in faces)
        return faces


def reduced(image: np.ndarray, longest: int) -> tuple[np.ndarray, float]:
    """A copy of at most ``longest`` pixels a side, and its scale (copy / original)."""
    scale = min(1.0, longest / max(image.shape[:2]))
    height, width = (max(1, round(side * scale)) for side in image.shape[:2])
    return resize(image, (height, width)), scale


def scaled(face: Face, factor: float) -> Face:
    """The same face in an image that is ``factor`` times as large."""
    left, top, right, bottom = (edge * factor for edge in face.box)
    landmarks = None if face.landmarks is None else (face.landmarks * factor).astype(np.float32)
    return dataclasses.replace(face, box=(left, top, right, bottom), landmarks=landmarks)


def overlap(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    """Intersection over union of two boxes (left, top, right, bottom), in [0, 1]."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    both = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1])
    return width * height / (both - width * height)


def _match_score(track: Track, face: Face, patch: np.ndarray) -> float | None:
    """Overlap plus likeness, or ``None`` if they cannot be the same face."""
    shared, alike = overlap(track.face.box, face.box), float((track.patch * patch).mean())
    (ax, ay), (bx, by) = _centre(track.face), _centre(face)
    near = np.hypot(ax - bx, ay - by) <= max(track.face.width, face.width)
    growth = max(track.face.area, 1.0) / max(face.area, 1.0)
    if not 1 / _GROWTH**2 <= growth <= _GROWTH**2:
        return None
    if (shared >= _OVERLAP and alike > _UNLIKE) or (near and alike >= _ALIKE):
        return shared + alike
    return None


def _renew(track: Track, face: Face, grey: np.ndarray) -> None:
    old = track.face
    width, height = (a + _SIZE_WEIGHT * (b - a) for a, b in ((old.width, face.width), (old.height, face.height)))
    x, y = _centre(face)
    box = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    track.face = dataclasses.replace(face, box=box)
    track.patch = 0.5 * track.patch + 0.5 * _patch(grey, box)
    track.template = _cut(grey, box)
    track.detected, track.hits, track.misses = True, track.hits + 1, 0


def _search(track: Track, grey: np.ndarray) -> bool:
    """Move the track to the best fit of its template; ``False`` if nothing nearby fits well enough."""
    track.detected = False
    template = track.template
    height, width = template.shape
    reach = max(4, round(_REACH * max(height, width)))
    left, top = round(track.face.box[0]) - reach, round(track.face.box[1]) - reach
    # Half the resolution is enough for a large face, at a quarter of the cost.
    step = 2 if min(height, width) >= 64 else 1
    window = _window(grey, left, top, width + 2 * reach, height + 2 * reach)[::step, ::step]
    fits = cv2.matchTemplate(window, np.ascontiguousarray(template[::step, ::step]), cv2.TM_CCOEFF_NORMED)
    _, best, _, (x, y) = cv2.minMaxLoc(fits)
    if not best >= _LEAST_FIT:
        return False
    dx = left + step * x - round(track.face.box[0])
    dy = top + step * y - round(track.face.box[1])
    if abs(dx) < step and abs(dy) < step:
        return True
    landmarks = track.face.landmarks
    moved = None if landmarks is None else landmarks + np.array([dx, dy], np.float32)
    a, b, c, d = track.face.box
    track.face = dataclasses.replace(track.face, box=(a + dx, b + dy, c + dx, d + dy), landmarks=moved)
    return True


def _centre(face: Face) -> tuple[float, float]:
    return (face.box[0] + face.box[2]) / 2, (face.box[1] + face.box[3]) / 2


def _cut(grey: np.ndarray, box: tuple[float, float, float, float]) -> np.ndarray:
    left, top = round(box[0]), round(box[1])
    return _window(grey, left, top, max(2, round(box[2] - box[0])), max(2, round(box[3] - box[1]))).copy()


def _window(grey: np.ndarray, left: int, top: int, width: int, height: int) -> np.ndarray:
    """A part of the picture that may reach beyond its border, where the edge is repeated."""
    if left >= 0 and top >= 0 and left + width <= grey.shape[1] and top + height <= grey.shape[0]:
        return grey[top : top + height, left : left + width]
    rows = np.clip(np.arange(top, top + height), 0, grey.shape[0] - 1)
    columns = np.clip(np.arange(left, left + width), 0, grey.shape[1] - 1)
    return grey[np.ix_(rows, columns)]


def _patch(grey: np.ndarray, box: tuple[float, float, float, float]) -> np.ndarray:
    """Appearance: float32 (24, 24), mean 0 and variance 1, or all 0 where the box has a single grey."""
    patch = cv2.resize(_cut(grey, box), (_PATCH, _PATCH), interpolation=cv2.INTER_AREA).astype(np.float32)
    patch -= patch.mean()
    spread = float(patch.std())
    return patch / spread if spread > 1 else np.zeros_like(patch)
