"""Maps of the same faces after each epoch of a training, one growing out of the other, with figures for a curve."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fer_models.embedding.extract import sample
from fer_models.embedding.maps import compared
from fer_models.embedding.project import align, place, prepare
from fer_models.embedding.quality import Separation, separation
from fer_models.embedding.settings import MapSettings
from fer_models.errors import UserError
from fer_models.progress import Progress, silent
from fer_models.training.runs.epochs import EpochOutputs


@dataclass(frozen=True)
class EpochMap:
    """The map after one epoch; its N faces are the same, in the same order, after every epoch.

    Args:
        coordinates: float32 (N, 2).
        predictions: int64 (N,), class numbers.
        separation: of the classes in that epoch's embeddings.
        accuracy: share of right answers in [0, 1].
    """

    epoch: int
    coordinates: np.ndarray
    predictions: np.ndarray
    separation: Separation
    accuracy: float


@dataclass(frozen=True)
class Training:
    """Maps of one run: ``ids`` and ``targets`` int64 (N,) of the faces, and a map an epoch."""

    ids: np.ndarray
    targets: np.ndarray
    maps: tuple[EpochMap, ...]

    def limits(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Lowest and highest coordinate of all maps on each axis, so that a chart need not move."""
        points = np.concatenate([one.coordinates for one in self.maps])
        low, high = points.min(0), points.max(0)
        return (float(low[0]), float(high[0])), (float(low[1]), float(high[1]))


def epoch_maps(
    outputs: Mapping[int, EpochOutputs],
    classes: tuple[str, ...],
    settings: MapSettings,
    most: int = 1000,
    tell: Progress = silent,
) -> Training:
    """Map the same faces after each epoch, at most ``most`` of them.

    t-SNE and UMAP begin each epoch where the faces stood after the one before; every map is then turned and scaled onto
    it (Procrustes), so that what moves on the screen moved in the features.

    Raises:
        UserError: If there is no epoch, or the epochs hold different faces.
    """
    if not outputs:
        raise UserError("This run kept no outputs of its epochs; train it again to see how its map grows.")
    first = next(iter(outputs.values()))
    if any(not np.array_equal(one.ids, first.ids) for one in outputs.values()):
        raise UserError("The epochs of this run hold different faces, so they cannot be compared.")
    chosen = sample(len(first.ids), most, settings.seed)
    fitted = settings.fitted(len(chosen))
    made: list[EpochMap] = []
    for number, (epoch, one) in enumerate(sorted(outputs.items())):

        def step(part: float, what: str, number: int = number, epoch: int = epoch) -> None:
            tell((number + part) / len(outputs), f"epoch {epoch}, {number + 1} of {len(outputs)}: {what}")

        step(0.0, "principal components")
        features = np.asarray(one.embedding[chosen], np.float32)
        previous = made[-1].coordinates if made else None
        targets = np.asarray(one.targets[chosen], np.int64)
        points = place(prepare(features, fitted), fitted, targets, initial=previous, tell=step)
        predictions = np.asarray(one.logits[chosen], np.float32).argmax(1)
        made.append(
            EpochMap(
                epoch,
                points if previous is None else align(points, previous),
                predictions,
                separation(compared(features, fitted), targets, classes),
                float((predictions == targets).mean()),
            )
        )
    return Training(first.ids[chosen], np.asarray(first.targets[chosen], np.int64), tuple(made))
