"""What all tabs of Explain share: a face of a picture, and the network that explains it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from fer_models.checkpoint import Checkpoint
from fer_models.classifier import Classifier
from fer_models.faces.face import Face
from workbench import cache
from workbench.face import cached
from workbench.face.model.crop import Framed
from workbench.face.model.picture import Picture


@dataclass(frozen=True)
class Subject:
    """A face in a picture, its crop for a network, and the name of the chosen data set, if any."""

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
        """The crop, uint8 (S, S, C)."""
        return self.framed.crop.pixels

    @property
    def identity(self) -> tuple[str, str]:
        """Digests of network and face, for job keys; they do not contain the picture."""
        return self.checkpoint.identity, hashlib.sha256(self.pixels.tobytes()).hexdigest()

    def of(self, checkpoint: Checkpoint) -> Subject:
        """The same face, cropped for another network."""
        return subject(checkpoint, self.picture, self.face, self.data)


def subject(checkpoint: Checkpoint, picture: Picture, face: Face, data: str | None = None) -> Subject:
    """Crop the face as in that network's training."""
    framed = cached.framed(picture.digest, picture.pixels, face, checkpoint.preprocess, picture.sample)
    return Subject(checkpoint, picture, face, framed, data)
