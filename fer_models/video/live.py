"""Read a running camera: no frame waits for the detector, and only the numbers of the last minute are kept."""

from __future__ import annotations

import threading
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

import numpy as np

from fer_models.classifier import Classifier
from fer_models.crop import Crop, crop_for
from fer_models.explain import explain
from fer_models.explain.own_attention.maps import attention_maps
from fer_models.faces.detect import Face, detect_faces
from fer_models.video.annotate import draw_face, lay_heatmap
from fer_models.video.timeline import GAP
from fer_models.video.track import Tracker, reduced, scaled

#: The overlay on the largest face.
Layer = Literal["none", "heatmap", "attention"]
#: Seconds of readings that are kept.
MINUTE = 60.0
#: Seconds from one detection to the next with a tracked face and without one: a search without a face takes longer.
_INTERVAL, _INTERVAL_EMPTY = 0.35, 0.5
_LONGEST = 320
#: Time constant of the smoothing in seconds: the longer ago the last reading, the more the new one counts.
SMOOTHING_SECONDS = 0.3
_RATE_SPAN = 2.0


@dataclass(frozen=True)
class History:
    """The largest face of the last minute: ``seconds`` (T,), 0 is now, and probabilities (T, K), raw and smoothed."""

    seconds: np.ndarray
    raw: np.ndarray
    smoothed: np.ndarray
    classes: tuple[str, ...]


