"""A video on a page: the clip, its reading in the background, and one moment of it."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from fer_models.checkpoint import Checkpoint
from fer_models.classifier import Classifier
from fer_models.crop import crop_for
from fer_models.explain import explain
from fer_models.explain.overlay import overlay
from fer_models.faces.detect import detector_for
from fer_models.progress import Progress
from fer_models.video.annotate import annotate_video, draw_face, encode_webm
from fer_models.video.drawn import DrawnVideo
from fer_models.video.opening import Video, VideoInfo, open_video
from fer_models.video.reading import REPAID, Person, ReadingOptions, VideoReading, read_expressions
from fer_models.video.sequence import CONFIG, FOLDER, SequenceNetwork, load_sequence_network, read_person
from fer_models.video.track import scaled
from workbench.app import jobs
from workbench.app.jobs import Job
from workbench.app.pictures import as_rgb, enlarged

#: Default readings per second: expressions last a quarter of a second or more.
_READINGS = 10.0
SAMPLE = DrawnVideo()
#: A video with at most this many readings is read without a click.
AT_ONCE = 150
_PLAYED = {".mp4": "video/mp4", ".m4v": "video/mp4", ".mov": "video/mp4", ".webm": "video/webm", ".ogv": "video/ogg"}


@dataclass(frozen=True)
class Clip:
    """A video in memory, read by one job at a time.

    Args:
        name: Of the file.
        digest: Identity of its bytes.
        video: Its frames.
        data: Its bytes, for the player.
        lock: Held while it is read.
    """

    name: str
    digest: str
    video: Video
    data: bytes = field(default=b"", repr=False)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def info(self) -> VideoInfo:
        """Size, frame rate and duration."""
        return self.video.info

    @property
    def playable(self) -> str:
        """The kind of file as browsers name it; empty for one that they do not play."""
        return _PLAYED.get(Path(self.name).suffix.lower(), "")


@dataclass(frozen=True)
class Moment:
    """One face at one time.

    Args:
        picture: uint8 RGB, the frame with the face marked. crop: uint8 (S, S, C), what the network gets.
        heat: uint8 RGB, the heatmap of the leading class over the crop, or ``None`` without positive evidence.
        ranked: smoothed probabilities, the largest first. alone: class and probability of this frame alone.
    """

    frame: int
    seconds: float
    picture: np.ndarray
    crop: np.ndarray
    heat: np.ndarray | None
    ranked: list[tuple[str, float]]
    alone: tuple[str, float]


@cache
def sample() -> Clip:
    """A drawn face that changes its expression at known moments, as a webm in memory."""
    return clip(encode_webm(SAMPLE.frames(), SAMPLE.fps), "drawn face.webm")


def clip(data: bytes, name: str) -> Clip:
    """A video from the bytes of an upload.

    Raises:
        UserError: If it cannot be read.
    """
    return Clip(name, hashlib.sha256(data).hexdigest(), open_video(data, name), data)


def readings(info: VideoInfo, options: ReadingOptions) -> int | None:
    """About how many frames are read under these options; ``None`` if the file does not say."""
    return None if info.frames is None else round(info.frames / options.every)


def is_short(clip: Clip, options: ReadingOptions) -> bool:
    """Whether it is read without a click: the drawn face, and videos of few readings."""
    count = readings(clip.info, options)
    return clip.digest == sample().digest or (count is not None and count <= AT_ONCE)


def usual_step(info: VideoInfo) -> int:
    """Default step in frames: ten readings a second."""
    return max(1, round(info.fps / _READINGS))


def name_of(clip: Clip, classifier: Classifier, options: ReadingOptions, what: str = "reading") -> Hashable:
    """Key of a job; without smoothing, which is applied afterwards."""
    checkpoint = classifier.checkpoint
    sequence = sequence_folder(checkpoint) is not None
    detector = detector_for(options.detector)  # after a download of YuNet, the video is read again
    faces = (options.every, options.detect_every, detector, options.smallest, options.score)
    return ("video", what, sequence, clip.digest, checkpoint.identity, *faces)


def sequence_folder(checkpoint: Checkpoint) -> Path | None:
    """Folder of the sequence network over this checkpoint, if one was trained."""
    folder = checkpoint.path / FOLDER
    return folder if (folder / CONFIG).is_file() else None


def in_sequence(classifier: Classifier, person: Person) -> tuple[SequenceNetwork, Person] | None:
    """The person as the sequence network reads them, or ``None`` if there is no such network.

    Raises:
        UserError: If it is damaged or was trained over other weights.
    """
    folder = sequence_folder(classifier.checkpoint)
    if folder is None or person.embeddings is None:
        return None
    network = load_sequence_network(folder, classifier)
    return network, read_person(network, person)


def start(clip: Clip, classifier: Classifier, options: ReadingOptions) -> Job:
    """Read the video in the background, or find the job that does; its result is the :class:`VideoReading`."""

    def work(progress: Progress) -> VideoReading:
        if (readings(clip.info, options) or 0) > REPAID:
            progress(0.0, "finding the fastest way to run the network")
            classifier.optimise()
        with clip.lock:
            keep = sequence_folder(classifier.checkpoint) is not None
            return read_expressions(clip.video, classifier, options, embeddings=keep, progress=progress)

    name = f"Reading a video with {classifier.checkpoint.name}"
    return jobs.start(name_of(clip, classifier, options), name, work, lane="long")


def find(clip: Clip, classifier: Classifier, options: ReadingOptions) -> Job | None:
    """The job of :func:`start`, if it was begun."""
    return jobs.find(name_of(clip, classifier, options))


def start_marked(clip: Clip, classifier: Classifier, reading: VideoReading) -> Job:
    """Draw boxes and classes into every frame in the background; the result is the bytes of a webm."""

    def work(progress: Progress) -> bytes:
        with clip.lock:
            return annotate_video(clip.video, reading, progress)

    return jobs.start(marked_name(clip, classifier, reading), "Drawing boxes into a video", work, lane="long")


def marked_name(clip: Clip, classifier: Classifier, reading: VideoReading) -> Hashable:
    """Key of the job of the marked video, which depends on smoothing."""
    options = reading.options
    return (name_of(clip, classifier, options, "marked"), options.smoothing, options.width)


def nearest(person: Person, seconds: float) -> int:
    """Position of the reading nearest to a time."""
    return int(np.abs(person.seconds - seconds).argmin())


def telling_moment(person: Person, avoid: Sequence[str] = ("neutral",)) -> float:
    """The first moment to show, in seconds: the most probable peak of a class that is not neutral."""
    parts = [part for part in person.stretches if part.name not in avoid] or person.stretches
    return max(parts, key=lambda part: part.probability).peak


def moment(clip: Clip, classifier: Classifier, reading: VideoReading, person: Person, at: int) -> Moment:
    """Frame, crop, heatmap and probabilities of reading number ``at`` of a person.

    Raises:
        UserError: If the frame cannot be decoded.
    """
    index, seconds = int(person.frames[at]), float(person.seconds[at])
    with clip.lock:
        frame = clip.video.frame(index, seconds)
    face = scaled(person.faces[at], frame.image.shape[1] / reading.info.width)
    cut = crop_for(frame.image, face, classifier.checkpoint.preprocess)
    crop = cut.pixels
    smoothed = person.smoothed[at]
    ranked = [(reading.classes[k], float(smoothed[k])) for k in np.argsort(-smoothed, kind="stable")]
    attribution = explain(classifier, classifier.prepare([crop]), target=ranked[0][0])
    heat = None
    if attribution.has_positive[0]:
        large = enlarged(as_rgb(crop), 240)
        heat = overlay(
            large, cv2.resize(attribution.heatmap()[0], large.shape[1::-1], interpolation=cv2.INTER_NEAREST), 0.5
        )
    picture = frame.image.copy()
    draw_face(picture, cut.corners, ranked[0][0], f"{ranked[0][0]} {100 * ranked[0][1]:.0f} %")
    best = int(person.raw[at].argmax())
    alone = (reading.classes[best], float(person.raw[at, best]))
    return Moment(index, seconds, picture, crop, heat, ranked, alone)
