"""Effect of the crop on a prediction: the same face cut wider, tighter, upright and aligned by the eyes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from fer_models.classifier import Classifier
from fer_models.crop import crop_for
from fer_models.faces.face import Face

#: Added to the network's margin, as a fraction of the side.
STEPS = (-0.3, -0.15, 0.0, 0.2, 0.5)


@dataclass(frozen=True)
class Framing:
    """A crop of a face and its prediction.

    Args:
        margin: added on all sides together, as a fraction of the side.
        requested_alignment, alignment: requested and actual; they differ if no eyes were found.
        is_trained: whether the network was trained on faces cropped like this.
        pixels: uint8 (S, S, 1 or 3).
        answer, share: the most probable class and its probability.
    """

    margin: float
    requested_alignment: str
    alignment: str
    is_trained: bool
    pixels: np.ndarray
    answer: str
    share: float


def framings(picture: np.ndarray, face: Face, classifier: Classifier) -> list[Framing]:
    """Five margins around the network's own, upright and, if both eyes are found, aligned."""
    preprocess = classifier.checkpoint.preprocess
    cuts = []
    for alignment in ("none", "eyes"):
        for step in STEPS:
            margin = preprocess.crop_margin + step
            crop = crop_for(picture, face, replace(preprocess, crop_margin=margin, alignment=alignment))
            is_trained = step == 0 and alignment == preprocess.alignment
            cuts.append((margin, alignment, crop.alignment, is_trained, crop.pixels))
        if cuts[-1][2] == "none" and alignment == "eyes":
            cuts = [cut for cut in cuts if cut[1] == "none" or cut[3]]  # without eyes there is no aligned row
    prediction = classifier.predict([cut[4] for cut in cuts])
    return [Framing(*cut, *prediction.ranked(i)[0]) for i, cut in enumerate(cuts)]


def mismatch(alignment: str, trained: str) -> str:
    """A warning if a face is not aligned as the training faces were; empty otherwise."""
    if alignment == trained:
        return ""
    return (
        "The network was trained on faces with their eyes brought to fixed places; here the eyes were not both found, "
        "so the upright square is cut, and the answer is less reliable."
    )
