"""Read the expressions of a video: who is seen when, and what a network predicts for each face."""

from __future__ import annotations

import dataclasses
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated

import numpy as np
from pydantic import Field

from fer_models.classifier import Classifier
from fer_models.crop import crop_for
from fer_models.errors import UserError
from fer_models.faces.detect import DETECTORS, Face, detector_for
from fer_models.image_quality import Quality, quality_of
from fer_models.progress import Progress, silent
from fer_models.settings import checked
from fer_models.video.opening import Video, VideoInfo
from fer_models.video.timeline import SHORTEST, Stretch, band, smooth, stretches
from fer_models.video.track import Follower, scaled

_BATCH = 64
#: Readings that repay the seconds of :meth:`Classifier.optimise`: for VGG 8 s against 9 ms a reading, on two cores.
REPAID = 1000
#: In a video searched at least this often, a face that was detected only once counts as a false detection.
_SEARCHES = 4


@checked("Video")
class ReadingOptions:
    """How a video is read.

    Raises:
        UserError: If a value is out of range; the message names it.
    """

    every: Annotated[int, Field(ge=1, description="Read every n-th frame.")] = 1
    detect_every: Annotated[
        int,
        Field(
            ge=1,
            description="Run the detector on every n-th frame that is read; faces are tracked in between.",
        ),
    ] = 3
    smoothing: Annotated[str, Field(description="A key of fer_models.video.timeline.SMOOTHINGS.")] = "window"
    width: Annotated[
        float,
        Field(description="Of the smoothing, in seconds; it always spans at least one reading on each side."),
    ] = 0.4
    detector: Annotated[str, Field(description="A key of the detectors, or auto.")] = "auto"
    longest: Annotated[
        int, Field(description="Longest side in pixels of the reduced copy that the detector searches.")
    ] = 480
    smallest: Annotated[
        float,
        Field(
            ge=0,
            description="Least width and height of a face in pixels of the video; less than 24 of that copy never "
            "counts.",
        ),
    ] = 0.0
    score: Annotated[
        float | None,
        Field(ge=0, le=1, description="Smallest score of a face; none for the detector's default."),
    ] = None

    def __post_init__(self) -> None:
        smooth(np.zeros((1, 1)), np.zeros(1), self.smoothing, self.width)
        detector_for(self.detector)


@dataclass(frozen=True)
class Person:
    """One person's readings, T of them in order of time.

    Args:
        number: Counted from 1 in the order of appearance.
        frames: int64 (T,), numbers of the video's frames.
        seconds: float64 (T,) after the start.
        faces: T boxes in pixels of the video.
        detected: bool (T,), ``False`` where the face was tracked.
        raw: float32 (T, K), probabilities of each frame alone.
        smoothed: float32 (T, K), smoothed in time.
        low: float32 (T,), lower edge of the band of the leading class's raw probability.
        high: float32 (T,), upper edge of that band.
        stretches: Where one class led, with its peak.
        embeddings: float16 (T, F), the network's features; ``None`` if they were not kept.
        quality: T measures of the face: light, contrast, sharpness, size, tilt.
    """

    number: int
    frames: np.ndarray
    seconds: np.ndarray
    faces: list[Face]
    detected: np.ndarray
    raw: np.ndarray
    smoothed: np.ndarray
    low: np.ndarray
    high: np.ndarray
    stretches: list[Stretch]
    embeddings: np.ndarray | None = None
    quality: Sequence[Quality] = ()

    @property
    def doubtful(self) -> float:
        """Share of the readings that are hard to trust by the quality of the face, in [0, 1]."""
        return sum(bool(each.doubts) for each in self.quality) / max(1, len(self.quality))


@dataclass(frozen=True)
class VideoReading:
    """The readings of a video.

    Args:
        info: Of the video.
        classes: The network's.
        options: How it was read.
        persons: In the order of appearance.
        frames_read: Number of frames.
        work: Seconds that this took.
        notes: Sentences for the user.
        empty: Number and second of each frame without a face.
    """

    info: VideoInfo
    classes: tuple[str, ...]
    options: ReadingOptions
    persons: list[Person]
    frames_read: int
    work: float
    notes: list[str]
    empty: Sequence[tuple[int, float]] = ()

    def person(self, number: int) -> Person:
        """The person of that number.

        Raises:
            UserError: If there is none.
        """
        for person in self.persons:
            if person.number == number:
                return person
        raise UserError(f"There is no person {number} in this video.")


@dataclass
class _Readings:
    """One person's readings while the video is being read."""

    frames: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    faces: list[Face] = field(default_factory=list)
    detected: list[bool] = field(default_factory=list)
    raw: list[np.ndarray] = field(default_factory=list)
    embeddings: list[np.ndarray] = field(default_factory=list)
    quality: list[Quality] = field(default_factory=list)
    hits: int = 0


