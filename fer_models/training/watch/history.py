"""What was watched, as one file: scores, heatmaps and own attention of eight faces, epoch by epoch."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from fer_models.arrays import read_arrays
from fer_models.errors import UserError
from fer_models.storage import atomic_file
from fer_models.training.watch.faces import WatchedFaces

FILE = "watched.npz"
#: Longest side of a kept heatmap and of a kept map of attention.
HEAT_SIDE, ATTENTION_SIDE = 48, 24


@dataclass(frozen=True)
class Watched:
    """Scores and maps of P faces after E epochs.

    Args:
        faces: Which faces.
        classes: Of the network.
        epochs: int64 (E,), ascending.
        scores: float16 (E, P, K), probabilities.
        heat: float16 (E, P, h, w) in [0, 1], the heatmap for each face's true class; (E, P, 0, 0) for a network whose
            usual method cannot run.
        attention: float16 (E, M, P, h, w), weights of the M attention modules over places.
        modules: (M,), their names in words.
        method: Key of the heatmap's method; ``""`` without one.
        layer: Its layer.
        accuracy: float32 (E,), on the validation part; ``nan`` where it was not measured.
        note: Where this history comes from, for people, where that is not the network's own run.
    """

    faces: WatchedFaces
    classes: tuple[str, ...]
    epochs: np.ndarray
    scores: np.ndarray
    heat: np.ndarray
    attention: np.ndarray
    modules: tuple[str, ...]
    method: str
    layer: str
    accuracy: np.ndarray
    note: str = ""

    def at(self, epoch: int) -> int:
        """Index of the last kept epoch up to ``epoch``, 0 for one before the first."""
        return max(int(np.searchsorted(self.epochs, epoch, side="right")) - 1, 0)

    def kept(self, epochs: Collection[int]) -> Watched:
        """The same with these epochs only."""
        return self._of(np.isin(self.epochs, np.fromiter(epochs, np.int64)))

    def of_drawn(self) -> Watched | None:
        """The same with the drawn faces only, which show nobody; ``None`` without any."""
        drawn = self.faces.drawn
        if not drawn.any():
            return None
        faces = replace(self.faces, rows=self.faces.rows[drawn], drawn=drawn[drawn], targets=self.faces.targets[drawn])
        return replace(
            self,
            faces=faces,
            scores=self.scores[:, drawn],
            heat=self.heat[:, drawn],
            attention=self.attention[:, :, drawn],
        )

    def followed_by(self, other: Watched) -> Watched:
        """This one up to the epoch before ``other`` begins, then ``other``; of the same faces and modules."""
        before = self._of(self.epochs < other.epochs[0])
        return replace(
            other,
            epochs=np.concatenate([before.epochs, other.epochs]),
            scores=np.concatenate([before.scores, other.scores]),
            heat=np.concatenate([before.heat, other.heat]),
            attention=np.concatenate([before.attention, other.attention]),
            accuracy=np.concatenate([before.accuracy, other.accuracy]),
        )

    def _of(self, keep: np.ndarray) -> Watched:
        return replace(
            self,
            epochs=self.epochs[keep],
            scores=self.scores[keep],
            heat=self.heat[keep],
            attention=self.attention[keep],
            accuracy=self.accuracy[keep],
        )


def write_watched(folder: Path, watched: Watched, *, compressed: bool = False) -> None:
    """Write the file of a run or a checkpoint, atomically.

    Args:
        folder: Of the run or of the checkpoint.
        watched: What to write.
        compressed: A file half as large, which takes longer to write.

    Raises:
        OSError: If the disk is full.
    """
    faces = watched.faces
    with atomic_file(folder / FILE) as new:
        (np.savez_compressed if compressed else np.savez)(
            new,
            rows=faces.rows,
            drawn=faces.drawn,
            targets=faces.targets,
            drawn_set=np.array(faces.drawn_set),
            classes=np.array(watched.classes),
            epochs=watched.epochs,
            scores=watched.scores.astype(np.float16),
            heat=watched.heat.astype(np.float16),
            attention=watched.attention.astype(np.float16),
            modules=np.array(watched.modules, np.str_),
            method=np.array(watched.method),
            layer=np.array(watched.layer),
            accuracy=watched.accuracy.astype(np.float32),
            note=np.array(watched.note),
        )


def read_watched(folder: Path) -> Watched | None:
    """What a run or a checkpoint keeps in its folder; ``None`` where there is no such file.

    Raises:
        UserError: If the file is damaged.
    """
    if not (folder / FILE).is_file():
        return None
    try:
        stored = read_arrays(folder / FILE)
        faces = WatchedFaces(stored["rows"], stored["drawn"], stored["targets"], str(stored["drawn_set"]))
        watched = Watched(
            faces,
            classes=tuple(map(str, stored["classes"].tolist())),
            epochs=stored["epochs"],
            scores=stored["scores"],
            heat=stored["heat"],
            attention=stored["attention"],
            modules=tuple(map(str, stored["modules"].tolist())),
            method=str(stored["method"]),
            layer=str(stored["layer"]),
            accuracy=stored["accuracy"],
            note=str(stored["note"]),
        )
        if not _fits(watched):
            raise ValueError
        if faces.drawn.any():
            count = faces.options.count
            if not (faces.rows[faces.drawn].min() >= 0 and faces.rows[faces.drawn].max() < count):
                raise ValueError
    except (ValueError, KeyError, TypeError, UserError):
        raise UserError(
            f"{FILE} of {folder.name} is damaged; delete it, the network itself does not need it."
        ) from None
    return watched


def history_folder(checkpoint: Path) -> Path:
    """The folder that keeps the history of a checkpoint: that of its run, or its own where it was published."""
    run = checkpoint.parent.parent
    return run if checkpoint.parent.name == "checkpoints" and (run / "recipe.json").is_file() else checkpoint


def _fits(watched: Watched) -> bool:
    """Whether all arrays belong together."""
    faces, scores, heat, attention = watched.faces, watched.scores, watched.heat, watched.attention
    epochs, count = len(watched.epochs), len(faces.rows)
    return bool(
        epochs
        and count
        and watched.epochs.ndim == 1
        and (np.diff(watched.epochs) > 0).all()
        and faces.rows.shape == faces.drawn.shape == faces.targets.shape == (count,)
        and faces.drawn.dtype == bool
        and faces.rows.dtype.kind == faces.targets.dtype.kind == watched.epochs.dtype.kind == "i"
        and watched.accuracy.shape == (epochs,)
        and scores.shape == (epochs, count, len(watched.classes))
        and heat.ndim == 4
        and heat.shape[:2] == (epochs, count)
        and attention.ndim == 5
        and attention.shape[:3] == (epochs, len(watched.modules), count)
        and faces.targets.min() >= 0
        and faces.targets.max() < len(watched.classes)
        and all(np.isfinite(values).all() for values in (scores, heat, attention))
    )