class LiveReader:
    """Draws box, class and heatmap into the frames of a camera.

    :meth:`read` is called from the camera's thread, everything else from the page's; a lock guards the shared state.
    The detector runs in its own thread on a reduced copy; meanwhile faces are tracked from frame to frame.

    Args:
        classifier: The network.
        layer: The overlay on the largest face.
        detector: A key of the detectors, or ``"auto"``.
    """

    def __init__(self, classifier: Classifier, layer: Layer = "none", detector: str = "auto"):
        self._classifier, self._layer, self._detector = classifier, layer, detector
        self._guard = threading.Lock()
        self._readings: deque[tuple[float, np.ndarray, np.ndarray]] = deque()
        self._people: deque[tuple[float, np.ndarray]] = deque()
        self._ends: deque[float] = deque()
        self._work: deque[float] = deque(maxlen=60)
        self._smoothed: dict[int, tuple[float, np.ndarray]] = {}
        self._tracker = Tracker()
        self._searcher = ThreadPoolExecutor(1, "face search")
        self._search: Future[tuple[np.ndarray, list[Face]]] | None = None
        self._searched = float("-inf")
        self._shape: tuple[int, ...] = ()

    def set(self, classifier: Classifier, layer: Layer) -> None:
        """Use another network or layer from the next frame on; another network clears the history."""
        with self._guard:
            if classifier is not self._classifier:
                self._readings.clear()
                self._people.clear()
                self._smoothed.clear()
            self._classifier, self._layer = classifier, layer

    def read(self, image: np.ndarray, now: float | None = None) -> np.ndarray:
        """A copy of the frame, uint8 RGB (H, W, 3), with box, class and overlay of each face drawn in.

        Args:
            image: uint8 RGB (H, W, 3).
            now: Seconds on a monotonic clock; the system's if ``None``.

        Raises:
            UserError: If the detector's file is missing or damaged.
        """
        start = time.perf_counter()
        now = time.monotonic() if now is None else now
        with self._guard:
            classifier, layer = self._classifier, self._layer
        small, scale = reduced(image, _LONGEST)
        faces = [(number, scaled(face, 1 / scale)) for number, face in self._faces(small, now)]
        canvas = image.copy()
        if faces:
            self._classify(canvas, image, faces, classifier, layer, now=now)
        with self._guard:
            self._ends.append(now)
            while self._ends[0] < now - _RATE_SPAN:
                self._ends.popleft()
            self._work.append(time.perf_counter() - start)
        return canvas

    def history(self, now: float | None = None) -> History:
        """Readings of the largest face in the last minute."""
        now = time.monotonic() if now is None else now
        with self._guard:
            readings, classes = list(self._readings), self._classifier.classes
        if not readings:
            empty = np.zeros((0, len(classes)), np.float32)
            return History(np.zeros(0), empty, empty, classes)
        times, raw, smoothed = zip(*readings, strict=True)
        return History(np.array(times) - now, np.array(raw), np.array(smoothed), classes)

    @property
    def classes(self) -> tuple[str, ...]:
        """Of the network."""
        return self._classifier.classes

    def people(self, now: float | None = None) -> tuple[np.ndarray, np.ndarray]:
        """How many faces each frame of the last minute showed: seconds (T,), 0 is now, and int64 (T, K) by class."""
        now = time.monotonic() if now is None else now
        with self._guard:
            people, classes = list(self._people), self._classifier.classes
        if not people:
            return np.zeros(0), np.zeros((0, len(classes)), np.int64)
        times, counts = zip(*people, strict=True)
        return np.array(times) - now, np.array(counts)

    def rate(self) -> float:
        """Frames a second over the last two seconds, 0 before the second frame."""
        with self._guard:
            if len(self._ends) < 2:
                return 0.0
            return (len(self._ends) - 1) / max(1e-6, self._ends[-1] - self._ends[0])

    def milliseconds(self) -> float:
        """Median processing time of the last frames, from input to drawn frame."""
        with self._guard:
            return 1000 * float(np.median(self._work)) if self._work else 0.0

    def close(self) -> None:
        """End the detector's thread."""
        self._searcher.shutdown(wait=False, cancel_futures=True)

    def _faces(self, small: np.ndarray, now: float) -> list[tuple[int, Face]]:
        """Number and box of every face in the reduced frame, the largest first."""
        if small.shape != self._shape:  # The camera was changed.
            self._tracker, self._shape, self._search = Tracker(), small.shape, None
        if self._search is not None and self._search.done():
            searched_frame, detections = self._search.result()
            self._search = None
            # The detections belong to an earlier frame: match them there; tracking brings them to this one.
            self._tracker.update(searched_frame, detections)
        wait = _INTERVAL if self._tracker.tracks else _INTERVAL_EMPTY
        if self._search is None and now - self._searched >= wait:
            self._searched = now
            self._search = self._searcher.submit(self._detect, small)
        tracks = self._tracker.follow(small)
        return [(t.number, t.face) for t in sorted(tracks, key=lambda t: -t.face.area)]

    def _detect(self, small: np.ndarray) -> tuple[np.ndarray, list[Face]]:
        return small, detect_faces(small, self._detector)

    def _classify(
        self,
        canvas: np.ndarray,
        image: np.ndarray,
        faces: list[tuple[int, Face]],
        classifier: Classifier,
        layer: Layer,
        *,
        now: float,
    ) -> None:
        preprocess = classifier.checkpoint.preprocess
        crops: list[tuple[int, Crop]] = []
        for number, face in faces:
            try:
                crops.append((number, crop_for(image, face, preprocess)))
            except ValueError:  # A face that was tracked out of the image.
                continue
        prediction = classifier.predict([crop.pixels for _, crop in crops])
        smoothed = {}
        for rank, (number, crop) in enumerate(crops):
            raw = prediction.probabilities[rank]
            smoothed[number] = (now, self._smooth(number, raw, now))
            values = smoothed[number][1]
            best = int(values.argmax())
            if rank == 0:
                heat = _map(classifier, crop.pixels, best, layer)
                if heat is not None:
                    lay_heatmap(canvas, crop.corners, heat)
                with self._guard:
                    if classifier is self._classifier:
                        self._readings.append((now, raw, values))
                    while self._readings and self._readings[0][0] < now - MINUTE:
                        self._readings.popleft()
            name = classifier.classes[best]
            draw_face(canvas, crop.corners, name, f"{name} {100 * values[best]:.0f} %")
        leading = [int(values.argmax()) for _, values in smoothed.values()]
        with self._guard:
            self._smoothed = smoothed if classifier is self._classifier else {}
            if classifier is self._classifier:
                self._people.append((now, np.bincount(leading, minlength=len(classifier.classes))))
            while self._people and self._people[0][0] < now - MINUTE:
                self._people.popleft()

    def _smooth(self, number: int, raw: np.ndarray, now: float) -> np.ndarray:
        with self._guard:
            previous = self._smoothed.get(number)
        if previous is None or now - previous[0] > GAP or len(previous[1]) != len(raw):
            return raw
        weight = np.exp(-(now - previous[0]) / SMOOTHING_SECONDS)
        mixed: np.ndarray = (weight * previous[1] + (1 - weight) * raw).astype(np.float32)
        return mixed


def read_still(classifier: Classifier, image: np.ndarray, faces: list[Face], layer: Layer = "none") -> np.ndarray:
    """One picture, uint8 RGB (H, W, 3), with box, class and probability on each face, as :class:`LiveReader` draws."""
    reader = LiveReader(classifier, layer)
    canvas = image.copy()
    if faces:
        numbered = list(enumerate(sorted(faces, key=lambda face: -face.area), 1))
        reader._classify(canvas, image, numbered, classifier, layer, now=0.0)
    reader.close()
    return canvas


def _map(classifier: Classifier, pixels: np.ndarray, target: int, layer: Layer) -> np.ndarray | None:
    """A map (S, S) in [0, 1] over the crop; ``None`` without a layer or if the layer has no map."""
    if layer == "heatmap":
        attribution = explain(classifier, classifier.prepare([pixels]), target=target)
        return attribution.heatmap()[0] if attribution.has_positive[0] else None
    if layer == "attention":
        maps = [m.overlay for m in attention_maps(classifier, classifier.prepare([pixels]), 1) if m.overlay is not None]
        if maps:
            # The last layer is the nearest to the prediction.
            values = maps[-1][0]
            low, high = float(values.min()), float(values.max())
            return (values - low) / (high - low) if high > low else None
    return None
