"""The short way: an image, a data set or a recipe in, an answer out. All are names of ``fer_models`` itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fer_models.display import Displayed

if TYPE_CHECKING:
    from fer_models.classifier import Classifier
    from fer_models.data import FaceDataset
    from fer_models.evaluation.evaluate import Evaluation
    from fer_models.evaluation.part import Part
    from fer_models.explain import Attribution
    from fer_models.faces.face import Face
    from fer_models.training.runs.run import Run


@dataclass(frozen=True, eq=False)
class FaceAnswer(Displayed):
    """What a network says of one face of an image.

    Args:
        face: Where it lies in the image.
        pixels: The crop that the network got, uint8 (S, S, C).
        probabilities: By class, the most probable first.
    """

    face: Face
    pixels: np.ndarray
    probabilities: dict[str, float]

    @property
    def name(self) -> str:
        """The most probable class."""
        return next(iter(self.probabilities))


def predict_image(network: Classifier, image: np.ndarray | str | Path, detector: str = "auto") -> list[FaceAnswer]:
    """Find the faces of an image and classify each.

    Args:
        network: Of :func:`fer_models.load_checkpoint`.
        image: uint8 RGB (H, W, 3), grey (H, W) or (H, W, 1), or the path of an image file.
        detector: ``"auto"``, ``"haar"``, ``"yunet"``, or ``"whole"`` for an image that is cut to a face already.

    Returns:
        One answer a face, in the detector's order; empty if there is no face.

    Raises:
        UserError: If the image cannot be read, or there is no such detector.

    Example:
        >>> import fer_models
        >>> network = fer_models.load_checkpoint("checkpoints/mini-xception-fer2013")
        >>> answers = fer_models.predict_image(network, np.full((64, 64, 3), 128, np.uint8), detector="whole")
        >>> len(answers), answers[0].pixels.shape
        (1, (48, 48, 1))
    """
    from fer_models.crop import crop_for
    from fer_models.faces.image import read_image
    from fer_models.faces.turn import find_faces

    pixels = read_image(str(image)) if isinstance(image, str | Path) else np.asarray(image)
    pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    pixels = np.repeat(pixels, 3, axis=2) if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels
    faces = find_faces(pixels, detector)
    crops = [crop_for(pixels, face, network.checkpoint.preprocess).pixels for face in faces]
    prediction = network.predict(crops)
    return [FaceAnswer(face, crops[i], dict(prediction.ranked(i))) for i, face in enumerate(faces)]


def explain_face(
    network: Classifier, pixels: np.ndarray, method: str | None = None, target: str | None = None, **options: Any
) -> Attribution:
    """A heatmap of one face: where the network sees a class.

    Args:
        network: Of :func:`fer_models.load_checkpoint`.
        pixels: uint8 crop of a face, such as :attr:`FaceAnswer.pixels`; it is brought to the network's size.
        method: A key of ``fer_models.explain.EXPLAINERS``; by default the one that Explain opens with.
        target: Class that is explained; the predicted one if ``None``.
        options: Those of :func:`fer_models.explain.explain`, such as ``layer``.

    Raises:
        UserError: If method, class or an option is unknown, or the method cannot run on this network.

    Example:
        >>> import fer_models
        >>> network = fer_models.load_checkpoint("checkpoints/mini-xception-fer2013")
        >>> fer_models.explain_face(network, np.eye(48, dtype=np.uint8) * 255, target="happy").values.shape
        (1, 48, 48)
    """
    from fer_models.explain import explain

    return explain(network, network.prepare([pixels]), method, target, **options)


def evaluate(network: Classifier, data: FaceDataset | str, split: str | Part, averaging: str = "none") -> Evaluation:
    """Measure a network on a split, as ``fer evaluate`` and the page Confusion do.

    Args:
        network: Of :func:`fer_models.load_checkpoint`.
        data: A data set, or what :func:`open_dataset` takes.
        split: Its part, such as ``"PublicTest"``, ``"all"``, or images of your choice as a
            :class:`~fer_models.evaluation.part.Part`.
        averaging: Test-time averaging, a key of :data:`fer_models.averaging.AVERAGINGS`.

    Raises:
        UserError: If data set, split or averaging do not exist, or no class is common.

    Example:
        >>> import fer_models
        >>> network = fer_models.load_checkpoint("checkpoints/fcsdnet-synthetic")
        >>> fer_models.evaluate(network, "synthetic:count=70", "test").confusion.shape
        (7, 7)
    """
    from fer_models.evaluation.evaluate import evaluate as measure
    from fer_models.evaluation.part import Part
    from fer_models.evaluation.protocol import Protocol

    dataset = open_dataset(data) if isinstance(data, str) else data
    part = split if isinstance(split, Part) else Part.of_split(dataset, split)
    return measure(network, dataset, Protocol(part, network.checkpoint.selection, averaging))


def open_dataset(source: str | Path, reader: str | None = None) -> FaceDataset:
    """Open a data set: a known name, a folder, or a CSV file.

    Args:
        source: With options after a colon, such as ``"synthetic:count=700"``.
        reader: Key of its layout; recognised if ``None``.

    Raises:
        UserError: If it is missing, of no known layout, or damaged.

    Example:
        >>> import fer_models
        >>> len(fer_models.open_dataset("synthetic:count=70"))
        70
    """
    from fer_models.data import open_dataset as opened

    return opened(source, reader=reader)


def train(preset: str, data: str | None = None, *, start: bool = True, **settings: Any) -> Run:
    """Train a network in a process of its own, as ``fer train`` and the page Train do.

    Args:
        preset: Name of a recipe, such as ``"quick"``; ``fer train --help`` lists them.
        data: Data set; that of the recipe if ``None``.
        start: ``False`` makes the run folder alone; ``fer resume`` starts it later.
        settings: Fields of :class:`~fer_models.training.recipe.Recipe` to change, such as ``epochs=5``.

    Returns:
        The run: ``run.status()`` says how far it is, ``run.checkpoint`` is the folder of the best network so far.

    Raises:
        UserError: If there is no such recipe or field, or a value is not possible.

    Example:
        >>> import fer_models
        >>> run = fer_models.train("quick", "synthetic", epochs=2, start=False)
        >>> run.recipe.epochs, run.status().state
        (2, 'queued')
    """
    from fer_models.training.recipe import Recipe, load_preset
    from fer_models.training.runs.launch import launch
    from fer_models.training.runs.run import create_run

    values = {**load_preset(preset).to_dict(), **({} if data is None else {"data": data}), **settings}
    recipe = Recipe.from_dict(values)
    return launch(recipe) if start else create_run(recipe)
