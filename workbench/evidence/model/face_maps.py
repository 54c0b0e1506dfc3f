"""The map of the faces of an evaluation: read from the cache, or computed once in the background."""

from __future__ import annotations

from collections.abc import Hashable

from fer_models.checkpoint import Checkpoint
from fer_models.classifier import Classifier
from fer_models.data import FaceDataset
from fer_models.embedding import METHODS, FaceMap, MapSettings, cached_map, make_map
from fer_models.embedding.maps import map_file
from fer_models.evaluation.evaluate import Evaluation
from workbench.app import jobs
from workbench.app.jobs import Job


def key(checkpoint: Checkpoint, faces: Evaluation, settings: MapSettings) -> Hashable:
    """Key of the job that makes this map, the same on every page.

    Raises:
        UserError: If there are fewer than 5 faces.
    """
    return ("map", map_file(checkpoint, faces, settings).name)


def read(checkpoint: Checkpoint, faces: Evaluation, settings: MapSettings) -> FaceMap | None:
    """The map if it was computed before.

    Raises:
        UserError: If there are fewer than 5 faces.
    """
    return cached_map(checkpoint, faces, settings)


def start(network: Classifier | Checkpoint, dataset: FaceDataset, faces: Evaluation, settings: MapSettings) -> Job:
    """Compute the map in the background, or find the job that does; its result is the :class:`FaceMap`.

    A checkpoint is loaded only where features are missing.

    Raises:
        UserError: If there are fewer than 5 faces.
    """
    checkpoint = network if isinstance(network, Checkpoint) else network.checkpoint
    return jobs.start(
        key(checkpoint, faces, settings),
        f"{METHODS[settings.method]} of {checkpoint.name}",
        lambda progress: make_map(network, dataset, faces, settings, progress),
        lane="long",
    )
