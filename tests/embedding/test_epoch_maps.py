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
    epochs = outputs()
    steps: list[float] = []
    settings = MapSettings(method=method)  # type: ignore[arg-type]
    training = epoch_maps(epochs, CLASSES, settings, progress=lambda part, what: steps.append(part))
    assert [epoch_map.epoch for epoch_map in training.maps] == [1, 2, 3, 4] and steps == sorted(steps)
    np.testing.assert_array_equal(training.ids, 1000 + np.arange(60))
    assert [epoch_map.accuracy for epoch_map in training.maps] == [0.25, 0.5, 0.75, 1.0]
    silhouettes = [epoch_map.separation.silhouette for epoch_map in training.maps]
    assert silhouettes == sorted(silhouettes, key=lambda v: v or 0)
    for before, after in zip(training.maps[1:], training.maps[2:], strict=False):
        first, second = (epoch_map.coordinates - epoch_map.coordinates.mean(0) for epoch_map in (before, after))
        assert (first * second).sum() > 0.5 * (first**2).sum(), "a map is not mirrored from one epoch to the next"
    (low, high), _ = training.limits()
    assert all(
        (epoch_map.coordinates[:, 0] >= low).all() and (epoch_map.coordinates[:, 0] <= high).all()
        for epoch_map in training.maps
    )


def test_faces_are_drawn_once_for_all_epochs() -> None:
    training = epoch_maps(outputs(), CLASSES, MapSettings(method="pca"), most=20)
    assert len(training.ids) == 20 == len(set(training.ids.tolist()))
    assert all(epoch_map.coordinates.shape == (20, 2) for epoch_map in training.maps)


def test_epochs_that_cannot_be_compared_are_said() -> None:
    with pytest.raises(UserError, match="kept no outputs"):
        epoch_maps({}, CLASSES, MapSettings())
    epochs = outputs(2)
    epochs[2] = EpochOutputs(epochs[2].ids + 1, epochs[2].targets, epochs[2].logits, epochs[2].embedding)
    with pytest.raises(UserError, match="different faces"):
        epoch_maps(epochs, CLASSES, MapSettings())
