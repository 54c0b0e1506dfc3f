"""Writing a network's predictions beside its weights."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import save_file

from fer_models.checkpoint import Checkpoint
from fer_models.data.dataset import FaceDataset
from fer_models.errors import UserError
from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.shipped.file import ABOUT, FILE, UNITS, Facts, content_hash
from fer_models.storage import atomic_file

#: Dimensions to which embeddings are reduced.
COMPONENTS = 50
#: A mean face of fewer images could show a person.
_FEWEST = 50


def write_shipped(checkpoint: Checkpoint, dataset: FaceDataset, evaluation: Evaluation) -> Path:
    """Write predictions, with embeddings, into the folder of the checkpoint that made them; returns the file.

    Args:
        checkpoint: The network.
        dataset: What was measured, with its images.
        evaluation: Plain predictions (no averaging) for some of its images.

    Raises:
        UserError: If the predictions leave out a class of the network, or the folder cannot be written.
    """
    if set(evaluation.classes) != set(checkpoint.classes) or evaluation.embeddings is None:
        raise UserError(f"{checkpoint.name} has classes that {dataset.name} lacks; ship predictions on its own data.")
    order = [evaluation.classes.index(name) for name in checkpoint.classes]
    directions, kept = _directions(np.asarray(evaluation.embeddings, np.float32))
    arrays = {
        "rows": evaluation.rows.astype(np.int32),
        "labels": np.asarray(dataset.labels)[evaluation.positions].astype(np.int8),
        "logits": evaluation.logits[:, order].astype(np.float32),
        "reduced": _half(np.asarray(evaluation.embeddings, np.float32) @ directions),
        "directions": _half(directions),
        "mean_faces": _mean_faces(dataset, evaluation.positions),
    }
    if evaluation.units is not None:
        arrays[UNITS[evaluation.of_photographs]] = evaluation.units.astype(np.int32)
    arrays = {name: np.ascontiguousarray(values) for name, values in arrays.items()}  # safetensors takes no others
    facts = Facts(
        version=1,
        weights=checkpoint.sha256,
        data=dataset.name,
        data_classes=dataset.classes,
        split=evaluation.split,
        fingerprint=evaluation.fingerprint,
        classes=checkpoint.classes,
        kept=kept,
    )
    about = asdict(facts) | {"sha256": content_hash(facts, arrays)}
    file = checkpoint.path / FILE
    try:
        with atomic_file(file) as new:
            save_file(arrays, new, {ABOUT: json.dumps(about, sort_keys=True)})
            new.chmod(0o644)  # safetensors makes it readable to its owner alone
    except (OSError, SafetensorError) as error:
        reason = getattr(error, "strerror", None) or "the file system refused it"
        raise UserError(
            f"The predictions cannot be written to {checkpoint.name} ({reason}); free some disk space."
        ) from None
    return file


def shortened(embeddings: np.ndarray) -> np.ndarray:
    """Embeddings (N, F) by their coordinates along at most :data:`COMPONENTS` directions, float16 (N, D)."""
    directions, _ = _directions(embeddings.astype(np.float32))
    return _half(embeddings.astype(np.float32) @ directions)


def _directions(embeddings: np.ndarray) -> tuple[np.ndarray, float]:
    """Orthonormal directions, float32 (F, D), and the share of the squared length of (N, F) embeddings within them.

    The mean is not subtracted, so that lengths, angles and distances are kept as well as D dimensions allow.
    """
    values, vectors = np.linalg.eigh(embeddings.T.astype(np.float64) @ embeddings.astype(np.float64))
    directions = vectors[:, ::-1][:, : min(COMPONENTS, *embeddings.shape)]
    largest = directions[np.abs(directions).argmax(0), np.arange(directions.shape[1])]
    kept = values[::-1][: directions.shape[1]].sum() / max(values.sum(), 1e-12)
    return (directions * np.sign(largest)).astype(np.float32), round(float(min(max(kept, 0), 1)), 6)


def _half(values: np.ndarray) -> np.ndarray:
    largest = np.finfo(np.float16).max
    return values.clip(-largest, largest).astype(np.float16)


def _mean_faces(dataset: FaceDataset, positions: np.ndarray) -> np.ndarray:
    labels, images = np.asarray(dataset.labels)[positions], np.asarray(dataset.images[positions])
    faces = np.full((len(dataset.classes), *images.shape[1:]), 128, np.uint8)
    for k in range(len(dataset.classes)):
        members = images[labels == k]
        members = members if len(members) >= _FEWEST else images
        if len(members) >= _FEWEST:
            faces[k] = np.rint(members.mean(0)).astype(np.uint8)
    return faces
