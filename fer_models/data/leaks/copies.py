"""Copies of one face in its data set: the same bytes, nearly the same pixels, or the same mirrored."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fer_models.data.dataset import FaceDataset
from fer_models.data.leaks.duplicates import NEAR, grey_vectors, spectrum

#: The low frequencies of two copies lie no further apart than this, squared, whatever is lost by rounding.
_APART = 2 * (1 - NEAR) + 1e-4


@dataclass(frozen=True)
class Copy:
    """A copy of a face.

    Args:
        kind: ``"identical"``, ``"near"`` or ``"mirrored"``. cosine: of the grey pixels without their mean.
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
    """float32 (N, 144): the coarse comparison of :func:`copies`; takes a second for FER2013."""
    return spectrum(dataset.images)[0].reshape(len(dataset), -1)


def copies(dataset: FaceDataset, position: int, frequencies: np.ndarray) -> list[Copy]:
    """Every copy of the picture at ``position``, the most similar first; none for an even surface.

    Args:
        frequencies: :func:`low_frequencies` of the set.
    """
    picture = np.asarray(dataset.images[position : position + 1])
    whole = grey_vectors(picture)[0]
    if not whole.any():
        return []
    cosine: dict[int, tuple[float, bool]] = {}
    for mirrored in (False, True):
        seen = picture[:, :, ::-1] if mirrored else picture
        wave = spectrum(seen)[0].reshape(-1)
        near = np.flatnonzero(np.square(frequencies - wave).sum(1) < _APART)
        near = near[near != position]
        values = grey_vectors(np.asarray(dataset.images[near])) @ grey_vectors(seen)[0] if len(near) else np.empty(0)
        for other, value in zip(near.tolist(), values.tolist(), strict=True):
            if value > max(NEAR, cosine.get(other, (0.0, False))[0]):
                cosine[other] = (float(value), mirrored)
    matches = [_copy(dataset, position, other, *match) for other, match in cosine.items()]
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
        return "No other picture of the set is a copy of this face."
    count = len(matches)
    parts = [f"{count} {'copy' if count == 1 else 'copies'} of this face in the set"]
    if other := sum(copy.other_label for copy in matches):
        parts.append(f"{other} with another label")
    if across := sum(copy.split != split for copy in matches):
        parts.append(f"{across} in another split than {split}")
    return ", ".join(parts) + "."
