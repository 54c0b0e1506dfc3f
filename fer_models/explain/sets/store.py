"""Cache of explained splits: one file for each network, set of pictures and settings. It holds no pictures."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fer_models.arrays import read_arrays
from fer_models.checkpoint import Checkpoint
from fer_models.classifier import Classifier
from fer_models.data.dataset import FaceDataset
from fer_models.explain.sets.batch import ExplainedSet, SetSettings, explain_set
from fer_models.explain.sets.mean_maps import ClassMaps
from fer_models.folders import cache_folder
from fer_models.progress import Progress, silent
from fer_models.settings import parse_stored
from fer_models.storage import atomic_file

#: Increased whenever the layout or the meaning of a file changes; older files are computed again.
_VERSION = 2
_GROUPS = ("regions", "areas", "agreement")
_MEANS = ("by_label", "by_prediction")


@dataclass(frozen=True)
class _Facts:
    """What the file says beside its arrays."""

    settings: SetSettings
    layer: str | None
    layer_size: tuple[int, int] | None
    classes: tuple[str, ...]
    regions: list[str]
    areas: list[str]
    agreement: list[str]
    truth: bool
    seconds: float


def set_file(checkpoint: Checkpoint, dataset: FaceDataset, index: np.ndarray, settings: SetSettings) -> Path:
    """Cache file of the result for a network, pictures and settings; it need not exist."""
    key = (
        _VERSION,
        checkpoint.identity,
        dataset.classes,
        dataset.fingerprint(index),
        dataset.name,
        dataset.source,
        dataclasses.astuple(settings),
    )
    return cache_folder() / "heatmaps" / f"{hashlib.sha256(repr(key).encode()).hexdigest()}.npz"


def explained_set(
    classifier: Classifier, dataset: FaceDataset, index: np.ndarray, settings: SetSettings, progress: Progress = silent
) -> ExplainedSet:
    """The result from the cache, or computed now and cached; a failed write is no error.

    Raises:
        UserError: As :func:`explain_set`.
    """
    file = set_file(classifier.checkpoint, dataset, index, settings)
    cached = read_set(file)
    if cached is not None:
        return cached
    explained = explain_set(classifier, dataset, index, settings, progress=progress)
    write_set(explained, file)
    return explained


def write_set(explained: ExplainedSet, file: Path) -> bool:
    """Write a result atomically; returns whether that was possible."""
    facts: dict[str, Any] = {"settings": dataclasses.asdict(explained.settings)}
    arrays: dict[str, np.ndarray] = {}
    for field in dataclasses.fields(ExplainedSet):
        value = getattr(explained, field.name)
        if field.name in _GROUPS:
            facts[field.name] = list(value)
            arrays |= {f"{field.name}:{name}": values for name, values in value.items()}
        elif field.name in _MEANS:
            arrays |= {f"{field.name}:maps": value.maps, f"{field.name}:counts": value.counts}
        elif isinstance(value, np.ndarray):
            arrays[field.name] = value
        elif field.name != "settings":
            facts[field.name] = value
    try:
        with atomic_file(file) as new:
            np.savez_compressed(new, allow_pickle=False, facts=np.array(json.dumps(facts)), **arrays)
    except OSError:
        return False
    return True


def read_set(file: Path) -> ExplainedSet | None:
    """The result in a file; ``None`` if it is missing or damaged."""
    try:
        stored = read_arrays(file)
        facts = vars(parse_stored(str(stored["facts"]), _Facts)).copy()
        values: dict[str, Any] = {name: array for name, array in stored.items() if ":" not in name}
        for group in _GROUPS:
            values[group] = {name: stored[f"{group}:{name}"] for name in facts.pop(group)}
        for mean in _MEANS:
            values[mean] = ClassMaps(stored[f"{mean}:maps"], stored[f"{mean}:counts"])
        del values["facts"]
        return ExplainedSet(**values, **facts)
    except (ValueError, KeyError, TypeError):
        return None
