"""Maps in the background: one job a map, found again after a reload, stopped when nobody wants it any more."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from fer_models.checkpoint import Checkpoint
from fer_models.classifier import Classifier
from fer_models.data import FaceDataset
from fer_models.embedding import FaceMap, MapSettings, cached_map, make_map
from fer_models.errors import UserError
from fer_models.evaluation.evaluate import Evaluation
from workbench.app import jobs, machine
from workbench.app.datasets import identity
from workbench.app.jobs import Job

T = TypeVar("T")
#: Keys of jobs that were cancelled; one at work ends at the next thing that it tells.
_cancelled: set[Hashable] = set()


class CancelledError(UserError):
    """Nobody wants the work any more."""


def key(checkpoint: Checkpoint, dataset: FaceDataset, faces: Evaluation, settings: MapSettings) -> tuple[Any, ...]:
    """Tells the job of a map from all others.

    Raises:
        UserError: If there are fewer than 5 faces.
    """
    chosen = tuple(settings.fitted(faces.n).relevant().items())
    return (
        "map",
        checkpoint.identity,
        identity(dataset),
        faces.split,
        faces.averaging,
        faces.positions.tobytes(),
        chosen,
    )


def read(checkpoint: Checkpoint, faces: Evaluation, settings: MapSettings) -> FaceMap | None:
    """The map if it was made before.

    Raises:
        UserError: If there are fewer than 5 faces.
    """
    return cached_map(checkpoint, faces, settings)


def start(classifier: Classifier, dataset: FaceDataset, faces: Evaluation, settings: MapSettings) -> Job:
    """Make the map in the background, or find the job that does; its result is the :class:`FaceMap`.

    A failed or cancelled job stays so until :func:`forget`.
    """
    return run(
        key(classifier.checkpoint, dataset, faces, settings),
        lambda tell: make_map(classifier, dataset, faces, settings, tell),
    )


def run(name: Hashable, work: Callable[[jobs.Progress], T]) -> Job:
    """Begin any work that can be cancelled while it tells how far it is, or find the job of that name."""

    def stoppable(tell: jobs.Progress) -> T:
        def step(fraction: float, what: str) -> None:
            if name in _cancelled:
                raise CancelledError("It was cancelled.")
            tell(fraction, what)

        machine.limit_threads()
        step(0.0, "beginning")
        return work(step)

    return jobs.once(name, stoppable)


def cancel(name: Hashable) -> None:
    """Stop a job at the next thing that it tells; what it would have cached is not written."""
    _cancelled.add(name)


def was_cancelled(name: Hashable) -> bool:
    """Whether :func:`cancel` was the last thing that was asked of the job."""
    return name in _cancelled


def forget(name: Hashable) -> None:
    """Take a failed or cancelled job up again: a new one begins, or one that has not noticed yet goes on."""
    _cancelled.discard(name)
    jobs.forget(name)
