"""Sequences of faces, embedded by a frozen classifier: drawn ones, and the recordings of a folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fer_models.classifier import Classifier
from fer_models.crop import crop_for
from fer_models.data.readers.recordings import Recording, read_recordings
from fer_models.errors import UserError
from fer_models.faces.detect import detect_faces
from fer_models.faces.image import read_image, resize
from fer_models.progress import Progress
from fer_models.robustness import CORRUPTIONS
from fer_models.video.drawn import DrawnVideo

#: Name of the built-in sequences, used when no folder is named.
BUILT_IN = "sequences of built-in people"
#: Readings a second at which the built-in sequences are drawn, as pages read videos.
_RATE = 10.0
#: What a camera does to single frames, and the heaviest severity of it.
_FAULTS, _HEAVIEST = ("low_light", "blur", "noise"), 3


@dataclass(frozen=True)
class EmbeddedSequence:
    """The frames of one sequence in order: ``embeddings`` float32 (T, F), ``labels`` int64 (T,), class numbers.

    A label of -1 is unknown. ``framewise`` int64 (T,) is the frozen classifier's prediction for each frame alone.
    ``subject`` names the person.
    """

    embeddings: np.ndarray
    labels: np.ndarray
    framewise: np.ndarray
    subject: str


def embed_frames(
    classifier: Classifier, frames: Sequence[np.ndarray], labels: np.ndarray, subject: str
) -> EmbeddedSequence:
    """Embed face crops, uint8 (H, W, C) or (H, W), in their order."""
    stored = [classifier.checkpoint.preprocess.stored(frame) for frame in frames]
    prediction = classifier.predict(stored)
    return EmbeddedSequence(prediction.embedding, np.asarray(labels, np.int64), prediction.top, subject)


def drawn_sequences(
    classifier: Classifier, count: int = 120, seed: int = 0, progress: Progress | None = None
) -> list[EmbeddedSequence]:
    """Sequences of built-in people, each showing three expressions one after the other, cut to the face.

    Each sequence has its own intensity, so some are subtle. Nearly half of the frames are dim, blurred or noisy, each
    differently: if all frames of a held expression were alike, their order would carry no information.
    """
    rng = np.random.default_rng(seed)
    classes = list(classifier.classes)
    size = classifier.checkpoint.preprocess.size
    sequences = []
    for number in range(count):
        expressions = tuple(str(name) for name in rng.permutation(classes)[:3])
        hold = float(rng.uniform(0.6, 1.4))
        video = DrawnVideo(
            expressions,
            hold=hold,
            change=0.4,
            fps=_RATE,
            seed=1,
            subject=int(rng.integers(40)),
            intensity=float(rng.uniform(0.35, 0.95)),
        )
        moments = np.arange(video.count) / video.fps
        labels = [classes.index(expressions[min(int(moment / hold), len(expressions) - 1)]) for moment in moments]
        crops = [_filmed(resize(video.face(index), size), rng) for index in range(video.count)]
        sequences.append(embed_frames(classifier, crops, np.array(labels), f"S{video.subject:03d}"))
        if progress is not None:
            progress((number + 1) / count, f"sequence {number + 1} of {count} drawn")
    return sequences


def _filmed(face: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    kind, severity = CORRUPTIONS[str(rng.choice(_FAULTS))], int(rng.integers(-_HEAVIEST, _HEAVIEST + 1))
    return kind().apply(face, kind.strength(max(0, severity)), int(rng.integers(2**31)))


def recorded_sequences(
    classifier: Classifier, folder: str | Path, progress: Progress | None = None
) -> tuple[list[EmbeddedSequence], list[str]]:
    """The recordings of a folder, cut to the face, and notes on what was left out.

    The face is detected in the last frame of a recording and cut at the same position in all frames: such recordings
    are short, and a crop that jumps would look like a movement of the face.

    Raises:
        UserError: If the folder holds no such recordings, a picture cannot be read, or no recording can be used.
    """
    classes = list(classifier.classes)
    recordings, notes = read_recordings(folder)
    sequences, without_class, faceless = [], 0, 0
    for number, recording in enumerate(recordings):
        if not {name for name in recording.labels if name} & set(classes):
            without_class += 1
        elif (crops := _crops(classifier, recording)) is None:
            faceless += 1
        else:
            labels = [classes.index(name) if name in classes else -1 for name in recording.labels]
            sequences.append(embed_frames(classifier, crops, np.array(labels), recording.subject))
        if progress is not None:
            progress((number + 1) / len(recordings), f"recording {number + 1} of {len(recordings)} read")
    if without_class:
        notes.append(f"{without_class} recordings show no class of this network and were left out.")
    if faceless:
        notes.append(f"No face was found at the end of {faceless} recordings; they were left out.")
    if not sequences:
        raise UserError(f"No recording in {Path(folder).name!r} can be used. {' '.join(notes)}")
    return sequences, notes


def _crops(classifier: Classifier, recording: Recording) -> list[np.ndarray] | None:
    preprocess = classifier.checkpoint.preprocess
    faces = detect_faces(read_image(recording.frames[-1]))
    if not faces:
        return None
    return [crop_for(read_image(file), faces[0], preprocess).large for file in recording.frames]
