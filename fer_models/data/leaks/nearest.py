"""The nearest neighbour on pixels: the accuracy that a split gives away without any learning."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fer_models.data.dataset import FaceDataset
from fer_models.data.leaks.duplicates import Duplicates
from fer_models.data.leaks.likeness import grey_vectors
from fer_models.data.leaks.units import units_of
from fer_models.data.listing import fit
from fer_models.data.protocols import PROTOCOLS
from fer_models.data.splits import Split, make_split

#: Larger pictures are resized to this side: expressions are still plain, and memory stays small.
MAX_SIDE = 48
#: Of more queries than these, a random sample is measured.
MAX_QUERIES = 5000
#: Sets with more pictures are measured on one fold instead of all.
ALL_FOLDS = 10_000
_QUERIES, _REFERENCES = 1024, 4096


@dataclass(frozen=True)
class NearestResult:
    """What a nearest neighbour gets right.

    Args:
        accuracy: In [0, 1].
        n: Number of measured images.
        protocol: Key of the way to split.
        rule: The way to split in words.
        hits: bool (n,), which images it gets right.
        units: int64 (n,), the person of each image; ``None`` where nobody is known.
    """

    accuracy: float
    n: int
    protocol: str
    rule: str
    hits: np.ndarray = field(compare=False, repr=False)
    units: np.ndarray | None = field(default=None, compare=False, repr=False)

    def to_json(self) -> dict[str, Any]:
        """As JSON."""
        return {"accuracy": self.accuracy, "n": self.n, "protocol": self.protocol, "rule": self.rule}


def nearest_under(
    dataset: FaceDataset, protocol: str, copies: Duplicates, *, seed: int = 0
) -> tuple[NearestResult, NearestResult]:
    """The baseline under a protocol, over all its folds (the first one only for more than 10,000 pictures).

    The second result is that of references without an exact, near or mirrored copy among the measured pictures.

    Raises:
        UserError: If the protocol does not fit the data set.
    """
    rule = PROTOCOLS[protocol]
    folds = rule.folds if len(dataset) <= ALL_FOLDS else 1
    right, asked = [], []
    for fold in range(folds):
        split = make_split(dataset, protocol, fold=fold, seed=seed)
        measured = np.zeros(len(dataset), bool)
        measured[split.measured] = True
        copy = copies.near_copy_in(measured, mirrored=True)
        queries = _drawn(split.measured, seed)
        right.append(nearest_hits(dataset, references(split), queries, without=copy, seed=seed))
        asked.append(queries[: right[-1].shape[1]])
    name = rule.title + (f", first of {rule.folds}" if folds < rule.folds else "")
    hits, units = np.concatenate(right, axis=1), units_of(dataset, np.concatenate(asked))
    n, shares = hits.shape[1], hits.sum(axis=1) / max(hits.shape[1], 1)
    return (
        NearestResult(float(shares[0]), n, protocol, name, hits[0], units),
        NearestResult(float(shares[1]), n, protocol, f"{name}, without copies", hits[1], units),
    )


def references(split: Split) -> np.ndarray:
    """Positions that a nearest neighbour may use: training, and validation too where there is a test part."""
    return np.concatenate([split.train, split.val]) if len(split.test) else split.train


def nearest_hits(
    dataset: FaceDataset, reference: np.ndarray, queries: np.ndarray, *, without: np.ndarray, seed: int = 0
) -> np.ndarray:
    """bool (2, Q): whether the reference picture with the largest cosine of mean-removed pixels has the query's class.

    The second row uses only the references that are not in the mask ``without`` (N,). Of more than
    :data:`MAX_QUERIES` positions in ``queries`` a random sample is measured.
    """
    queries = _drawn(queries, seed)
    if not len(reference) or not len(queries):
        return np.zeros((2, 0), bool)
    query_vectors = np.concatenate(
        [_vectors(dataset, queries[i : i + _QUERIES]) for i in range(0, len(queries), _QUERIES)]
    )
    best = np.full((2, len(queries)), -2.0, np.float32)
    label = np.full((2, len(queries)), -1, np.int64)
    for start in range(0, len(reference), _REFERENCES):
        part = reference[start : start + _REFERENCES]
        table = _vectors(dataset, part)
        for begin in range(0, len(queries), _QUERIES):
            rows = slice(begin, begin + _QUERIES)
            cosine = query_vectors[rows] @ table.T
            for row in (0, 1):
                if row == 1:
                    cosine[:, without[part]] = -2.0
                nearest = cosine.argmax(axis=1)
                value = cosine[np.arange(len(nearest)), nearest]
                better = value > best[row, rows]
                best[row, rows][better] = value[better]
                label[row, rows][better] = dataset.labels[part[nearest[better]]]
    return label == dataset.labels[queries]


def _drawn(queries: np.ndarray, seed: int) -> np.ndarray:
    if len(queries) <= MAX_QUERIES:
        return queries
    return np.sort(np.random.default_rng(seed).choice(queries, MAX_QUERIES, replace=False))


def _vectors(dataset: FaceDataset, positions: np.ndarray) -> np.ndarray:
    images = dataset.images[positions]
    if max(images.shape[1:3]) > MAX_SIDE:
        images = np.stack([fit(image, (MAX_SIDE, MAX_SIDE, images.shape[3])) for image in images])
    return grey_vectors(images)
