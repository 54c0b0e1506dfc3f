"""A leak made on purpose: faces that appear twice, and a nearest neighbour that finds them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from fer_models.data import FaceDataset, make_split
from fer_models.data.leaks.likeness import grey_vectors
from fer_models.data.leaks.nearest import references
from fer_models.data.leaks.units import units_of
from fer_models.evaluation.intervals import Estimate, share_estimate

#: Per cent of the faces that get a copy.
PLANTED = (0, 10, 25, 50)
#: Two ways to split: title, and a protocol of :data:`fer_models.data.splits.PROTOCOLS`.
WAYS = {"Random folds": "folds-5", "Folds by person": "folds-5-subject"}
_FACES, _PAIRS = 1000, 3


@dataclass(frozen=True)
class Way:
    """What the nearest neighbour reaches under one way to split.

    Args:
        accuracy: Over all folds.
        n: Faces measured.
        pairs: A measured face, its nearest training face, both uint8 (H, W, C), and whether both are one picture.
    """

    accuracy: Estimate
    n: int
    pairs: tuple[tuple[np.ndarray, np.ndarray, bool], ...]


def ways(dataset: FaceDataset, planted: int, seed: int = 0) -> dict[str, Way]:
    """The nearest neighbour on pixels, by the titles of :data:`WAYS`.

    Args:
        dataset: Must name its subjects.
        planted: Per cent of the faces that get a copy with other light, moved by a pixel.
        seed: Of the choice of faces and the folds.
    """
    faces, original = plant(dataset, planted, seed)
    return {title: _way(faces, original, protocol, seed) for title, protocol in WAYS.items()}


def plant(dataset: FaceDataset, planted: int, seed: int = 0) -> tuple[FaceDataset, np.ndarray]:
    """At most 1,000 faces with copies of some, and the number of the picture behind each, int64 (N,)."""
    generator = np.random.default_rng(seed)
    chosen = np.sort(generator.permutation(len(dataset))[:_FACES])
    doubled = generator.permutation(len(chosen))[: round(len(chosen) * planted / 100)]
    faces = dataset.take(np.concatenate([chosen, chosen[doubled]]))
    images = np.array(faces.images)
    copies = np.roll(images[len(chosen) :].astype(np.int64), 1, axis=2) + 25
    images[len(chosen) :] = np.clip(copies, 0, 255).astype(np.uint8)
    return dataclasses.replace(faces, images=images), np.concatenate([np.arange(len(chosen)), doubled])


def _way(faces: FaceDataset, original: np.ndarray, protocol: str, seed: int) -> Way:
    vectors = grey_vectors(faces.images)
    hits, asked = [], []
    pairs: list[tuple[np.ndarray, np.ndarray, bool]] = []
    for fold in range(5):
        split = make_split(faces, protocol, fold=fold, seed=seed)
        reference, measured = references(split), split.measured
        nearest = reference[(vectors[measured] @ vectors[reference].T).argmax(axis=1)]
        hits.append(faces.labels[nearest] == faces.labels[measured])
        asked.append(measured)
        if fold == 0:
            same = original[nearest] == original[measured]
            order = np.argsort(~same, kind="stable")[:_PAIRS]
            pairs = [(faces.images[measured[i]], faces.images[nearest[i]], bool(same[i])) for i in order]
    right, units = np.concatenate(hits), units_of(faces, np.concatenate(asked))
    return Way(share_estimate(right, units), len(right), tuple(pairs))
