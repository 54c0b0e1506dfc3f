"""What all sessions share: the only user of ``st.cache_data`` and ``st.cache_resource``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import streamlit as st

from fer_models.checkpoint import Checkpoint
from fer_models.classifier import Classifier
from fer_models.data import FaceDataset, known_datasets, open_dataset
from fer_models.evaluation.evaluate import Evaluation
from fer_models.explain.trust import TrustCard
from fer_models.faces.face import Face
from fer_models.preprocess import Preprocess
from workbench.services import datasets, explain, explain_face, machine, predict
from workbench.services import predictions as prediction_tables
from workbench.services.explain import Look, OwnAttention, Question
from workbench.services.explain_face import Framed
from workbench.services.predictions import Part

T = TypeVar("T")


def classifier(checkpoint: Checkpoint) -> Classifier:
    """The one loaded model of these weights, with its own lock, for every session and thread.

    Raises:
        UserError: If the weights are damaged or do not fit.
    """
    return _classifier(checkpoint.sha256, repr(checkpoint.preprocess), checkpoint.classes, checkpoint)


@st.cache_resource(max_entries=16, show_spinner="Loading the network.")
def _classifier(sha256: str, preprocess: str, classes: tuple[str, ...], _checkpoint: Checkpoint) -> Classifier:
    # The weights alone do not tell how pictures are cut and what the classes are called.
    machine.limit_threads()
    return Classifier(_checkpoint, machine.compute_device())


def dataset(name: str) -> FaceDataset:
    """A known data set, memory-mapped; the first time ever it is read, which is shown while it lasts.

    Raises:
        UserError: If it is not there or damaged.
    """
    known = {entry.name: f"{entry.source} {entry.reader}" for entry in known_datasets()}
    return _dataset(name, known.get(name, ""))


@st.cache_resource(max_entries=8, ttl=600, show_spinner="Opening the data set; the first time may take a minute.")
def _dataset(name: str, source: str) -> FaceDataset:
    return open_dataset(name)


@st.cache_data(max_entries=64, ttl=600, show_spinner=False)
def faces(digest: str, _picture: np.ndarray, min_size: float = 24, score: float | None = None) -> list[Face]:
    """Faces of a uint8 RGB picture (H, W, 3) with that digest, the largest first; ``min_size`` in its pixels.

    Raises:
        UserError: If the picture is too small to hold a face.
    """
    return predict.find_faces(_picture, min_size=min_size, score_threshold=score)


@st.cache_data(max_entries=16, ttl=600, show_spinner=False, scope="session")  # a face leaves with its session
def framed(digest: str, _picture: np.ndarray, face: Face, preprocess: Preprocess, sample: str | None) -> Framed:
    """A face of a uint8 RGB picture (H, W, 3) with that digest, as a network with that preprocessing gets it."""
    return explain_face.frame(_picture, face, preprocess, sample)


def look(checkpoint: Checkpoint, pixels: np.ndarray, question: Question) -> Look:
    """Prediction and heatmap of one face, uint8 (S, S, C); asked again, it is at hand.

    Raises:
        UserError: If the network cannot be loaded or the question cannot be answered with it.
    """
    return of_face(explain.look, checkpoint, pixels, question)


def trust(checkpoint: Checkpoint, pixels: np.ndarray, question: Question) -> TrustCard:
    """The verdict on the heatmap that :func:`look` gives for the same arguments."""
    return of_face(explain.trust, checkpoint, pixels, look(checkpoint, pixels, question).attribution)


def own_attention(checkpoint: Checkpoint, pixels: np.ndarray) -> OwnAttention:
    """The network's own attention for one face, uint8 (S, S, C)."""
    return of_face(explain.own_attention, checkpoint, pixels)


def of_face(measure: Callable[..., T], checkpoint: Checkpoint, pixels: np.ndarray, *arguments: Any) -> T:
    """What a service's function says of a network and a face; kept in memory for a while, never on the disk.

    Args:
        measure: gets the classifier, the face and the arguments. pixels: uint8 (S, S, C). arguments: plain values,
            arrays or dataclasses of them, which tell one question from another.
    """
    name = f"{measure.__module__}.{measure.__qualname__}"
    key = (checkpoint.sha256, repr(checkpoint.preprocess), checkpoint.classes)
    return _of_face(name, *key, pixels, arguments, measure, checkpoint)


@st.cache_data(max_entries=512, ttl=600, show_spinner=False)
def _of_face(
    name: str,
    sha256: str,
    preprocess: str,
    classes: tuple[str, ...],
    pixels: np.ndarray,
    arguments: tuple[Any, ...],
    _measure: Callable[..., Any],
    _checkpoint: Checkpoint,
) -> Any:
    return _measure(classifier(_checkpoint), pixels, *arguments)


def of_dataset(measure: Callable[..., T], dataset: FaceDataset, *arguments: Any) -> T:
    """What a service's function says of a data set, by the function, the state of the set, and the other arguments."""
    name = f"{measure.__module__}.{measure.__qualname__}"
    return _of_dataset(name, datasets.identity(dataset), arguments, measure, dataset)


@st.cache_data(max_entries=64, ttl=3600, show_spinner=False)
def _of_dataset(
    name: str, identity: str, arguments: tuple[Any, ...], _measure: Callable[..., Any], _dataset: FaceDataset
) -> Any:
    return _measure(_dataset, *arguments)


def predictions(
    checkpoint: Checkpoint, data: FaceDataset, split: str | Part, averaging: str = "none"
) -> Evaluation | None:
    """The predictions table of a network for a split or another part, or ``None`` where it was not computed yet.

    Raises:
        UserError: If there is no such split.
    """
    key = (checkpoint.sha256, repr(checkpoint.preprocess), checkpoint.classes, prediction_tables.selection(checkpoint))
    part = prediction_tables.part(data, split)
    try:
        return _predictions(*key, datasets.identity(data), part.key, averaging, checkpoint, data, part)
    except LookupError:
        return None


@st.cache_resource(max_entries=32, ttl=3600, show_spinner=False)
def _predictions(
    sha256: str,
    preprocess: str,
    classes: tuple[str, ...],
    selection: str,
    identity: str,
    part: str,
    averaging: str,
    _checkpoint: Checkpoint,
    _data: FaceDataset,
    _part: Part,
) -> Evaluation:
    found = prediction_tables.read(_checkpoint, _data, _part, averaging)
    if found is None:
        raise LookupError("not computed yet")  # What is raised is not cached: it is looked for again.
    return found


def of_predictions(measure: Callable[..., T], evaluation: Evaluation, *arguments: Any, key: tuple[Any, ...] = ()) -> T:
    """What a service's function says of predictions, asked again from the cache.

    Args:
        arguments: what the function gets after the predictions. key: what tells these arguments from other ones.
    """
    name = f"{measure.__module__}.{measure.__qualname__}"
    return _of_predictions(name, prediction_tables.digest(evaluation), key, measure, evaluation, arguments)


@st.cache_resource(max_entries=128, ttl=3600, show_spinner=False)
def _of_predictions(
    name: str,
    digest: str,
    key: tuple[Any, ...],
    _measure: Callable[..., Any],
    _evaluation: Evaluation,
    _arguments: tuple[Any, ...],
) -> Any:
    return _measure(_evaluation, *_arguments)
