"""Caches shared by all sessions: the only user of ``st.cache_data`` and ``st.cache_resource``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import streamlit as st

from fer_models.checkpoint import Checkpoint
from fer_models.classifier import Classifier
from fer_models.data import FaceDataset
from fer_models.device import inference_device
from fer_models.errors import UserError
from fer_models.evaluation.evaluate import Evaluation
from workbench.app import datasets, inventory, machine, shipped
from workbench.app.inventory import DamagedNetworkError

T = TypeVar("T")
#: Networks kept loaded: as many as a page asks in turn, else each visit would load all of them again.
NETWORKS = 24


def classifier(checkpoint: Checkpoint) -> Classifier:
    """The loaded network, with its lock, shared by all sessions and threads.

    Raises:
        DamagedNetworkError: If the weights are damaged or do not fit, said for the first time.
        UserError: Likewise, said again.
    """
    try:
        return _classifier(checkpoint.identity, checkpoint)
    except UserError as error:
        if inventory.mark_damaged(checkpoint, str(error)):
            raise DamagedNetworkError(str(error)) from None
        raise


@st.cache_resource(max_entries=NETWORKS, show_spinner="Loading the network.")
def _classifier(identity: str, _checkpoint: Checkpoint) -> Classifier:
    machine.limit_threads()
    return Classifier(_checkpoint, inference_device())


def dataset(name: str) -> FaceDataset:
    """A known data set, memory-mapped; the first time it is read, with a spinner.

    One that is not on this computer, but for which networks bring predictions, has no images.

    Raises:
        UserError: If it is missing or damaged.
    """
    sources = {entry.name: f"{entry.source} {entry.reader}" for entry in datasets.known()}
    if name not in sources and (without_images := shipped.open_data_set(name)) is not None:
        return without_images
    return _dataset(name, sources.get(name, ""))


@st.cache_resource(max_entries=8, ttl=600, show_spinner="Opening the data set; the first time may take a minute.")
def _dataset(name: str, source: str) -> FaceDataset:
    return datasets.opened(name)


def of_image(measure: Callable[..., T], digest: str, image: np.ndarray, *arguments: Any) -> T:
    """The result of a function for an image, cached by the function, the image's digest and the other arguments.

    Args:
        measure: called with the image and the arguments. image: uint8 RGB (H, W, 3).
        arguments: plain values or dataclasses of them.
    """
    return _of_image(_name(measure), digest, arguments, measure, image)


@st.cache_data(max_entries=64, ttl=600, show_spinner=False)
def _of_image(
    name: str, digest: str, arguments: tuple[Any, ...], _measure: Callable[..., Any], _image: np.ndarray
) -> Any:
    return _measure(_image, *arguments)


def forget_images() -> None:
    """Drop every cached result of :func:`of_image`."""
    _of_image.clear()


def of_image_in_session(measure: Callable[..., T], digest: str, image: np.ndarray, *arguments: Any) -> T:
    """As :func:`of_image`, for results with a face: they are dropped with the session."""
    return _of_image_in_session(_name(measure), digest, arguments, measure, image)


@st.cache_data(max_entries=16, ttl=600, show_spinner=False, scope="session")
def _of_image_in_session(
    name: str, digest: str, arguments: tuple[Any, ...], _measure: Callable[..., Any], _image: np.ndarray
) -> Any:
    return _measure(_image, *arguments)


def of_face(measure: Callable[..., T], checkpoint: Checkpoint, pixels: np.ndarray, *arguments: Any) -> T:
    """The result of a function for a network and a face, cached in memory, never on disk.

    Args:
        measure: called with the classifier, the face and the arguments. pixels: uint8 (S, S, C).
        arguments: plain values, arrays or dataclasses of them.
    """
    return _of_face(_name(measure), checkpoint.identity, pixels, arguments, _measure=measure, _checkpoint=checkpoint)


@st.cache_data(max_entries=512, ttl=600, show_spinner=False)
def _of_face(
    name: str,
    identity: str,
    pixels: np.ndarray,
    arguments: tuple[Any, ...],
    *,
    _measure: Callable[..., Any],
    _checkpoint: Checkpoint,
) -> Any:
    return _measure(classifier(_checkpoint), pixels, *arguments)


def of_dataset(measure: Callable[..., T], dataset: FaceDataset, *arguments: Any) -> T:
    """The result of a function for a data set, cached by the function, the state of the set and the arguments."""
    return _of_dataset(_name(measure), datasets.identity(dataset), arguments, measure, dataset)


@st.cache_data(max_entries=64, ttl=3600, show_spinner=False)
def _of_dataset(
    name: str, identity: str, arguments: tuple[Any, ...], _measure: Callable[..., Any], _dataset: FaceDataset
) -> Any:
    return _measure(_dataset, *arguments)


def kept(measure: Callable[..., T], key: tuple[Any, ...], *arguments: Any) -> T:
    """The result of a function, cached by the function and ``key``. Errors are not cached.

    Args:
        key: hashable; identifies the arguments.
    """
    return _kept(_name(measure), key, measure, arguments)


@st.cache_resource(max_entries=32, ttl=3600, show_spinner=False)
def _kept(name: str, key: tuple[Any, ...], _measure: Callable[..., Any], _arguments: tuple[Any, ...]) -> Any:
    return _measure(*_arguments)


def of_predictions(measure: Callable[..., T], evaluation: Evaluation, *arguments: Any, key: tuple[Any, ...] = ()) -> T:
    """The result of a function for predictions, cached by the function, the predictions and ``key``.

    Args:
        arguments: passed after the predictions. key: identifies the arguments.
    """
    return _of_predictions(
        _name(measure), evaluation.identity, key, _measure=measure, _evaluation=evaluation, _arguments=arguments
    )


@st.cache_resource(max_entries=128, ttl=3600, show_spinner=False)
def _of_predictions(
    name: str,
    digest: str,
    key: tuple[Any, ...],
    *,
    _measure: Callable[..., Any],
    _evaluation: Evaluation,
    _arguments: tuple[Any, ...],
) -> Any:
    return _measure(_evaluation, *_arguments)


def _name(measure: Callable[..., Any]) -> str:
    return f"{measure.__module__}.{measure.__qualname__}"
