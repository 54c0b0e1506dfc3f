"""A stress test on many faces of a split: in the background, cached on disk."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from fer_models.checkpoint import Checkpoint
from fer_models.classifier import Classifier
from fer_models.data import FaceDataset
from fer_models.errors import UserError
from fer_models.evidence import STRESS
from fer_models.folders import cache_folder
from fer_models.progress import Progress
from fer_models.robustness.split import (
    USUAL_FACES,
    USUAL_HEATMAPS,
    drawn_index,
    shared_faces,
    stress_digest,
    stress_split,
)
from fer_models.robustness.stored import read_result, write_result
from fer_models.robustness.stress import StressResult, StressSettings
from workbench.app import inventory, jobs
from workbench.app.jobs import Job
from workbench.app.wording import data_title

_LOG = logging.getLogger(__name__)
#: Choices of the number of faces; None is all of the split.
COUNTS: dict[str, int | None] = {str(USUAL_FACES): USUAL_FACES, "200": 200, "1000": 1000, "all": None}


@dataclass(frozen=True)
class Plan:
    """A stress test before it is started.

    Args:
        networks: by name, the first is the reference. dataset: the data. index: int64, labelled pictures.
        kinds: keys of corruptions. where: data set and split, as text.
    """

    networks: Mapping[str, Checkpoint]
    dataset: FaceDataset
    index: np.ndarray
    kinds: tuple[str, ...]
    where: str

    @cached_property
    def key(self) -> str:
        """Digest of networks, pictures and kinds."""
        return stress_digest(self.networks, self.dataset, self.index, self.kinds)

    @property
    def questions(self) -> int:
        """Predictions that the test takes, mirrored faces included."""
        return 2 * len(self.networks) * len(self.index) * (1 + 5 * len(self.kinds))


def plan(
    networks: Mapping[str, Checkpoint],
    dataset: FaceDataset,
    name: str,
    split: str,
    *,
    count: int | None,
    kinds: Sequence[str],
) -> Plan:
    """Plan a test of ``count`` faces of a split, drawn with a fixed seed.

    Args:
        name: of the data set, for the title. count: of faces; ``None`` for all.

    Raises:
        UserError: If there is no such split, no class is common, or no face has one of them.
    """
    _, usable, _ = shared_faces((network.classes for network in networks.values()), dataset, dataset.split_index(split))
    index = drawn_index(dataset, usable, count)
    if not len(index):
        raise UserError(
            f"{split} of {dataset.name} has no image with a class that the networks know; choose another split."
        )
    return Plan(networks, dataset, index, tuple(kinds), f"{data_title(inventory.data_key(name))}, {split}")


def stored_result(test_plan: Plan) -> StressResult | None:
    """The result, if the test was made before or comes with the only network; else ``None``."""
    job = find(test_plan)
    if job is not None and job.state == "done":
        result: StressResult = job.result
        return result
    if (own := read_result(_file(test_plan))) is not None or len(test_plan.networks) > 1:
        return own
    (checkpoint,) = test_plan.networks.values()
    return read_result(checkpoint.path / STRESS, test=test_plan.key)


def find(test_plan: Plan) -> Job | None:
    """The test under way, or one that failed or was cancelled."""
    return jobs.find(("stress", test_plan.key))


def start(test_plan: Plan, classifiers: Mapping[str, Classifier]) -> Job:
    """Start the test in the background, or find its job; the result is a :class:`StressResult`."""

    def work(progress: Progress) -> StressResult:
        settings = StressSettings(kinds=test_plan.kinds, heatmaps=USUAL_HEATMAPS)
        result = stress_split(classifiers, test_plan.dataset, test_plan.index, settings, progress=progress)
        try:
            write_result(result, _file(test_plan))
        except OSError as error:
            _LOG.warning("The stress test could not be saved: %s", error)
        return result

    return jobs.start(("stress", test_plan.key), f"Stress test of {', '.join(test_plan.networks)}", work, lane="long")


def _file(test_plan: Plan) -> Path:
    return cache_folder() / "stress" / f"{test_plan.key}.npz"