def read_expressions(
    video: Video,
    classifier: Classifier,
    options: ReadingOptions | None = None,
    *,
    embeddings: bool = False,
    progress: Progress = silent,
) -> VideoReading:
    """Track and classify every face of a video.

    Frames are decoded one at a time and faces classified 64 at a time. Only numbers are kept, some hundred bytes a face
    and frame.

    Args:
        video: The video.
        classifier: The network.
        options: How the video is read; the defaults of :class:`ReadingOptions` if ``None``.
        embeddings: Keep the network's features too, for a network of sequences.
        progress: Called with the fraction done, 0 if the length is unknown, and a message; an exception raised in it
            ends the work.

    Raises:
        UserError: If the video cannot be decoded or the detector's file is missing or damaged.
    """
    options = options or ReadingOptions()
    start = time.perf_counter()
    follower: Follower | None = None
    preprocess = classifier.checkpoint.preprocess
    readings: dict[int, _Readings] = {}
    waiting: list[tuple[int, np.ndarray]] = []

    def classify() -> None:
        prediction = classifier.predict([crop for _, crop in waiting], batch_size=_BATCH)
        for (number, _), raw, features in zip(waiting, prediction.probabilities, prediction.embedding, strict=True):
            readings[number].raw.append(raw)
            if embeddings:
                readings[number].embeddings.append(features.astype(np.float16))
        waiting.clear()

    times: dict[int, float] = {}
    for frame in video.frames(options.every):
        times[frame.index] = frame.seconds
        factor = video.info.width / frame.image.shape[1]
        if follower is None:
            smallest = options.smallest / factor
            follower = Follower(options.detector, options.detect_every, options.longest, smallest, options.score)
        for track in follower.step(frame.image):
            try:
                crop = crop_for(frame.image, track.face, preprocess)
            except ValueError:  # A face that was tracked out of the image.
                continue
            person = readings.setdefault(track.number, _Readings())
            person.frames.append(frame.index)
            person.seconds.append(frame.seconds)
            person.faces.append(scaled(track.face, factor))
            person.detected.append(track.detected)
            person.quality.append(quality_of(frame.image, track.face, crop))
            person.hits = track.hits
            waiting.append((track.number, crop.pixels))
        if len(waiting) >= _BATCH:
            classify()
        total = video.info.frames
        progress(min(1.0, frame.index / total) if total else 0.0, f"{len(times):,} frames read")
    classify()
    searches = -(-len(times) // options.detect_every)
    reliable = [track for track in readings.values() if track.hits > 1 or searches < _SEARCHES]
    persons = [_person(number, track, classifier.classes, options) for number, track in enumerate(reliable, 1)]
    notes = list(video.notes)
    seen = {int(frame) for person in persons for frame in person.frames}
    empty = [(index, second) for index, second in times.items() if index not in seen]
    notes += _notes(persons, options.detector)
    work = time.perf_counter() - start
    return VideoReading(video.info, classifier.classes, options, persons, len(times), work, notes, empty)


def _notes(persons: list[Person], detector: str) -> list[str]:
    """Why no face was found, or why what was found is hard to read."""
    if not persons:
        title = DETECTORS[detector_for(detector)].title
        return [f"No face was found by {title}; faces should be at least a twentieth of the image wide."]
    doubts = Counter(doubt.split(":")[0] for person in persons for each in person.quality for doubt in each.doubts)
    readings = sum(len(person.quality) for person in persons)
    common = [f"{doubt} in {100 * n / readings:.0f} %" for doubt, n in doubts.most_common() if n >= readings / 10]
    return [f"Hard to read: {', '.join(common)} of {readings:,} readings."] if common else []


def smooth_again(reading: VideoReading, smoothing: str, width: float) -> VideoReading:
    """The same reading with another smoothing, without reading or classifying again.

    Raises:
        UserError: If there is no such smoothing or the width is not positive.
    """
    options = dataclasses.replace(reading.options, smoothing=smoothing, width=width)
    persons = [_smoothed(person, reading.classes, options) for person in reading.persons]
    return dataclasses.replace(reading, options=options, persons=persons)


def _person(number: int, readings: _Readings, classes: tuple[str, ...], options: ReadingOptions) -> Person:
    embeddings = np.array(readings.embeddings) if readings.embeddings else None
    raw = np.array(readings.raw, np.float32)
    leading = raw.max(1)
    unsmoothed = Person(
        number=number,
        frames=np.array(readings.frames),
        seconds=np.array(readings.seconds),
        faces=readings.faces,
        detected=np.array(readings.detected),
        raw=raw,
        smoothed=raw,
        low=leading,
        high=leading,
        stretches=[],
        embeddings=embeddings,
        quality=readings.quality,
    )
    return _smoothed(unsmoothed, classes, options)


def _smoothed(person: Person, classes: tuple[str, ...], options: ReadingOptions) -> Person:
    """The person with smoothed probabilities, band and stretches computed from the raw probabilities."""
    raw, seconds = person.raw, person.seconds
    # Smoothing needs a neighbour on each side of a reading, however far apart the frames are.
    step = float(np.median(np.diff(seconds))) if len(seconds) > 1 else 0.0
    width = max(options.width, 2 * step)
    smoothed = smooth(raw, seconds, options.smoothing, width)
    low, high = band(np.take_along_axis(raw, smoothed.argmax(1)[:, None], 1)[:, 0], seconds, width)
    parts = stretches(smoothed, seconds, classes, max(SHORTEST, 1.5 * step))
    return dataclasses.replace(person, smoothed=smoothed, low=low, high=high, stretches=parts)
