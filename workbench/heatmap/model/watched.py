"""The history of a network on the faces that its training was watched on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fer_models.checkpoint import Checkpoint
from fer_models.data import FaceDataset
from fer_models.explain import EXPLAINERS
from fer_models.preprocess import Preprocess
from fer_models.training.runs.run import Run
from fer_models.training.watch.film import Kind, film
from fer_models.training.watch.focus import Focus, focus
from fer_models.training.watch.history import FILE, Watched, history_folder, read_watched
from workbench.heatmap.model import drawing
from workbench.heatmap.model.drawing import Display


@dataclass(frozen=True)
class Source:
    """Where a history lies and what is needed to show it.

    Args:
        name: Of the run or the network.
        folder: That keeps the file.
        data: The data set that the run trained on, ``""`` if that is not recorded.
        preprocess: Of the network.
    """

    name: str
    folder: Path
    data: str
    preprocess: Preprocess

    @property
    def stamp(self) -> tuple[str, int]:
        """Changes with the file; the second part is 0 where there is none."""
        try:
            return str(self.folder), (self.folder / FILE).stat().st_mtime_ns
        except OSError:
            return str(self.folder), 0


@dataclass(frozen=True)
class History:
    """What was watched, the faces, how focused the maps were, and the figures of the epochs.

    Args:
        watched: Scores and maps.
        images: uint8 (S, S, C) of each face, ``None`` where the data set is not here.
        focus: By kept epoch.
    """

    watched: Watched
    images: list[np.ndarray | None]
    focus: Focus

    @property
    def epochs(self) -> list[int]:
        """Kept epochs."""
        return [int(epoch) for epoch in self.watched.epochs]

    def true_class(self, face: int) -> str:
        """Name of the class that a face shows."""
        return self.watched.classes[int(self.watched.faces.targets[face])]

    def title(self, face: int) -> str:
        """What a face is, in words."""
        faces, name = self.watched.faces, self.true_class(face)
        return f"{name}, {'drawn' if faces.drawn[face] else 'validation'}, {int(faces.rows[face])}"

    @property
    def map_title(self) -> str:
        """Method and layer of the heatmaps."""
        method = EXPLAINERS[self.watched.method].title if self.watched.method in EXPLAINERS else ""
        return f"{method}, {self.watched.layer}" if method else ""

    def ranked(self, epoch: int, face: int) -> list[tuple[str, float]]:
        """Classes and probabilities after an epoch, in the network's order."""
        values = self.watched.scores[self.watched.at(epoch), face].astype(float)
        return list(zip(self.watched.classes, values.tolist(), strict=True))


def of_run(run: Run) -> Source:
    """Of a run, also one that trains now.

    Raises:
        UserError: If its recipe cannot be read.
    """
    recipe = run.recipe
    return Source(run.id, run.folder, recipe.data, recipe.preprocess)


def of_checkpoint(checkpoint: Checkpoint) -> Source:
    """Of a network's own run, or of the file that was published with it."""
    recipe = checkpoint.provenance.get("recipe")
    data = str(recipe.get("data", "")) if isinstance(recipe, dict) else ""
    return Source(checkpoint.name, history_folder(checkpoint.path), data, checkpoint.preprocess)


def read(source: Source, dataset: FaceDataset | None) -> History | None:
    """The history; ``None`` where none was kept.

    Raises:
        UserError: If the file is damaged.
    """
    watched = read_watched(source.folder)
    if watched is None:
        return None
    return History(watched, watched.faces.images(dataset, source.preprocess), focus(watched))


def needs_data(source: Source) -> bool:
    """Whether some of the faces are rows of the data set.

    Raises:
        UserError: If the file is damaged.
    """
    watched = read_watched(source.folder)
    return watched is not None and not watched.faces.drawn.all()


def face_picture(history: History, face: int, side: int) -> np.ndarray:
    """The bare face, uint8 RGB; grey where it is not here."""
    image = history.images[face]
    return drawing.face(_grey(history) if image is None else image, side)


def heat_picture(history: History, epoch: int, face: int, display: Display, side: int) -> np.ndarray | None:
    """The heatmap of a kept epoch over the face, uint8 RGB; ``None`` where the network has none."""
    heat = history.watched.heat[history.watched.at(epoch), face]
    return _over(history, face, heat, display, side) if heat.size else None


def attention_picture(
    history: History, epoch: int, face: int, display: Display, side: int, *, module: int
) -> np.ndarray | None:
    """Own attention of one module over the face, from its smallest value to its largest; ``None`` without any."""
    if module >= len(history.watched.modules):
        return None
    values = history.watched.attention[history.watched.at(epoch), module, face].astype(np.float32)
    return _over(history, face, drawing.spread(values), display, side)


def film_of(history: History, face: int, kind: Kind) -> bytes:
    """One face through training."""
    image = history.images[face]
    return film(history.watched, face, _grey(history) if image is None else image, kind)


def _over(history: History, face: int, values: np.ndarray, display: Display, side: int) -> np.ndarray:
    image = history.images[face]
    pixels = _grey(history) if image is None else image
    shown = drawing.fitted_map(values.astype(np.float32), pixels.shape[0])
    return drawing.over_map(pixels, shown, display, side)


def _grey(history: History) -> np.ndarray:
    side = max(history.watched.heat.shape[-1], 48)
    return np.full((side, side, 1), 128, np.uint8)
