"""Where one face of a set of predictions lies on a network's map of faces."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fer_models.embedding import FaceMap, compared, nearest, sample
from fer_models.errors import UserError
from fer_models.evaluation.evaluate import Evaluation

#: Faces on the map where nobody chose another number: as many as the Clusters page draws at first.
USUAL_FACES = 1500
_NEAR = 10


@dataclass(frozen=True)
class FacePlace:
    """A face's ``point`` on a map.

    Args:
        drawn: it is one of the map's faces; else its point is the weighted mean of the nearest five on the map.
        around: classes of the nearest faces of the map, by embedding, with their numbers, the most frequent first.
    """

    point: tuple[float, ...]
    drawn: bool
    around: tuple[tuple[str, int], ...]


def faces_of(evaluation: Evaluation, most: int) -> Evaluation:
    """The predictions of at most ``most`` faces, the same that the Clusters page draws; 0 is all."""
    return evaluation.take(sample(evaluation.n, most or evaluation.n, 0))


def find(evaluation: Evaluation, place: int, faces: Evaluation, made: FaceMap) -> FacePlace:
    """Place the picture at ``place`` of ``evaluation`` on the map of ``faces``; neighbours are compared as for the map.

    Raises:
        UserError: If the embeddings were not kept.
    """
    if evaluation.embeddings is None or faces.embeddings is None:
        raise UserError("The embeddings of these predictions were not kept, so the face has no place on the map.")
    others = np.flatnonzero(faces.positions != evaluation.positions[place])
    query = np.asarray(evaluation.embeddings[place], np.float32)[None]
    rows = compared(np.concatenate([np.asarray(faces.embeddings[others], np.float32), query]), made.settings)
    places, gaps = nearest(rows, min(_NEAR, len(others)), np.array([len(others)]))
    near = others[places[0]]
    own = np.flatnonzero(faces.positions == evaluation.positions[place])
    if len(own):
        point = made.coordinates[own[0]]
    else:
        weights = 1 / np.maximum(gaps[0][:5], 1e-6)
        point = (made.coordinates[near[:5]] * weights[:, None]).sum(0) / weights.sum()
    names, counts = np.unique([faces.classes[int(k)] for k in faces.targets[near]], return_counts=True)
    order = np.argsort(-counts, kind="stable")
    around = tuple((str(names[i]), int(counts[i])) for i in order)
    return FacePlace(tuple(float(v) for v in point), bool(len(own)), around)
