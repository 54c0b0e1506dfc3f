"""Maps through a training: the same faces on every map, each turned onto the one before, with figures that grow."""

from __future__ import annotations

import numpy as np
import pytest

from fer_models.embedding import MapSettings
from fer_models.embedding.epochs import epoch_maps
from fer_models.errors import UserError
from fer_models.training.runs.epochs import EpochOutputs

CLASSES = ("angry", "happy", "sad")


def outputs(epochs: int = 4, count: int = 60) -> dict[int, EpochOutputs]:
    """Three classes that drift apart, and a network that is right a little more often each epoch."""
    rng = np.random.default_rng(0)
    targets = np.arange(count) % 3
    noise, centres = rng.normal(size=(count, 12)), rng.normal(size=(3, 12))
    made = {}
    for epoch in range(1, epochs + 1):
        rows = noise + epoch * centres[targets] + 0.1 * rng.normal(size=(count, 12))
        guess = np.where(np.arange(count) < 15 * epoch, targets, (targets + 1) % 3)
        ids = 1000 + np.arange(count)
        made[epoch] = EpochOutputs(ids, targets, np.eye(3)[guess].astype(np.float16), rows.astype(np.float16))
    return made


@pytest.mark.parametrize("method", ["pca", "tsne"])
def test_classes_drift_apart_and_maps_do_not_flip(method: str) -> None:
    given = outputs()
    told: list[float] = []
    settings = MapSettings(method=method)  # type: ignore[arg-type]
    found = epoch_maps(given, CLASSES, settings, tell=lambda part, what: told.append(part))
    assert [one.epoch for one in found.maps] == [1, 2, 3, 4] and told == sorted(told)
    np.testing.assert_array_equal(found.ids, 1000 + np.arange(60))
    assert [one.accuracy for one in found.maps] == [0.25, 0.5, 0.75, 1.0]
    silhouettes = [one.separation.silhouette for one in found.maps]
    assert silhouettes == sorted(silhouettes, key=lambda v: v or 0)
    for before, after in zip(found.maps[1:], found.maps[2:], strict=False):
        own, other = (one.coordinates - one.coordinates.mean(0) for one in (before, after))
        assert (own * other).sum() > 0.5 * (own**2).sum(), "a map is not mirrored from one epoch to the next"
    (low, high), _ = found.limits()
    assert all((one.coordinates[:, 0] >= low).all() and (one.coordinates[:, 0] <= high).all() for one in found.maps)


def test_faces_are_drawn_once_for_all_epochs() -> None:
    found = epoch_maps(outputs(), CLASSES, MapSettings(method="pca"), most=20)
    assert len(found.ids) == 20 == len(set(found.ids.tolist()))
    assert all(one.coordinates.shape == (20, 2) for one in found.maps)


def test_epochs_that_cannot_be_compared_are_said() -> None:
    with pytest.raises(UserError, match="kept no outputs"):
        epoch_maps({}, CLASSES, MapSettings())
    given = outputs(2)
    given[2] = EpochOutputs(given[2].ids + 1, given[2].targets, given[2].logits, given[2].embedding)
    with pytest.raises(UserError, match="different faces"):
        epoch_maps(given, CLASSES, MapSettings())
