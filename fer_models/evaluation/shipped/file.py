"""The file of shipped predictions: what it holds, and reading it."""

from __future__ import annotations

import functools
import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from safetensors import SafetensorError, safe_open

from fer_models.checkpoint import Checkpoint
from fer_models.data.leaks.units import Units
from fer_models.files import open_regular
from fer_models.settings import parse_stored

FILE = "predictions.safetensors"
ABOUT = "fer_predictions"
#: Arrays that are there only where some images share a person or a photograph.
UNITS = ("people", "photographs")


@dataclass(frozen=True)
class Facts:
    """What the file says beside its arrays."""

    version: Literal[1]
    weights: str
    data: str
    data_classes: tuple[str, ...]
    split: str
    fingerprint: str
    classes: tuple[str, ...]
    kept: float


@dataclass(frozen=True)
class _Signed(Facts):
    """The same with the SHA-256 of the content."""

    sha256: str


@dataclass(frozen=True)
class ShippedPredictions:
    """Predictions of one network for N labelled images of a split, as stored beside its weights.

    Args:
        data: Key of the reader, or the name of the built-in set.
        data_classes: Classes of the data set, which ``labels`` count.
        split: Name of the part that was measured.
        fingerprint: SHA-256 of its images and labels, see :meth:`fer_models.data.FaceDataset.fingerprint`.
        classes: Of the network, in the order of ``logits``.
        rows: int64 ``(N,)``, the data set's own row numbers.
        labels: int64 ``(N,)``.
        logits: float32 ``(N, K)``.
        reduced: float16 ``(N, D)``, the embeddings along the ``directions``, float16 ``(F, D)``, in which they are
            longest; D is :data:`COMPONENTS` or less.
        kept: Share of the squared length of the embeddings that lies in these directions, in [0, 1].
        mean_faces: uint8 ``(K, H, W, C)``, mean image of each class of the data set, of all images where a class
            has few.
        units: The person or the photograph of each image, by number, where some images share one.
    """

    data: str
    data_classes: tuple[str, ...]
    split: str
    fingerprint: str
    classes: tuple[str, ...]
    rows: np.ndarray
    labels: np.ndarray
    logits: np.ndarray
    reduced: np.ndarray
    directions: np.ndarray
    kept: float
    mean_faces: np.ndarray
    units: Units = Units()

    @property
    def right(self) -> np.ndarray:
        """bool ``(N,)``, where the network's answer is the label."""
        answers, labels = np.asarray(self.classes)[self.logits.argmax(1)], np.asarray(self.data_classes)[self.labels]
        right: np.ndarray = answers == labels
        return right

    @property
    def embedding(self) -> np.ndarray:
        """float32 ``(N, F)``, the embeddings as far as the ``directions`` keep them."""
        embedding: np.ndarray = self.reduced.astype(np.float32) @ self.directions.T.astype(np.float32)
        return embedding


def read_shipped(checkpoint: Checkpoint) -> ShippedPredictions | None:
    """The predictions beside the weights; ``None`` where there are none, or they are damaged or of other weights."""
    file = checkpoint.path / FILE
    try:
        open_regular(file).close()
        changed = file.stat().st_mtime_ns
    except OSError:
        return None
    return _read(file, checkpoint.sha256, checkpoint.classes, changed)


@functools.lru_cache(maxsize=64)
def _read(file: Path, weights: str, classes: tuple[str, ...], _changed: int) -> ShippedPredictions | None:
    try:
        with safe_open(file, "np") as stored:
            signed = parse_stored((stored.metadata() or {}).get(ABOUT, ""), _Signed)
            arrays = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
    except (OSError, SafetensorError, ValueError, TypeError, AttributeError):
        return None
    values = asdict(signed)
    expected, facts = values.pop("sha256"), Facts(**values)
    fits = (facts.weights, facts.classes) == (weights, classes) and _fit_together(facts, arrays)
    if not fits or content_hash(facts, arrays) != expected:
        return None
    kind = [name for name in UNITS if name in arrays]
    return ShippedPredictions(
        data=facts.data,
        data_classes=facts.data_classes,
        split=facts.split,
        fingerprint=facts.fingerprint,
        classes=classes,
        rows=arrays["rows"].astype(np.int64),
        labels=arrays["labels"].astype(np.int64),
        logits=arrays["logits"].astype(np.float32),
        reduced=arrays["reduced"],
        directions=arrays["directions"],
        kept=facts.kept,
        mean_faces=arrays["mean_faces"],
        units=Units(*((arrays[kind[0]].astype(np.int64), kind[0] == "photographs") if kind else ())),
    )


def _fit_together(facts: Facts, arrays: dict[str, np.ndarray]) -> bool:
    """Whether all arrays are there, of their types, and of shapes that belong together."""
    types = {
        "rows": np.int32,
        "labels": np.int8,
        "logits": np.float16 if _older(arrays) else np.float32,
        "reduced": np.float16,
        "directions": np.float16,
        "mean_faces": np.uint8,
    }
    kinds = [kind for kind in UNITS if kind in arrays]
    if {name: array.dtype for name, array in arrays.items()} != types | dict.fromkeys(kinds, np.int32):
        return False
    rows, labels, faces = arrays["rows"], arrays["labels"], arrays["mean_faces"]
    (count,), dimensions = rows.shape if rows.ndim == 1 else (-1,), arrays["directions"].shape[-1:]
    shapes_fit = (
        labels.shape == (count,)
        and all(arrays[kind].shape == (count,) for kind in kinds)
        and arrays["logits"].shape == (count, len(facts.classes))
        and arrays["directions"].ndim == 2
        and arrays["reduced"].shape == (count, *dimensions)
        and faces.ndim == 4
        and faces.shape[0] == len(facts.data_classes)
        and faces.shape[3] in (1, 3)
    )
    return shapes_fit and count > 0 and bool(labels.min() >= 0 and labels.max() < len(facts.data_classes))


def _older(arrays: dict[str, np.ndarray]) -> bool:
    """Whether the logits are rounded to float16, as they were up to version 0.2 of the workbench."""
    return "logits" in arrays and arrays["logits"].dtype == np.float16


def content_hash(facts: Facts, arrays: dict[str, np.ndarray]) -> str:
    """SHA-256 of the facts and of all arrays."""
    digest = hashlib.sha256(json.dumps(asdict(facts), sort_keys=True).encode())
    for name in sorted(arrays):
        digest.update(f"{name} {arrays[name].dtype} {arrays[name].shape}".encode())
        digest.update(arrays[name].tobytes())
    return digest.hexdigest()
