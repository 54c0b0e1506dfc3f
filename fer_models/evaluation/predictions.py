"""Predictions tables: one Parquet file for each checkpoint, data set, part and averaging, shared by all pages.

A table's folder holds ``predictions.parquet`` (one row a picture, its origin in the file's metadata) and
``embeddings.npy`` (float16). It is written to a temporary folder and renamed, so that no half-written table is read.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fer_models.checkpoint import Checkpoint
from fer_models.classifier import Classifier
from fer_models.data.dataset import FaceDataset
from fer_models.data.leaks.units import independent
from fer_models.errors import UserError
from fer_models.evaluation.class_match import match_classes, softmax
from fer_models.evaluation.evaluate import Evaluation, evaluate
from fer_models.evaluation.protocol import Protocol
from fer_models.evaluation.shipped import shipped_evaluation
from fer_models.folders import cache_folder
from fer_models.progress import Progress
from fer_models.settings import parse_stored
from fer_models.storage import atomic_folder

TABLE, EMBEDDINGS = "predictions.parquet", "embeddings.npy"
_KEY = b"fer_predictions"
#: Increased whenever the layout or the meaning of a table changes; older tables are computed again.
_VERSION = 1


def predictions_folder() -> Path:
    """Where predictions tables are cached: ``predictions`` in the cache folder."""
    return cache_folder() / "predictions"


def write_predictions(evaluation: Evaluation, folder: str | Path, *, embeddings: bool = True) -> Path:
    """Write a predictions table into a folder and return the path of its Parquet file; an earlier table is replaced.

    Raises:
        UserError: If the folder cannot be written, for instance on a full disk; an earlier table stays.
    """
    pyarrow = _pyarrow()
    folder = Path(folder)
    with_embeddings = embeddings and evaluation.embeddings is not None
    try:
        with atomic_folder(folder) as new:
            _write_table(evaluation, new / TABLE, EMBEDDINGS if with_embeddings else None)
            if with_embeddings:
                _write_embeddings(evaluation, new / EMBEDDINGS)
    except (OSError, pyarrow.ArrowException) as error:
        reason = getattr(error, "strerror", None) or "the file system refused it"
        raise UserError(
            f"The predictions cannot be written to {folder.name} ({reason}); free some disk space."
        ) from None
    return folder / TABLE


def export_predictions(evaluation: Evaluation, file: str | Path) -> Path | None:
    """Write a predictions table to a Parquet file, its embeddings beside it as ``NAME.embeddings.npy`` (float16).

    Returns the path of the embeddings, ``None`` where they were not kept. Columns of the table: ``row`` (the data set's
    own row number), ``position`` (index in the data set), ``split``, ``target`` and ``prediction`` (class names), then
    ``logit_CLASS`` and ``probability_CLASS`` (float32) for every class. Its origin is in its metadata,
    key ``fer_predictions``, as JSON; ``embeddings`` there names the file of the embeddings.

    Raises:
        UserError: If a file cannot be written.
    """
    pyarrow = _pyarrow()
    file = Path(file)
    beside = None if evaluation.embeddings is None else file.with_name(f"{file.stem}.embeddings.npy")
    try:
        _write_table(evaluation, file, None if beside is None else beside.name)
        if beside is not None:
            _write_embeddings(evaluation, beside)
    except (OSError, pyarrow.ArrowException) as error:
        reason = getattr(error, "strerror", None) or "the file system refused it"
        raise UserError(f"{file} cannot be written ({reason}); choose another place.") from None
    return beside


def _write_embeddings(evaluation: Evaluation, file: Path) -> None:
    largest = np.finfo(np.float16).max
    assert evaluation.embeddings is not None
    np.save(file, np.asarray(evaluation.embeddings).clip(-largest, largest).astype(np.float16))


def _pyarrow() -> Any:
    try:
        import pyarrow
    except ImportError:  # It comes with the app; a machine that only trains may lack it.
        raise UserError("A predictions table needs pyarrow; install it with: pip install pyarrow.") from None
    return pyarrow


def _write_table(evaluation: Evaluation, file: Path, embeddings: str | None) -> None:
    import pyarrow
    from pyarrow import parquet

    names = np.asarray(evaluation.classes)
    columns: dict[str, Any] = {
        "row": evaluation.rows,
        "position": evaluation.positions,
        "split": np.full(evaluation.n, evaluation.split),
        "target": names[evaluation.targets],
        "prediction": names[evaluation.predictions],
    }
    for kind, values in (("logit", evaluation.logits), ("probability", evaluation.probabilities)):
        columns |= {f"{kind}_{name}": values[:, k] for k, name in enumerate(evaluation.classes)}
    facts = {
        "version": _VERSION,
        "classes": evaluation.classes,
        "data": evaluation.data,
        "fingerprint": evaluation.fingerprint,
        "split": evaluation.split,
        "selection": evaluation.selection,
        "averaging": evaluation.averaging,
        "notes": evaluation.notes,
        "label_map": evaluation.label_map,
        "embeddings": embeddings,
    }
    table = pyarrow.table(columns).replace_schema_metadata({_KEY: json.dumps(facts).encode()})
    parquet.write_table(table, file)


@dataclass(frozen=True)
class _Facts:
    """The origin of a table, as its metadata keep it."""

    version: int
    classes: tuple[str, ...]
    data: str
    fingerprint: str
    split: str
    selection: str
    averaging: str
    notes: tuple[str, ...]
    label_map: tuple[tuple[str, str], ...] = ()


def read_predictions(folder: str | Path) -> Evaluation:
    """Open a table that :func:`write_predictions` wrote; embeddings are memory-mapped float16, or ``None``.

    Raises:
        UserError: If the folder holds no such table, or a damaged one.
    """
    import pyarrow
    from pyarrow import parquet

    folder = Path(folder)
    try:
        table = parquet.read_table(folder / TABLE)
        facts = parse_stored((table.schema.metadata or {})[_KEY], _Facts)
        if facts.version != _VERSION:
            raise ValueError("another version")
        classes = facts.classes
        position = {name: k for k, name in enumerate(classes)}

        def stacked(kind: str) -> np.ndarray:
            return np.column_stack([table[f"{kind}_{name}"].to_numpy() for name in classes]).astype(np.float32)

        def indices(column: str) -> np.ndarray:
            return np.array([position[name] for name in table[column].to_pylist()], np.int64)

        logits = stacked("logit")
        embeddings = None
        if (folder / EMBEDDINGS).exists():
            embeddings = np.load(folder / EMBEDDINGS, mmap_mode="r", allow_pickle=False)
            if len(embeddings) != table.num_rows:
                raise ValueError("embeddings of another table")
        return Evaluation(
            classes=classes,
            targets=indices("target"),
            predictions=indices("prediction"),
            logits=logits,
            probabilities=softmax(logits),
            embeddings=embeddings,
            positions=table["position"].to_numpy(),
            rows=table["row"].to_numpy(),
            data=facts.data,
            fingerprint=facts.fingerprint,
            split=facts.split,
            selection=facts.selection,
            averaging=facts.averaging,
            notes=facts.notes,
            label_map=facts.label_map,
        )
    except (OSError, KeyError, ValueError, TypeError, pyarrow.ArrowException):
        raise UserError(f"{folder.name} holds no predictions table of this version; compute it again.") from None


def table_folder(checkpoint: Checkpoint, dataset: FaceDataset, protocol: Protocol) -> Path:
    """The folder of a cached table; it need not exist.

    Its name is a hash of the network's identity, of the part's pictures, labels and name, of the averaging, and of a
    label map where it changes something. The selection rule is not in it: it changes no prediction.

    Raises:
        UserError: If the label map does not fit.
    """
    part = protocol.part
    origin: dict[str, Any] = {
        "network": checkpoint.identity,
        "data": [dataset.name, dataset.fingerprint(part.index)],
        "places": hashlib.sha256(np.ascontiguousarray(part.index, "<i8").tobytes()).hexdigest(),
        "split": part.name,
        "averaging": protocol.averaging,
    }
    if part.label_map and (changed := match_classes(checkpoint.classes, dataset.classes, part.label_map).label_map):
        origin["label_map"] = changed
    return predictions_folder() / hashlib.sha256(json.dumps(origin, sort_keys=True).encode()).hexdigest()[:32]


def cached_predictions(checkpoint: Checkpoint, dataset: FaceDataset, protocol: Protocol) -> Evaluation | None:
    """The cached table, else the predictions that the checkpoint brings; the network is not loaded.

    ``None`` where there are neither, or the table is damaged.
    """
    folder = table_folder(checkpoint, dataset, protocol)
    if folder.is_dir():
        try:
            table = read_predictions(folder)
            units = independent(dataset, table.positions)
            return dataclasses.replace(
                table, selection=protocol.selection, units=units.of, of_photographs=units.photographs
            )
        except UserError:
            pass  # It is computed again.
    return shipped_evaluation(checkpoint, dataset, protocol)


def predictions_for(
    network: Classifier | Checkpoint,
    dataset: FaceDataset,
    protocol: Protocol,
    *,
    batch_size: int = 64,
    progress: Progress | None = None,
) -> Evaluation:
    """Open the cached predictions, or compute and cache them.

    Args:
        network: A loaded network, or its checkpoint, which is loaded only when there is something to compute.
        dataset: As for :func:`evaluate`, like all that follow.
        protocol: What is measured and how.
        batch_size: Pictures a forward pass.
        progress: Called after every batch; not called where the table is cached.

    Raises:
        UserError: As ``evaluate``. A cache that cannot be written is no error: a note says so.
    """
    checkpoint = network if isinstance(network, Checkpoint) else network.checkpoint
    cached = cached_predictions(checkpoint, dataset, protocol)
    if cached is not None:
        return cached
    classifier = Classifier(network) if isinstance(network, Checkpoint) else network
    evaluation = evaluate(classifier, dataset, protocol, batch_size=batch_size, progress=progress)
    try:
        write_predictions(evaluation, table_folder(checkpoint, dataset, protocol))
    except UserError as error:
        return dataclasses.replace(evaluation, notes=(*evaluation.notes, str(error)))
    return evaluation
