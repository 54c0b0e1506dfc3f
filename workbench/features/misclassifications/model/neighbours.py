"""The images of a training split that are most similar to one image, by the embedding of the network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fer_models.evaluation.evaluate import Evaluation

_CHUNK = 4096


@dataclass(frozen=True)
class Neighbour:
    """An image at ``position`` of the data set, its classes, and the cosine of both embeddings, in [-1, 1]."""

    position: int
    true: str
    predicted: str
    cosine: float


def nearest(evaluation: Evaluation, index: int, among: Evaluation, count: int = 6) -> list[Neighbour]:
    """The ``count`` images of ``among`` with the largest cosine of embeddings, without the image itself.

    Empty if the embeddings were not kept.
    """
    if evaluation.embeddings is None or among.embeddings is None:
        return []
    query = np.asarray(evaluation.embeddings[index], np.float32)
    query /= max(float(np.linalg.norm(query)), 1e-12)
    cosine = np.empty(among.n, np.float32)
    for start in range(0, among.n, _CHUNK):  # The embeddings of a large set are memory-mapped.
        part = np.asarray(among.embeddings[start : start + _CHUNK], np.float32)
        cosine[start : start + _CHUNK] = part @ query / np.maximum(np.linalg.norm(part, axis=1), 1e-12)
    cosine[among.positions == evaluation.positions[index]] = -np.inf
    best = np.argsort(-cosine, kind="stable")[:count]
    return [
        Neighbour(
            int(among.positions[i]),
            among.classes[int(among.targets[i])],
            among.classes[int(among.predictions[i])],
            float(cosine[i]),
        )
        for i in best
        if np.isfinite(cosine[i])
    ]
