"""A small history of a training, made up: no network is trained for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fer_models.data import open_dataset
from fer_models.data.splits import make_split
from fer_models.labels import FER7
from fer_models.preprocess import Preprocess
from fer_models.training.watch.faces import choose_faces
from fer_models.training.watch.history import Watched, write_watched


def write_history(folder: Path) -> None:
    """Two epochs of eight drawn faces: after the second all are read as the class that they show."""
    dataset = open_dataset("synthetic:count=70,size=48,identities=10")
    faces = choose_faces(dataset, make_split(dataset), Preprocess(48, 1), seed=0)
    scores = np.full((2, 8, 7), 0.1)
    scores[0, :, 6] = scores[1, np.arange(8), faces.targets] = 0.4
    heat, attention = np.ones((2, 8, 6, 6)), np.random.default_rng(0).random((2, 1, 8, 6, 6))
    epochs, accuracy = np.array([1, 2]), np.array([0.2, 0.4])
    write_watched(
        folder, Watched(faces, FER7, epochs, scores, heat, attention, ("gate",), "layer_cam", "last", accuracy)
    )
