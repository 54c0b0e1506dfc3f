"""A small data set and a predictions table with known answers, as the app would have computed and cached it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
from PIL import Image

from fer_models.checkpoint import Checkpoint
from fer_models.data import FaceDataset, open_dataset
from fer_models.evaluation.class_match import softmax
from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.part import Part
from fer_models.evaluation.predictions import table_folder, write_predictions
from fer_models.evaluation.protocol import Protocol
from fer_models.labels import FER7

NAME = "small"
#: True class, answer, and the logit of the answer, a line for each picture of the split "test".
ANSWERS = (
    ("angry", "angry", 3.0), ("angry", "sad", 2.0), ("disgust", "angry", 1.0), ("fear", "surprise", 4.0),
    ("happy", "happy", 5.0), ("happy", "happy", 2.0), ("sad", "neutral", 6.0), ("sad", "neutral", 3.0),
    ("sad", "sad", 1.5), ("surprise", "surprise", 2.5), ("neutral", "sad", 1.2), ("neutral", "neutral", 2.0),
)  # fmt: skip


def write_faces(base: Path, name: str = NAME) -> FaceDataset:
    """Noise as faces: two pictures a class in ``train``, those of :data:`ANSWERS` in ``test``."""
    random = np.random.default_rng(0)
    wanted = [("train", kind) for kind in FER7 for _ in range(2)] + [("test", true) for true, _, _ in ANSWERS]
    for number, (split, kind) in enumerate(wanted):
        folder = base / "data" / name / split / kind
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(0, 255, (48, 48), dtype=np.uint8)).save(folder / f"{number:03d}.png")
    return open_dataset(name)


def answers(dataset: FaceDataset, *, shift: int = 0) -> Evaluation:
    """The answers of :data:`ANSWERS` for the split ``test``; ``shift`` moves every answer by so many classes."""
    index = dataset.split_index("test")
    targets = np.asarray(dataset.labels)[index]
    left = list(ANSWERS)
    logits = np.zeros((len(index), len(FER7)), np.float32)
    for i, target in enumerate(targets):
        line = next(line for line in left if line[0] == dataset.classes[target])
        left.remove(line)
        logits[i, (FER7.index(line[1]) + shift) % len(FER7)] = line[2]
    return Evaluation(
        classes=FER7,
        targets=targets,
        predictions=logits.argmax(1),
        logits=logits,
        probabilities=softmax(logits),
        embeddings=np.random.default_rng(1).normal(size=(len(index), 8)).astype(np.float32),
        positions=index,
        rows=np.asarray(dataset.rows)[index],
        data=dataset.name,
        fingerprint=dataset.fingerprint(index),
        split="test",
        selection="",
    )


def cache_answers(dataset: FaceDataset, checkpoint: Checkpoint, *, shift: int = 0) -> Evaluation:
    """Put :func:`answers` where the app looks for the predictions of ``checkpoint``."""
    made = dataclasses.replace(answers(dataset, shift=shift), notes=dataset.notes)
    write_predictions(made, table_folder(checkpoint, dataset, Protocol(Part("test", made.positions), selection="")))
    return made
