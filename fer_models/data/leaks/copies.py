"""Copies of one face in its data set: the same bytes, nearly the same pixels, or the same mirrored."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fer_models.data.dataset import FaceDataset
from fer_models.data.leaks import likeness
from fer_models.data.leaks.duplicates import NEAR
from fer_models.data.leaks.likeness import CANDIDATE, aligned, is_mirrored, is_textured


@dataclass(frozen=True)
class Copy:
    """A copy of a face.

    Args:
        kind: ``"identical"``, ``"near"`` or ``"mirrored"``. cosine: correlation after alignment.
        emotion: its label. other_label: whether it differs from the face's own label. row: in the source.
    """

    position: int
    kind: str
    cosine: float
    emotion: str
    other_label: bool
    split: str
    row: int


def low_frequencies(dataset: FaceDataset) -> np.ndarray:
    """The coarse comparison of :func:`copies`, float32 (V, N, 99); takes seconds for FER2013."""
    return likeness.low_frequencies(dataset.images)


def copies(dataset: FaceDataset, position: int, frequencies: np.ndarray) -> list[Copy]:
    """Every copy of the picture at ``position``, the most similar first; none for a nearly blank one.

    Args:
        dataset: The data set.
        position: Of the picture.
        frequencies: :func:`low_frequencies` of the set.
    """
    if not is_textured(dataset.images[position : position + 1])[0]:
        return []
    correlation: dict[int, tuple[float, bool]] = {}
    earlier, later = np.split(frequencies, [position], axis=1)  # as in the whole search, the later picture is moved
    cosines = np.concatenate(
        [frequencies[:, position] @ earlier[0].T, later @ frequencies[0, position]], axis=1, dtype=np.float32
    )
    for mirrored in (False, True):
        variants = [number for number in range(len(frequencies)) if is_mirrored(number) == mirrored]
        near = np.flatnonzero(cosines[variants].max(axis=0) > CANDIDATE)
        near = near[near != position]
        for other in near[is_textured(dataset.images[near])].tolist() if len(near) else []:
            first, second = (np.asarray(dataset.images[k]) for k in sorted((position, other)))
            value = aligned(first, second[:, ::-1] if mirrored else second)
            if value > max(NEAR, correlation.get(other, (0.0, False))[0]):
                correlation[other] = (value, mirrored)
    matches = [_copy(dataset, position, other, *match) for other, match in correlation.items()]
    return sorted(matches, key=lambda copy: (copy.kind != "identical", -copy.cosine, copy.position))


def _copy(dataset: FaceDataset, position: int, other: int, cosine: float, mirrored: bool) -> Copy:
    same = np.array_equal(dataset.images[position], dataset.images[other])
    label = int(dataset.labels[other])
    return Copy(
        other,
        "identical" if same else "mirrored" if mirrored else "near",
        min(cosine, 1.0),
        dataset.classes[label] if label >= 0 else "no label",
        label != int(dataset.labels[position]),
        dataset.split_names[int(dataset.split[other])],
        int(dataset.rows[other]),
    )


def sentence(matches: list[Copy], split: str) -> str:
    """How many copies there are, and how many have another label or lie in another split.

    Args:
        matches: the result of :func:`copies`.
        split: of the face itself.
    """
    if not matches:
        return "No other image of the set is a copy of this face."
    count = len(matches)
    parts = [f"{count} {'copy' if count == 1 else 'copies'} of this face in the set"]
    if other := sum(copy.other_label for copy in matches):
        parts.append(f"{other} with another label")
    if across := sum(copy.split != split for copy in matches):
        parts.append(f"{across} in another split than {split}")
    return ", ".join(parts) + "."
