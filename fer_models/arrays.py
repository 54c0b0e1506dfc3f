"""Arrays: one function reads every ``.npz`` file, which may be damaged; and the weights that turn RGB to grey."""

from __future__ import annotations

import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np

from fer_models.files import open_regular

#: Rec. 601 luma, the weights by which OpenCV and Pillow turn RGB to grey.
LUMA = (0.299, 0.587, 0.114)
#: What numpy and zipfile raise on damaged files.
_DAMAGE = (
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    EOFError,
    SyntaxError,
    ArithmeticError,
    MemoryError,
    RuntimeError,
    struct.error,
    zlib.error,
    zipfile.BadZipFile,
)


def read_arrays(path: str | Path) -> dict[str, np.ndarray]:
    """All arrays of an ``.npz`` file by name; nothing is unpickled.

    Raises:
        ValueError: If the file is missing or damaged in any way.

    Example:
        >>> np.savez("figures.npz", counts=np.arange(3))
        >>> read_arrays("figures.npz")["counts"]
        array([0, 1, 2])
    """
    try:
        with open_regular(path) as file, np.load(file, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except _DAMAGE:
        raise ValueError(f"{Path(path).name} is missing or damaged") from None
