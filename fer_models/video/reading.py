"""Read the expressions of a video: who is seen when, and what a network says of each face."""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass, field
from typing import Annotated

import numpy as np
from pydantic import Field

from fer_models.classifier import Classifier
from fer_models.crop import crop_for
from fer_models.errors import UserError
from fer_models.faces.detect import Face, detector_for
from fer_models.progress import Progress, silent
from fer_models.settings import checked
from fer_models.video.opening import Video, VideoInfo
from fer_models.video.timeline import SHORTEST, Stretch, band, smooth, stretches
from fer_models.video.track import Follower, scaled

_BATCH = 64
#: A face that the detector found in a single frame of a video in which it looked this often is taken for a mistake.
_LOOKS = 4


@checked("Video")
class ReadingOptions:
    """How a video is read.

    Raises:
        UserError: If a value is out of range; the message names it.
    """

    every: Annotated[int, Field(ge=1, description="Only each of so many frames.")] = 1
    detect_every: Annotated[
        int,
        Field(
            ge=1,
            description="Of the frames read, only each of so many is searched for faces; between, they are followed.",
        ),
    ] = 3
    smoothing: Annotated[str, Field(description="A key of fer_models.video.timeline.SMOOTHINGS.")] = "window"
    width: Annotated[
        float,
        Field(description="Of the smoothing, in seconds; at least one reading on each side takes part."),
    ] = 0.4
    detector: Annotated[str, Field(description="A key of the detectors, or auto.")] = "auto"
    longest: Annotated[int, Field(description="Longest side of the copy that is searched, in pixels.")] = 480
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
        Field(ge=0, le=1, description="Smallest score of a face; none takes the detector's own default."),
    ] = None

    def __post_init__(self) -> None:
        smooth(np.zeros((1, 1)), np.zeros(1), self.smoothing, self.width)
        detector_for(self.detector)


@dataclass(frozen=True)
class Person:
    """One person's readings, T of them in order of time.

    Args:
        number: counted from 1 in the order of appearance.
        frames: int64 (T,), numbers of the video's frames.
        seconds: float64 (T,) after the start.
        faces: T boxes in pixels of the video.
        detected: bool (T,), ``False`` where the face was followed.
        raw: float32 (T, K), probabilities of each frame alone.
        smoothed: float32 (T, K), smoothed in time.
        low, high: float32 (T,), the band of the raw probability of the class that leads.
        stretches: where one class led, with its peak.
        embeddings: float16 (T, F), the network's features, or ``None`` where they were not asked for.
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


@dataclass(frozen=True)
class VideoReading:
    """What was read of a video; ``frames_read`` frames took ``work`` seconds; ``notes`` are sentences for a person."""

    info: VideoInfo
    classes: tuple[str, ...]
    options: ReadingOptions
    persons: list[Person]
    frames_read: int
    work: float
    notes: list[str]

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
class _Seen:
    """One person while the video is being read."""

    frames: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    faces: list[Face] = field(default_factory=list)
    detected: list[bool] = field(default_factory=list)
    raw: list[np.ndarray] = field(default_factory=list)
    embeddings: list[np.ndarray] = field(default_factory=list)
    hits: int = 0


def read_expressions(
    video: Video,
    classifier: Classifier,
    options: ReadingOptions | None = None,
    *,
    embeddings: bool = False,
    progress: Progress = silent,
) -> VideoReading:
    """Follow and classify every face of a video.

    Frames are decoded one at a time and faces classified 64 at a time; kept are numbers only, some hundred bytes a face
    and frame.

    Args:
        embeddings: keep the network's features too, for a network of sequences.
        progress: told how far it is, 0 where the length is unknown; an exception raised in it ends the work.

    Raises:
        UserError: If the video cannot be decoded or the detector's file is missing or damaged.
    """
    options = options or ReadingOptions()
    start = time.perf_counter()
    follower: Follower | None = None
    preprocess = classifier.checkpoint.preprocess
    seen: dict[int, _Seen] = {}
    waiting: list[tuple[int, np.ndarray]] = []

    def classify() -> None:
        prediction = classifier.predict([crop for _, crop in waiting], batch_size=_BATCH)
        for (number, _), raw, features in zip(waiting, prediction.probabilities, prediction.embedding, strict=True):
            seen[number].raw.append(raw)
            if embeddings:
                seen[number].embeddings.append(features.astype(np.float16))
        waiting.clear()

    read = 0
    for frame in video.frames(options.every):
        read += 1
        factor = video.info.width / frame.image.shape[1]
        if follower is None:
            smallest = options.smallest / factor
            follower = Follower(options.detector, options.detect_every, options.longest, smallest, options.score)
        for track in follower.step(frame.image):
            try:
                crop = crop_for(frame.image, track.face, preprocess)
            except ValueError:  # A face that was followed out of the picture.
                continue
            person = seen.setdefault(track.number, _Seen())
            person.frames.append(frame.index)
            person.seconds.append(frame.seconds)
            person.faces.append(scaled(track.face, factor))
            person.detected.append(track.detected)
            person.hits = track.hits
            waiting.append((track.number, crop.pixels))
        if len(waiting) >= _BATCH:
            classify()
        total = video.info.frames
        progress(min(1.0, frame.index / total) if total else 0.0, f"{read:,} frames read")
    classify()
    looks = -(-read // options.detect_every)
    kept = [item for item in seen.items() if item[1].hits > 1 or looks < _LOOKS]
    persons = [_person(number, one, classifier.classes, options) for number, (_, one) in enumerate(kept, 1)]
    notes = list(video.notes)
    if not persons:
        notes.append("No face was found; faces should be upright and at least a twentieth of the picture wide.")
    work = time.perf_counter() - start
    return VideoReading(video.info, classifier.classes, options, persons, read, work, notes)


def smooth_again(reading: VideoReading, smoothing: str, width: float) -> VideoReading:
    """The same reading with another smoothing; nothing is read or classified again.

    Raises:
        UserError: If there is no such smoothing or the width is not positive.
    """
    options = dataclasses.replace(reading.options, smoothing=smoothing, width=width)
    persons = [
        _smoothed(person.number, person.frames, person.seconds, person.faces, person.detected, person.raw,
                  person.embeddings, reading.classes, options)
        for person in reading.persons
    ]  # fmt: skip
    return dataclasses.replace(reading, options=options, persons=persons)


def _person(number: int, one: _Seen, classes: tuple[str, ...], options: ReadingOptions) -> Person:
    embeddings = np.array(one.embeddings) if one.embeddings else None
    return _smoothed(number, np.array(one.frames), np.array(one.seconds), one.faces, np.array(one.detected),
                     np.array(one.raw, np.float32), embeddings, classes, options)  # fmt: skip


def _smoothed(
    number: int,
    frames: np.ndarray,
    seconds: np.ndarray,
    faces: list[Face],
    detected: np.ndarray,
    raw: np.ndarray,
    embeddings: np.ndarray | None,
    classes: tuple[str, ...],
    options: ReadingOptions,
) -> Person:
    # A reading needs a neighbour on each side to be smoothed, however far apart the frames that are read lie.
    step = float(np.median(np.diff(seconds))) if len(seconds) > 1 else 0.0
    width = max(options.width, 2 * step)
    smoothed = smooth(raw, seconds, options.smoothing, width)
    low, high = band(np.take_along_axis(raw, smoothed.argmax(1)[:, None], 1)[:, 0], seconds, width)
    parts = stretches(smoothed, seconds, classes, max(SHORTEST, 1.5 * step))
    return Person(number, frames, seconds, faces, detected, raw, smoothed, low, high, parts, embeddings)
