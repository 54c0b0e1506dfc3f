"""How alike two pictures are once one of them is moved, scaled or mirrored: a coarse comparison and an exact one."""

from __future__ import annotations

import numpy as np

from fer_models.arrays import LUMA

#: Cosine of the weighted low frequencies, at its best move, above which a pair is worth aligning.
CANDIDATE = 0.7
#: Standard deviation of the grey levels (0 to 255) below which a picture is nearly blank and no copy of anything.
FLAT = 8.0
_FREQUENCIES = 10
#: Moves (down, right) of the coarse comparison, as shares of the side; each is tried mirrored too.
_MOVES = ((0.0, 0.0), *((down / 24, right / 24) for down in (-1, 1) for right in (-1, 1)))
#: Sets with fewer pictures have no reliable weights; their frequencies are compared as they are.
_FEW = 500
_ROWS = 256
_LUMA = np.asarray(LUMA, np.float32)
#: Pictures are aligned at this side; the inner part leaves so many pixels on each side to move in.
_SIDE, _MARGIN = 48, 4
#: Sides of the second picture: first a few, then all where those come near.
_COARSE, _FINE, _PROMISING = (45, 48, 51), (44, 46, 47, 49, 50, 52), 0.85


def low_frequencies(images: np.ndarray) -> np.ndarray:
    """The coarse comparison of pictures.

    Args:
        images: uint8 (N, H, W, C), which may be memory-mapped.

    Returns:
        float32 (V, N, 99) at unit length: each picture as it is and mirrored, then the same moved by 1/24 of its side
        towards each corner. The product of rows of two pictures, the first at ``V = 0`` and the second at any ``V``, is
        a cosine to be compared with :data:`CANDIDATE`.

    Example:
        >>> faces = np.random.default_rng(0).integers(0, 255, (2, 48, 48, 1), np.uint8)
        >>> low_frequencies(faces).shape
        (10, 2, 99)
    """
    height, width = images.shape[1:3]
    waves = [(_cosines(height, down), _cosines(width, right)) for down, right in _MOVES]
    found = np.empty((2 * len(waves), len(images), len(waves[0][0]) * len(waves[0][1]) - 1), np.float32)
    signs = np.where(np.arange(len(waves[0][1])) % 2, -1, 1).astype(np.float32)  # of the mirrored waves
    for start in range(0, len(images), _ROWS):
        grey = grey_vectors(images[start : start + _ROWS]).reshape(-1, height, width)
        for move, (down, across) in enumerate(waves):
            values = down @ (grey @ across.T)
            for mirrored, each in enumerate((values, values * signs)):
                found[2 * move + mirrored, start : start + _ROWS] = each.reshape(len(each), -1)[:, 1:]
    if len(images) >= _FEW:
        mean, deviation = found[0].mean(0), found[0].std(0)
        found -= mean
        found /= np.sqrt(deviation + 1e-6)
    found /= np.maximum(np.linalg.norm(found, axis=2, keepdims=True), 1e-9)
    return found


def is_mirrored(variant: int) -> bool:
    """Whether a row of :func:`low_frequencies` is of mirrored pictures."""
    return variant % 2 == 1


def aligned(picture: np.ndarray, other: np.ndarray) -> float:
    """Largest correlation of the inner part of one picture with another one, over small moves and scales.

    Args:
        picture, other: uint8 (H, W, C).

    Example:
        >>> face = np.random.default_rng(0).integers(0, 255, (48, 48, 1), np.uint8)
        >>> round(aligned(face, np.roll(face, 2, axis=1)), 3)
        1.0
    """
    inner, second = _grey(picture)[_MARGIN:-_MARGIN, _MARGIN:-_MARGIN], _grey(other)
    best = max(_correlation(inner, second, side) for side in _COARSE)
    return best if best < _PROMISING else max(best, *(_correlation(inner, second, side) for side in _FINE))


def _correlation(inner: np.ndarray, picture: np.ndarray, side: int) -> float:
    import cv2

    scaled = cv2.resize(picture, (side, side))
    return float(cv2.matchTemplate(scaled, inner, cv2.TM_CCOEFF_NORMED).max())


def _grey(picture: np.ndarray) -> np.ndarray:
    """float32 (48, 48)."""
    import cv2

    grey = picture.astype(np.float32) @ _LUMA if picture.shape[2] == 3 else picture[..., 0].astype(np.float32)
    return np.asarray(cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA))


def is_constant(images: np.ndarray) -> np.ndarray:
    """bool (N,): pictures (N, H, W, C) whose pixels are all of one colour."""
    return (images == images[:, :1, :1]).all(axis=(1, 2, 3))


def is_textured(images: np.ndarray) -> np.ndarray:
    """bool (N,): pictures that are not nearly blank."""
    return np.asarray(deviation(np.asarray(images)) >= FLAT)


def deviation(images: np.ndarray) -> np.ndarray:
    """Standard deviation of each picture's grey levels, exactly 0 for one colour."""
    grey = images.astype(np.float32) @ _LUMA if images.shape[3] == 3 else images[..., 0].astype(np.float32)
    return np.where(is_constant(images), 0.0, np.maximum(grey.std(axis=(1, 2)), 1e-6))


def grey_vectors(images: np.ndarray) -> np.ndarray:
    """float32 (N, H * W): grey pixels without their mean, at unit length; zero for a constant picture."""
    if images.shape[3] == 3:
        grey = images.astype(np.float32) @ _LUMA
        grey[is_constant(images)] = 0  # No rounding noise on an even surface.
    else:
        grey = images[..., 0].astype(np.float32)
    flat = grey.reshape(len(grey), -1)
    flat = flat - flat.mean(axis=1, keepdims=True, dtype=np.float64).astype(np.float32)
    norms = np.sqrt(np.einsum("ij,ij->i", flat, flat, dtype=np.float64)).astype(np.float32)
    norms[norms < 1e-2] = np.inf  # What rounding leaves of a constant picture.
    return flat / norms[:, None]


def _cosines(length: int, move: float) -> np.ndarray:
    """The first orthonormal cosine waves (type II), float32 (K, length); odd ones change their sign when mirrored.

    Their product with a row is that of the row moved by a share of its length, with its end pixel repeated.
    """
    k = np.arange(min(_FREQUENCIES, length))[:, None]
    waves = np.cos(np.pi * k * (np.arange(length) + 0.5) / length)
    waves /= np.linalg.norm(waves, axis=1, keepdims=True)
    source = np.clip(np.arange(length) - round(move * length), 0, length - 1)
    return np.asarray(waves @ np.eye(length)[source], np.float32)
