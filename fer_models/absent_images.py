"""Images of a data set that is known by its labels and by predictions for it, but is not on this computer."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np

from fer_models.errors import UserError


class AbsentImages:
    """Has the shape of ``N`` images and no pixels: whoever reads one gets a sentence on how to add the data set.

    Args:
        shape: ``(N, H, W, C)``.
        title: Full name of the data set.
        mean_faces: uint8 ``(K, H, W, C)``, the mean image of each class, drawn instead of its images.
        labels: int64 ``(N,)``, class of each image.
        measured: Positions of images and the SHA-256 of these images and labels, as measured where they are.
        photographs: int64 ``(N,)``, the photograph of each image, which copies share; ``None`` where it is not known.

    Example:
        >>> faces = np.zeros((7, 48, 48, 1), np.uint8)
        >>> absent = AbsentImages((2, 48, 48, 1), "FER2013", mean_faces=faces, labels=[3, 0], measured=())
        >>> absent.display()[1].shape
        (48, 48, 1)
    """

    dtype = np.dtype(np.uint8)
    ndim = 4

    def __init__(
        self,
        shape: tuple[int, int, int, int],
        title: str,
        *,
        mean_faces: np.ndarray,
        labels: Sequence[int] | np.ndarray,
        measured: Sequence[tuple[np.ndarray, str]],
        photographs: np.ndarray | None = None,
    ):
        self.shape = shape
        self.photographs = photographs
        self._title = title
        self._mean_faces, self._labels = mean_faces, np.asarray(labels)
        self._measured = tuple(measured)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: Any) -> NoReturn:
        self._refuse()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NoReturn:
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise UserError(
            f"This needs the images of {self._title}, which are not on this computer; the page Datasets and "
            "`fer datasets` say how to add them."
        )

    def fingerprint(self, index: np.ndarray) -> str:
        """SHA-256 (hex) of the images and labels at ``index`` where it was measured, else one of the positions."""
        for positions, measured in self._measured:
            if np.array_equal(positions, index):
                return measured
        digest = hashlib.sha256("".join(measured for _, measured in self._measured).encode())
        digest.update(np.ascontiguousarray(index, "<i8").tobytes())
        return digest.hexdigest()

    def display(self) -> MeanFaces:
        """What is drawn instead of the images."""
        return MeanFaces(self._mean_faces, self._labels)


class MeanFaces:
    """Images by position like those of a data set, each the mean image of its class, from black to white."""

    def __init__(self, faces: np.ndarray, labels: np.ndarray):
        self._labels = labels
        values = faces.astype(np.float32)
        low, high = values.min((1, 2, 3), keepdims=True), values.max((1, 2, 3), keepdims=True)
        self._faces = np.rint(255 * (values - low) / np.maximum(high - low, 1)).astype(np.uint8)
        self.shape = (len(labels), *faces.shape[1:])

    def __getitem__(self, position: int) -> np.ndarray:
        face: np.ndarray = self._faces[int(self._labels[position])]
        return face
