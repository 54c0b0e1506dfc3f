"""Cache of the search for copies, which the audit, the gallery and training without leaks share."""

from __future__ import annotations

import contextlib
import threading
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from fer_models.arrays import read_arrays
from fer_models.data.dataset import FaceDataset
from fer_models.data.leaks.duplicates import NEAR, Duplicates, find_duplicates
from fer_models.folders import cache_folder
from fer_models.progress import Progress
from fer_models.storage import atomic_file

#: Increased whenever the search or the layout of the file changes.
_VERSION = 3
_ARRAYS = ("first", "pairs", "cosine", "mirrored", "constant")
#: By the name of the file that the search writes; seconds after which one that waits reports.
_SEARCHES: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
_REPORT_SECONDS = 0.5


def duplicates_of(dataset: FaceDataset, *, progress: Progress | None = None) -> Duplicates:
    """All copies in a data set, from the cache if the same pictures were searched before.

    The first time takes as long as :func:`~fer_models.data.leaks.duplicates.find_duplicates`; later ones read every
    picture once to recompute the fingerprint (a third of a second for FER2013). While another thread searches the same
    pictures, this one waits for its result.
    """
    path = _path(dataset.fingerprint())
    with _one_search(path.name, progress):
        duplicates = _load(path, len(dataset))
        if duplicates is None:
            duplicates = find_duplicates(dataset.images, progress=progress)
            _save(path, duplicates)
    return duplicates


@contextlib.contextmanager
def _one_search(name: str, progress: Progress | None) -> Iterator[None]:
    """An exception that ``progress`` raises while it waits ends the waiting."""
    while not _SEARCHES[name].acquire(timeout=_REPORT_SECONDS):
        if progress is not None:
            progress(0.0, "waiting for another search of the same images")
    try:
        yield
    finally:
        _SEARCHES[name].release()


def known_copies(dataset: FaceDataset, fingerprint: str) -> Duplicates | None:
    """The copies in a data set with that fingerprint where they were searched before; ``None`` otherwise."""
    return _load(_path(fingerprint), len(dataset))


def _path(fingerprint: str) -> Path:
    return cache_folder() / "duplicates" / f"{fingerprint[:32]}-{_VERSION}.npz"


def _load(path: Path, count: int) -> Duplicates | None:
    try:
        saved = read_arrays(path)
        first, pairs, cosine, mirrored, constant = (saved[name] for name in _ARRAYS)
        complete = bool(saved["complete"])
    except (ValueError, KeyError):  # missing or damaged: the search is repeated
        return None
    if len(first) != count:
        return None
    return Duplicates(first, pairs, cosine, mirrored, constant, NEAR, complete)


def _save(path: Path, duplicates: Duplicates) -> None:
    try:
        with atomic_file(path) as file:
            np.savez(
                file, complete=np.asarray(duplicates.complete), **{name: getattr(duplicates, name) for name in _ARRAYS}
            )
    except OSError:
        return  # A full disk only means that the search is not cached.
