"""What all tabs of Explain look at: one face of one picture, and the network that reads it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from fer_models.checkpoint import Checkpoint
from fer_models.classifier import Classifier
from fer_models.faces.face import Face
from workbench import cache
from workbench.face import cached
from workbench.face.image_input import Picture
from workbench.face.model.crop import Framed


@dataclass(frozen=True)
class Subject:
    """A face in a picture, and what the chosen network gets of it; ``data`` is the chosen data set's name."""

    checkpoint: Checkpoint
    picture: Picture
    face: Face
    framed: Framed
    data: str | None = None

    @property
    def classifier(self) -> Classifier:
        """The loaded network, shared by all sessions."""
        return cache.classifier(self.checkpoint)

    @property
    def pixels(self) -> np.ndarray:
        """uint8 (S, S, C): what the network gets."""
        return self.framed.crop.pixels

    @property
    def identity(self) -> tuple[str, str]:
        """Digests of network and face, for the names of jobs: a picture itself stands in no name."""
        return self.checkpoint.identity, hashlib.sha256(self.pixels.tobytes()).hexdigest()

    def of(self, checkpoint: Checkpoint) -> Subject:
        """The same face as another network gets it."""
        return subject(checkpoint, self.picture, self.face, self.data)


def subject(checkpoint: Checkpoint, picture: Picture, face: Face, data: str | None = None) -> Subject:
    """Cut the face as that network's training cut faces."""
    framed = cached.framed(picture.digest, picture.pixels, face, checkpoint.preprocess, picture.sample)
    return Subject(checkpoint, picture, face, framed, data)
