"""Looks at the network after an epoch, within the worker of a run."""

from __future__ import annotations

import math
import time
from pathlib import Path

import cv2
import numpy as np
import torch

from fer_models.architectures.base import FERNetwork
from fer_models.checkpoint import Checkpoint
from fer_models.classifier import Classifier
from fer_models.errors import UserError
from fer_models.explain.base import EXPLAINERS, USUAL_METHOD
from fer_models.explain.own_attention.maps import attention_maps
from fer_models.explain.untouched import untouched
from fer_models.preprocess import Preprocess
from fer_models.training.runs.epochs import AT_MOST_EPOCHS, spacing
from fer_models.training.watch.faces import WatchedFaces
from fer_models.training.watch.history import ATTENTION_SIDE, HEAT_SIDE, Watched, read_watched, write_watched

#: Of the time of a run, after the seconds that it may take in any case.
MOST_SHARE, FREE_SECONDS = 0.02, 3.0


def look(
    network: FERNetwork,
    *,
    classes: tuple[str, ...],
    preprocess: Preprocess,
    faces: WatchedFaces,
    images: list[np.ndarray],
    epoch: int,
    accuracy: float = math.nan,
) -> Watched:
    """Scores, heatmaps for the true classes, and own attention of a network as it is now.

    The network and torch's random state are left as they are.

    Args:
        network: On its device.
        classes: Names of its outputs.
        preprocess: From a picture to its input.
        faces: Which faces.
        images: Their pictures, uint8 (S, S, C).
        epoch: Number of the epoch.
        accuracy: On the validation part, in [0, 1].

    Raises:
        UserError: If its outputs are not finite.
    """
    device = next(network.parameters()).device if any(True for _ in network.parameters()) else torch.device("cpu")
    about = Checkpoint(Path("watched"), network.key, {}, network.in_channels, classes, preprocess, "")
    classifier = Classifier(about, device, model=network)
    batch = classifier.prepare(images)
    scores = classifier.predict(images, exact=True).probabilities
    heat, method, layer = np.zeros((len(images), 0, 0), np.float16), "", ""
    usual = EXPLAINERS[USUAL_METHOD]()
    with classifier.exclusive(), untouched(network):
        possible = usual.refusal(network) is None
    if possible:
        found = usual.attribute(classifier, batch, torch.from_numpy(faces.targets))
        heat, method, layer = _smaller(found.heatmap(), HEAT_SIDE), USUAL_METHOD, found.layer or ""
    seen = [each for each in attention_maps(classifier, batch, strongest=1) if each.overlay is not None]
    maps = [_smaller(each.overlay, ATTENTION_SIDE) for each in seen if each.overlay is not None]
    attention = np.stack(maps) if maps else np.zeros((0, len(images), 0, 0), np.float16)
    return Watched(
        faces,
        classes,
        np.array([epoch], np.int64),
        scores[None].astype(np.float16),
        heat[None],
        attention[None],
        tuple(each.title for each in seen),
        method,
        layer,
        np.array([accuracy], np.float32),
    )


class Watcher:
    """Keeps the history of a run, at most every epoch and at most 2 % of the training's time.

    Args:
        folder: Of the run. A history that lies there is continued where it is of the same faces and classes.
        faces: Which faces.
        images: Their pictures, uint8 (S, S, C).
        classes: Names of the network's outputs.
        preprocess: From a picture to its input.
        epoch: Completed epochs; later ones in the file belong to work that was lost.
    """

    def __init__(
        self,
        folder: Path,
        faces: WatchedFaces,
        images: list[np.ndarray],
        *,
        classes: tuple[str, ...],
        preprocess: Preprocess,
        epoch: int = 0,
    ):
        self.folder, self.faces, self.images = folder, faces, images
        self.classes, self.preprocess = classes, preprocess
        self._watched = self._found(epoch)
        self._began, self._spent, self._problem = time.monotonic(), 0.0, ""

    def epoch(
        self, network: FERNetwork, epoch: int, best: int, *, accuracy: float = math.nan, last: bool = False
    ) -> None:
        """Look at the network after an epoch and write what is kept; without a word where it would take too long.

        Args:
            network: The evaluated network.
            epoch: Completed epochs.
            best: The best epoch so far, which is kept when epochs are thinned.
            accuracy: On the validation part, in [0, 1].
            last: Whether no epoch follows: the last one is always looked at.

        Raises:
            OSError: If the disk is full.
        """
        began = time.monotonic()
        allowed = FREE_SECONDS + MOST_SHARE * (began - self._began)
        if self._problem or (self._spent > allowed and not last):
            return
        try:
            now = look(
                network,
                classes=self.classes,
                preprocess=self.preprocess,
                faces=self.faces,
                images=self.images,
                epoch=epoch,
                accuracy=accuracy,
            )
        except UserError as error:  # a network that cannot be explained is trained all the same
            self._problem = str(error)
            print(f"The watched faces are not drawn: {error}", flush=True)
            return
        before = self._watched
        fits = before is not None and before.modules == now.modules and before.heat.shape[1:] == now.heat.shape[1:]
        watched = before.followed_by(now) if before is not None and fits else now
        step = spacing(epoch, AT_MOST_EPOCHS)
        self._watched = watched.kept({int(e) for e in watched.epochs if e % step == 0} | {1, best, epoch})
        write_watched(self.folder, self._watched)
        self._spent += time.monotonic() - began

    def _found(self, epoch: int) -> Watched | None:
        try:
            found = read_watched(self.folder)
        except UserError:
            return None
        if found is None or not epoch:
            return None
        same = np.array_equal(found.faces.rows, self.faces.rows) and found.faces.drawn_set == self.faces.drawn_set
        kept = found.kept({int(e) for e in found.epochs if e <= epoch})
        return kept if same and len(kept.epochs) else None


def _smaller(maps: np.ndarray, side: int) -> np.ndarray:
    """float16 (P, h, w), at most ``side`` pixels a side, each the mean of what it covers."""
    height, width = maps.shape[1:]
    scale = min(1.0, side / max(height, width, 1))
    if scale == 1.0:
        return maps.astype(np.float16)
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    return np.stack([cv2.resize(one, size, interpolation=cv2.INTER_AREA) for one in maps]).astype(np.float16)
