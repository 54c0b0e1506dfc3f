"""Maps of the same faces after each epoch of a training run, each starting from the one before, and their figures."""

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
        points = np.concatenate([epoch_map.coordinates for epoch_map in self.maps])
        low, high = points.min(0), points.max(0)
        return (float(low[0]), float(high[0])), (float(low[1]), float(high[1]))


def epoch_maps(
    outputs: Mapping[int, EpochOutputs],
    classes: tuple[str, ...],
    settings: MapSettings,
    most: int = 1000,
    progress: Progress = silent,
) -> Training:
    """Map the same faces after each epoch, at most ``most`` of them.

    t-SNE and UMAP start from the map of the epoch before; every map is then turned and scaled onto that one
    (Procrustes), so that motion on the screen is motion in the features.

    Raises:
        UserError: If there is no epoch, or the epochs hold different faces.
    """
    if not outputs:
        raise UserError("This run kept no outputs of its epochs; train it again to see how its map grows.")
    first = next(iter(outputs.values()))
    if any(not np.array_equal(output.ids, first.ids) for output in outputs.values()):
        raise UserError("The epochs of this run hold different faces, so they cannot be compared.")
    positions = sample(len(first.ids), most, settings.seed)
    fitted = settings.fitted(len(positions))
    maps: list[EpochMap] = []
    for number, (epoch, output) in enumerate(sorted(outputs.items())):

        def step(part: float, what: str, number: int = number, epoch: int = epoch) -> None:
            progress((number + part) / len(outputs), f"epoch {epoch}, {number + 1} of {len(outputs)}: {what}")

        step(0.0, "principal components")
        features = np.asarray(output.embedding[positions], np.float32)
        previous = maps[-1].coordinates if maps else None
        targets = np.asarray(output.targets[positions], np.int64)
        points = place(prepare(features, fitted), fitted, targets, initial=previous, progress=step)
        predictions = np.asarray(output.logits[positions], np.float32).argmax(1)
        maps.append(
            EpochMap(
                epoch,
                points if previous is None else align(points, previous),
                predictions,
                separation(compared(features, fitted), targets, classes),
                float((predictions == targets).mean()),
            )
        )
    return Training(first.ids[positions], np.asarray(first.targets[positions], np.int64), tuple(maps))
