"""The built-in faces and their predictions, made once in the background while the class looks at its own face."""

from __future__ import annotations

from workbench import cache
from workbench.app import jobs
from workbench.evidence.bar import Evidence
from workbench.features.learn.model import material
from workbench.features.learn.step import Scene
from workbench.widgets import job as job_view

_NAME = "The built-in faces for the lesson"


def prepare(scene: Scene) -> None:
    """Begin to make it; the first time it takes some seconds, later it is read from the cache."""
    classifier = cache.classifier(scene.drawn)
    jobs.start(material.key(scene.drawn), _NAME, lambda progress: material.make(classifier, progress), lane="short")


def get(scene: Scene) -> Evidence | None:
    """The test split of the built-in faces with its predictions; ``None`` while it is made (draws the progress).

    Raises:
        UserError: If the network cannot be loaded.
    """
    classifier = cache.classifier(scene.drawn)
    made = job_view.result(
        material.key(scene.drawn),
        _NAME,
        lambda progress: material.make(classifier, progress),
        lane="short",
        key="learn material",
    )
    return None if made is None else Evidence(scene.drawn, material.NAME, made.dataset, made.evaluation)
