"""The position of one face on the map of faces of a network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fer_models.embedding import FaceMap, compared, nearest, sample
from fer_models.embedding.nearest import place_between
from fer_models.errors import UserError
from fer_models.evaluation.evaluate import Evaluation

#: Default number of faces on the map, as on the Clusters page.
USUAL_FACES = 1500
_NEAR = 10


@dataclass(frozen=True)
class MapPosition:
    """The position of a face on a map.

    Args:
        point: Coordinates.
        drawn: Whether it is one of the faces of the map; otherwise its point is the weighted mean of the nearest ones.
        around: Classes of the nearest faces, by embedding, with their counts, most frequent first.
    """

    point: tuple[float, ...]
    drawn: bool
    around: tuple[tuple[str, int], ...]


def faces_of(evaluation: Evaluation, most: int) -> Evaluation:
    """The predictions of at most ``most`` faces, the same as on the Clusters page; 0 means all."""
    return evaluation.take(sample(evaluation.n, most or evaluation.n, 0))


def find(evaluation: Evaluation, index: int, faces: Evaluation, face_map: FaceMap) -> MapPosition:
    """Place the image at ``index`` of ``evaluation`` on the map of ``faces``, comparing features as the map does.

    Raises:
        UserError: If the embeddings were not kept.
    """
    if evaluation.embeddings is None or faces.embeddings is None:
        raise UserError("The embeddings of these predictions were not kept, so the face has no place on the map.")
    others = np.flatnonzero(faces.positions != evaluation.positions[index])
    query = np.asarray(evaluation.embeddings[index], np.float32)[None]
    rows = compared(np.concatenate([np.asarray(faces.embeddings[others], np.float32), query]), face_map.settings)
    neighbours, gaps = nearest(rows, min(_NEAR, len(others)), np.array([len(others)]))
    near = others[neighbours[0]]
    row = np.flatnonzero(faces.positions == evaluation.positions[index])
    if len(row):
        point = tuple(float(value) for value in face_map.coordinates[row[0]])
    else:
        point = place_between(face_map.coordinates, near, gaps[0])
    names, counts = np.unique([faces.classes[int(k)] for k in faces.targets[near]], return_counts=True)
    order = np.argsort(-counts, kind="stable")
    around = tuple((str(names[i]), int(counts[i])) for i in order)
    return MapPosition(point, bool(len(row)), around)
