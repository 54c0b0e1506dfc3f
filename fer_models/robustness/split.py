"""A stress test on a split of a data set, and its tables as text."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from fer_models.checkpoint import Checkpoint
from fer_models.classifier import Classifier
from fer_models.data.dataset import FaceDataset
from fer_models.data.leaks.units import units_of
from fer_models.errors import UserError
from fer_models.evaluation.class_match import match_classes
from fer_models.progress import Progress
from fer_models.robustness.figures import FIGURES, class_recalls, conditions, corruption_errors, rows
from fer_models.robustness.stress import StressResult, StressSettings, stress

#: Faces, and faces whose heatmaps are compared, in the test that the page opens with and that comes with networks.
USUAL_FACES, USUAL_HEATMAPS = 60, 16


def stress_digest(
    networks: Mapping[str, Checkpoint], dataset: FaceDataset, index: np.ndarray, kinds: Iterable[str]
) -> str:
    """SHA-256 (shortened) of networks, their names, images and corruptions of a test with usual heatmaps."""
    identities = [(name, checkpoint.identity) for name, checkpoint in networks.items()]
    words = repr((identities, dataset.fingerprint(index), tuple(kinds), USUAL_HEATMAPS))
    return hashlib.sha256(words.encode()).hexdigest()[:32]


def drawn_index(dataset: FaceDataset, index: np.ndarray, limit: int | None, seed: int = 0) -> np.ndarray:
    """Positions, int64 and sorted, of at most ``limit`` labelled pictures at ``index``, drawn from ``seed``."""
    labelled = np.asarray(index, np.int64)
    labelled = labelled[np.asarray(dataset.labels)[labelled] >= 0]
    if limit is None or len(labelled) <= limit:
        return labelled
    return np.sort(np.random.default_rng(seed).choice(labelled, limit, replace=False))


def shared_faces(
    networks: Iterable[tuple[str, ...]], dataset: FaceDataset, index: np.ndarray
) -> tuple[tuple[str, ...], np.ndarray, np.ndarray]:
    """The classes that a data set and all networks share, the positions of their faces, and the faces' classes.

    Args:
        networks: The classes of each network.
        dataset: The data set.
        index: int, positions in the data set.

    Returns:
        The shared classes; int64 positions in the data set; int64 positions in the shared classes.

    Raises:
        UserError: If no class is common.
    """
    classes = dataset.classes
    for network_classes in networks:
        classes = match_classes(network_classes, classes).classes
    class_of_label = np.array([classes.index(name) if name in classes else -1 for name in dataset.classes], np.int64)
    positions = np.asarray(index, np.int64)
    labels = np.asarray(dataset.labels)[positions]
    targets = np.where(labels >= 0, class_of_label[labels], -1)
    return classes, positions[targets >= 0], targets[targets >= 0]


def stress_split(
    networks: Mapping[str, Classifier],
    dataset: FaceDataset,
    index: np.ndarray,
    settings: StressSettings | None = None,
    *,
    progress: Progress | None = None,
) -> StressResult:
    """:func:`stress` on the labelled faces at ``index`` of the classes that the data set and all networks share.

    Args:
        networks: By name.
        dataset: The data set.
        index: int, positions in the data set.
        settings: Corruptions and measurements, as for :func:`stress`.
        progress: Called with the fraction done and a message.

    Raises:
        UserError: If no class or no picture is left, or :func:`stress` refuses.
    """
    classes, positions, targets = shared_faces((net.classes for net in networks.values()), dataset, index)
    if not len(positions):
        raise UserError(f"No image of {dataset.name} has a class that all networks know; choose another data set.")
    faces = [dataset.images[i] for i in positions]
    result = stress(networks, faces, classes, targets, settings, progress=progress)
    return dataclasses.replace(result, notes=(*dataset.notes, *result.notes), units=units_of(dataset, positions))


def table(result: StressResult) -> tuple[list[str], list[list[object]]]:
    """Column names and cells of :func:`rows` for a CSV file: each figure with the ends of its interval."""
    facts = ["network", "kind", "severity", "strength", "unit", "n"]
    lines = rows(result)
    figures = [key for key in FIGURES if any(key in line for line in lines)]
    head = facts + [f"{key}{end}" for key in figures for end in ("", "_low", "_high")]
    cells = []
    for line in lines:
        numbers: list[object] = []
        for key in figures:
            numbers += [round(v, 6) for v in line[key]] if key in line else ["", "", ""]
        cells.append([line[fact] for fact in facts] + numbers)
    return head, cells


def report(result: StressResult, reference: str | None = None) -> dict[str, Any]:
    """The whole result as plain values for JSON; ``null`` where a value is undefined.

    Raises:
        UserError: If there is no such reference network.
    """
    values: dict[str, Any] = {
        "n": result.n,
        "people": result.people,
        "classes": list(result.classes),
        "networks": list(result.networks),
        "rows": rows(result),
        "conditions": conditions(result),
        "notes": list(result.notes),
        "heatmap_method": result.method,
    }
    if result.targets is not None:
        values["corruption_errors"] = [vars(error) for error in corruption_errors(result, reference)]
        values["recall"] = {network: class_recalls(result, network) for network in result.networks}
    plain: dict[str, Any] = _plain(values)
    return plain


def _plain(value: Any) -> Any:
    if hasattr(value, "_asdict"):
        value = value._asdict()
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if isinstance(value, float):
        return round(value, 6) if np.isfinite(value) else None
    return value
