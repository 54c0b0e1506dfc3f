"""Two sets of faces on one map, similar faces on another map, and a network as it was before training."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from typing import Any

import cv2
import numpy as np
import torch

from fer_models import create_model
from fer_models.checkpoint import Checkpoint, read_checkpoint, save_checkpoint
from fer_models.classifier import Classifier
from fer_models.data import FaceDataset
from fer_models.embedding import MapSettings, compared, features_of
from fer_models.errors import UserError
from fer_models.evaluation.evaluate import Evaluation
from fer_models.folders import cache_folder
from workbench.features.clusters.model.colours import ORIGIN

#: Column of a joint data set: position of an image in its original data set.
PLACE = "place in its data set"


def joined(
    faces: Evaluation, dataset: FaceDataset, other: FaceDataset, others: Evaluation, names: tuple[str, str]
) -> tuple[FaceDataset, Evaluation]:
    """The faces of two splits or two data sets as one set; faces of one data set keep their positions.

    Images of another data set are resized to those of the first.

    Args:
        faces: Predictions for the first faces.
        dataset: Their data set.
        other: Data set of the other faces.
        others: Predictions for the other faces.
        names: Names of the two data sets.

    Raises:
        UserError: If the network answers with other classes on the other faces, or the embeddings were not kept.
    """
    if faces.classes != others.classes:
        raise UserError(
            f"On {names[0]} the network has the classes {', '.join(faces.classes)} and on {names[1]} "
            f"{', '.join(others.classes)}; one map needs the same classes."
        )
    if faces.embeddings is None or others.embeddings is None:
        raise UserError("The embeddings of these predictions were not kept; predict the split again.")
    same = names[0] == names[1]
    fields: dict[str, Any] = {
        field: np.concatenate([np.asarray(getattr(part, field)) for part in (faces, others)])
        for field in ("targets", "predictions", "logits", "probabilities", "embeddings", "positions", "rows")
    }
    if not same:
        fields["positions"] = np.arange(len(fields["targets"]))
    evaluation = dataclasses.replace(
        faces,
        **fields,
        data=faces.data if same else f"{faces.data} + {others.data}",
        fingerprint=hashlib.sha256(f"{faces.fingerprint} {others.fingerprint}".encode()).hexdigest(),
        split=f"{faces.split} + {others.split}",
    )
    return (dataset if same else _pictures(dataset, faces, other, others, names)), evaluation


def _pictures(
    dataset: FaceDataset, faces: Evaluation, other: FaceDataset, others: Evaluation, names: tuple[str, str]
) -> FaceDataset:
    shape = dataset.images.shape[1:]
    added = np.stack([_like(np.asarray(other.images[p]), shape) for p in others.positions])
    parts = [(dataset, faces, names[0]), (other, others, names[1])]
    splits = [
        f"{name}, {source.split_names[int(source.split[p])]}" for source, part, name in parts for p in part.positions
    ]
    split_names = tuple(dict.fromkeys(splits))
    return FaceDataset(
        " + ".join(names),
        np.concatenate([np.asarray(dataset.images[faces.positions]), added]),
        np.concatenate([faces.targets, others.targets]),
        faces.classes,
        np.array([split_names.index(name) for name in splits], np.int8),
        split_names,
        np.concatenate([faces.rows, others.rows]),
        f"{dataset.source} + {other.source}",
        columns={
            ORIGIN: np.repeat(names, [faces.n, others.n]),
            PLACE: np.concatenate([faces.positions, others.positions]),
        },
    )


def _like(picture: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    height, width, channels = shape
    if picture.shape[2] != channels:
        code = cv2.COLOR_RGB2GRAY if channels == 1 else cv2.COLOR_GRAY2RGB
        picture = cv2.cvtColor(picture, code)
    if picture.shape[:2] != (height, width):
        picture = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    return picture.reshape(shape)


def alike(
    classifier: Classifier,
    settings: MapSettings,
    near: tuple[FaceDataset, Evaluation, np.ndarray],
    far: tuple[FaceDataset, Evaluation],
) -> np.ndarray:
    """Indices, int64, of the faces of ``far`` that are most similar to a circled face of ``near``.

    Compared in the same features of the same network. ``near`` ends with the indices of the circled faces.
    """
    dataset, faces, indices = near
    if not len(indices):
        return np.zeros(0, np.int64)
    selected_features = compared(
        np.asarray(features_of(settings.features, classifier, dataset, faces))[indices], settings
    )
    other_features = compared(np.asarray(features_of(settings.features, classifier, far[0], far[1])), settings)
    squared = np.einsum("nf,nf->n", other_features, other_features)
    return np.unique((squared[None, :] - 2 * selected_features @ other_features.T).argmin(1))


def before_training(checkpoint: Checkpoint) -> Checkpoint:
    """The same network with its initial weights, as drawn with the seed of the recipe.

    Raises:
        UserError: If the cache folder cannot be written.
    """
    recipe = checkpoint.provenance.get("recipe")
    seed = int(recipe.get("seed", 0)) if isinstance(recipe, dict) else 0
    origin = [checkpoint.network, checkpoint.options, checkpoint.classes, checkpoint.preprocess.to_dict(), seed]
    name = hashlib.sha256(json.dumps(origin, sort_keys=True, default=str).encode()).hexdigest()[:16]
    folder = cache_folder() / "untrained" / f"{checkpoint.network}-{name}"
    try:
        return read_checkpoint(folder)
    except UserError:
        pass  # Not saved yet, or damaged.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = create_model(
            checkpoint.network, len(checkpoint.classes), checkpoint.preprocess.channels, **checkpoint.options
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    return save_checkpoint(folder, model, checkpoint.classes, checkpoint.preprocess)


def origin(dataset: FaceDataset, name: str, position: int) -> tuple[str, int]:
    """Original data set and position of an image, also of a joint data set."""
    if PLACE not in dataset.columns:
        return name, position
    return str(dataset.columns[ORIGIN][position]), int(dataset.columns[PLACE][position])
