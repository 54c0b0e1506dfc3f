"""What framing does to a prediction: the same face cut wider, tighter, upright and with its eyes brought to place."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from fer_models.classifier import Classifier
from fer_models.crop import crop_for
from fer_models.faces.face import Face

#: Added to the network's own margin, in parts of the side.
STEPS = (-0.3, -0.15, 0.0, 0.2, 0.5)


@dataclass(frozen=True)
class Framing:
    """One way to cut a face, and what the network says then.

    Args:
        margin: added on all sides together, in parts of the side. asked, got: alignment that was wanted and done.
        own: whether the network was trained on faces cut so. pixels: uint8 (S, S, 1 or 3).
        answer, share: the most probable class and its probability.
    """

    margin: float
    asked: str
    got: str
    own: bool
    pixels: np.ndarray
    answer: str
    share: float


def framings(picture: np.ndarray, face: Face, classifier: Classifier) -> list[Framing]:
    """Five margins, upright and, where both eyes are found, aligned; the network's own margin is in the middle."""
    preprocess = classifier.checkpoint.preprocess
    cuts = []
    for asked in ("none", "eyes"):
        for step in STEPS:
            margin = preprocess.crop_margin + step
            crop = crop_for(picture, face, replace(preprocess, crop_margin=margin, alignment=asked))
            own = step == 0 and asked == preprocess.alignment
            cuts.append((margin, asked, crop.alignment, own, crop.pixels))
        if cuts[-1][2] == "none" and asked == "eyes":
            cuts = [cut for cut in cuts if cut[1] == "none" or cut[3]]  # No eyes, no second row.
    prediction = classifier.predict([cut[4] for cut in cuts])
    return [Framing(*cut, *prediction.ranked(i)[0]) for i, cut in enumerate(cuts)]


def mismatch(alignment: str, wanted: str) -> str:
    """A sentence where a face is not cut as the network's training faces were; empty where it is."""
    if alignment == wanted:
        return ""
    return (
        "The network was trained on faces with their eyes brought to fixed places; here both eyes were not found, so "
        "the upright square is cut, and its answer is worth less."
    )
