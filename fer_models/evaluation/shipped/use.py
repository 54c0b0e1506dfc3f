"""Shipped predictions as an evaluation of the images, or as a data set without them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import numpy as np

from fer_models.absent_images import AbsentImages
from fer_models.checkpoint import Checkpoint
from fer_models.classifier import Prediction
from fer_models.data.dataset import FaceDataset
from fer_models.data.readers import READERS
from fer_models.evaluation.class_match import softmax
from fer_models.evaluation.evaluate import Evaluation, evaluate
from fer_models.evaluation.protocol import Protocol
from fer_models.evaluation.shipped.file import ShippedPredictions, read_shipped


def shipped_evaluation(checkpoint: Checkpoint, dataset: FaceDataset, protocol: Protocol) -> Evaluation | None:
    """The shipped predictions for a part of a data set, or ``None`` where they are of other images or labels.

    The part must consist of exactly the images that were measured, in their order, without test-time averaging.

    Raises:
        UserError: If the label map of the part does not fit.
    """
    part = protocol.part
    shipped = read_shipped(checkpoint) if protocol.averaging == "none" else None
    if shipped is None or (shipped.data, shipped.data_classes) != (dataset.name, dataset.classes):
        return None
    same = np.array_equal(np.asarray(dataset.rows)[part.index], shipped.rows) and np.array_equal(
        np.asarray(dataset.labels)[part.index], shipped.labels
    )
    if not same or dataset.fingerprint(part.index) != shipped.fingerprint:
        return None
    prediction = Prediction(shipped.classes, shipped.logits, softmax(shipped.logits), shipped.embedding)
    units = shipped.units if shipped.units.of is not None else None
    return replace(evaluate(prediction, dataset, protocol, units=units), embeddings_kept=shipped.kept)


def without_images(shipped: Sequence[ShippedPredictions]) -> FaceDataset:
    """The measured splits of a data set that is not on this computer, as its networks' predictions know them.

    Args:
        shipped: At least one, all of the same data set. Where two disagree about a split, the first one counts.

    Example:
        >>> from fer_models.checkpoint import read_checkpoint
        >>> shipped = read_shipped(read_checkpoint("checkpoints/fcsdnet-synthetic"))
        >>> data = without_images([shipped])
        >>> data.has_images, data.split_names
        (False, ('test',))
    """
    parts = list({each.split: each for each in reversed(shipped)}.values())[::-1]
    first, counts = parts[0], [len(each.rows) for each in parts]
    labels = np.concatenate([each.labels for each in parts])
    ends = np.cumsum(counts)
    images = AbsentImages(
        (len(labels), *first.mean_faces.shape[1:]),
        READERS[first.data].info.title if first.data in READERS else first.data,
        mean_faces=first.mean_faces,
        labels=labels,
        measured=[
            (np.arange(end - n, end), each.fingerprint) for each, n, end in zip(parts, counts, ends, strict=True)
        ],
        photographs=_photographs(parts),
    )
    return FaceDataset(
        name=first.data,
        images=cast(np.ndarray, images),
        labels=labels,
        classes=first.data_classes,
        split=np.repeat(np.arange(len(parts)), counts).astype(np.int8),
        subjects=_subjects(parts),
        split_names=tuple(each.split for each in parts),
        rows=np.concatenate([each.rows for each in parts]),
        source="predictions that came with the networks",
    )


def _photographs(parts: Sequence[ShippedPredictions]) -> np.ndarray | None:
    """The photograph of each image, none of which is in two parts; ``None`` where there are no copies."""
    if not any(each.units.photographs for each in parts):
        return None
    labels, first = [], 0
    for each in parts:
        own = each.units.of if each.units.photographs and each.units.of is not None else np.arange(len(each.rows))
        labels.append(own + first)
        first = int(labels[-1].max()) + 1
    return np.concatenate(labels)


def _subjects(parts: Sequence[ShippedPredictions]) -> np.ndarray | None:
    """Numbers in place of the people's names, ``""`` where they are not known."""
    people = [None if each.units.photographs else each.units.of for each in parts]
    if all(one is None for one in people):
        return None
    pairs = zip(parts, people, strict=True)
    return np.concatenate([np.full(len(each.rows), "") if one is None else one.astype(str) for each, one in pairs])
