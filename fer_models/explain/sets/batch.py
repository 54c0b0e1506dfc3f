"""Heatmaps of a whole split: relevance of each region and agreement with action units, picture by picture."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from fer_models.checkpoint import Checkpoint
from fer_models.classifier import Classifier
from fer_models.data.dataset import UNLABELLED, FaceDataset
from fer_models.errors import UserError
from fer_models.evaluation.class_match import match_classes
from fer_models.explain.attribution import Attribution
from fer_models.explain.base import USUAL_METHOD, explain
from fer_models.explain.face_parts.action_units import unit_agreement, unit_areas
from fer_models.explain.face_parts.drawn import DrawnTruth, drawn_options, drawn_truth
from fer_models.explain.face_parts.regions import background_alarm, region_masks, region_relevance
from fer_models.explain.sets.mean_maps import ClassMaps, MapMeans
from fer_models.progress import Progress, silent

#: Targets besides the name of a class.
PREDICTED, LABEL = "predicted", "label"
AGREEMENTS = ("mass", "rank", "cosine", "area")
_PART, _SHEET = 128, 60


@dataclass(frozen=True)
class SetSettings:
    """How every picture is explained.

    Args:
        method: Key of an explanation method.
        target: ``"predicted"``, ``"label"``, or the name of one class for all pictures.
        layer: Name of a layer; the default one if ``None``.
        of: ``"logit"`` or ``"probability"``.
    """

    method: str = USUAL_METHOD
    target: str = PREDICTED
    layer: str | None = None
    of: str = "logit"


@dataclass(frozen=True)
class ExplainedSet:
    """Explanations of N pictures by one method; arrays are in the order of the index.

    Args:
        settings: how the pictures were explained.
        layer: name of the layer; ``None`` for methods without one.
        layer_size: (H, W) of the layer's maps; ``None`` for methods without a layer.
        classes: of the network; all class numbers below refer to them.
        positions: int64 (N,), positions in the data set.
        rows: int64 (N,), row numbers of the data set's source.
        labels: int64 (N,), -1 where unknown.
        predictions: int64 (N,), predicted class.
        targets: int64 (N,), explained class.
        confidence: float32 (N,).
        positive: bool (N,), whether there is positive relevance; without it, shares are ``nan``.
        regions: name to float32 (N,), share of the positive relevance.
        areas: name to float32 (N,), share of the picture.
        alarm: bool (N,), whether the background holds more than its share of the picture.
        agreement: ``mass``, ``rank``, ``cosine``, ``area`` (see ``unit_agreement``), float32 (N,).
        by_label: mean heatmap of each labelled class.
        by_prediction: mean heatmap of each predicted class.
        sheet: int64 (M,), which of the N a contact sheet shows.
        sheet_maps: float32 (M, H, W), their heatmaps.
        units: int64 (N,), the person of each image; the image itself where nobody is known.
        truth: whether regions and units are ground truth of drawn faces rather than a template.
        seconds: wall-clock time in total.
    """

    settings: SetSettings
    layer: str | None
    layer_size: tuple[int, int] | None
    classes: tuple[str, ...]
    positions: np.ndarray
    rows: np.ndarray
    labels: np.ndarray
    predictions: np.ndarray
    targets: np.ndarray
    confidence: np.ndarray
    positive: np.ndarray
    regions: dict[str, np.ndarray]
    areas: dict[str, np.ndarray]
    alarm: np.ndarray
    agreement: dict[str, np.ndarray]
    by_label: ClassMaps
    by_prediction: ClassMaps
    sheet: np.ndarray
    sheet_maps: np.ndarray
    units: np.ndarray
    truth: bool
    seconds: float

    @property
    def n(self) -> int:
        return len(self.positions)

    def where(self) -> str:
        """One sentence on the source of the regions."""
        if self.truth:
            return "Regions and action units are those that were drawn, image by image."
        return (
            "Regions come from one template of a frontal face, framed as FER2013 frames faces: they are a little off "
            "where a head is turned or a face is framed otherwise."
        )


def explain_set(
    classifier: Classifier,
    dataset: FaceDataset,
    index: np.ndarray,
    settings: SetSettings | None = None,
    *,
    progress: Progress = silent,
    keep: Callable[[int, np.ndarray], None] | None = None,
) -> ExplainedSet:
    """Predict and explain the pictures of a data set at ``index``, 128 at a time.

    Args:
        classifier: The network.
        dataset: The data set.
        index: int, positions in the data set.
        settings: How every picture is explained; the defaults of :class:`SetSettings` if ``None``.
        progress: Called with the fraction done and a message; an exception raised in it cancels.
        keep: Called with the number of the first picture of a part and its signed maps (b, H, W), to keep them all.

    Raises:
        UserError: If there is no picture, the method, layer or class is unknown, the method cannot run on this network,
            or the target is the label and no label is a class of the network.
    """
    settings = settings or SetSettings()
    index, labels = _usable_pictures(classifier, dataset, index, settings.target)
    started, size = time.perf_counter(), classifier.checkpoint.preprocess.size
    options = drawn_options(dataset)
    means = [MapMeans(len(classifier.classes), (size, size)) for _ in range(2)]
    sheet = np.unique(np.linspace(0, len(index) - 1, min(_SHEET, len(index))).round().astype(np.int64))
    parts: dict[str, list[np.ndarray]] = {}
    first: Attribution | None = None
    for start in range(0, len(index), _PART):
        part = slice(start, min(start + _PART, len(index)))
        images, step = np.asarray(dataset.images[index[part]]), _part_progress(progress, part, len(index))
        attribution, probabilities = _explain_part(classifier, images, labels[part], settings, step)
        truth = None if options is None else drawn_truth(options, dataset.rows[index[part]], size)
        heatmaps, predicted = attribution.heatmap(), probabilities.argmax(1)
        means[0].add(heatmaps, labels[part])
        means[1].add(heatmaps, predicted)
        in_part = sheet[(sheet >= part.start) & (sheet < part.stop)] - part.start
        columns = {"predictions": predicted, "targets": attribution.target, "positive": attribution.has_positive}
        columns |= {"confidence": probabilities.max(1), "sheet": heatmaps[in_part]}
        for name, values in (columns | _region_columns(attribution, classifier, truth)).items():
            parts.setdefault(name, []).append(values)
        if keep is not None:
            keep(part.start, attribution.values)
        first = attribution if first is None else first
    progress(1.0, "done")
    assert first is not None
    joined = {name: np.concatenate(values) for name, values in parts.items()}
    return ExplainedSet(
        settings=settings,
        layer=first.layer,
        layer_size=first.layer_size,
        classes=classifier.classes,
        positions=index,
        rows=np.asarray(dataset.rows)[index],
        labels=labels,
        predictions=joined["predictions"].astype(np.int64),
        targets=joined["targets"].astype(np.int64),
        confidence=joined["confidence"].astype(np.float32),
        positive=joined["positive"].astype(bool),
        regions=_group(joined, "region"),
        areas=_group(joined, "area"),
        alarm=joined["alarm"].astype(bool),
        agreement=_group(joined, "unit"),
        by_label=means[0].result(),
        by_prediction=means[1].result(),
        sheet=sheet,
        sheet_maps=joined["sheet"].astype(np.float32),
        units=index if dataset.people is None else dataset.people[index],
        truth=options is not None,
        seconds=time.perf_counter() - started,
    )


def _usable_pictures(
    classifier: Classifier, dataset: FaceDataset, index: np.ndarray, target: str
) -> tuple[np.ndarray, np.ndarray]:
    """Positions and labels of the pictures that can be explained for a target, int64 (N,) each."""
    index = np.asarray(index, np.int64)
    labels = network_labels(classifier.checkpoint, dataset)[index]
    if target == LABEL:
        index, labels = index[labels >= 0], labels[labels >= 0]
    elif target != PREDICTED and target not in classifier.classes:
        names = ", ".join(classifier.classes)
        raise UserError(f"This network has no class {target!r}; choose predicted, label, or one of: {names}.")
    if not len(index):
        raise UserError("There is no image to explain; choose another split, or another target than the label.")
    return index, labels


def _part_progress(progress: Progress, part: slice, total: int) -> Progress:
    """Progress of one part of ``total`` pictures, counted in pictures."""

    def step(fraction: float, message: str) -> None:
        done = part.start + fraction * (part.stop - part.start)
        progress(done / total, f"{int(done):,} of {total:,} images")

    return step


def _explain_part(
    classifier: Classifier, images: np.ndarray, labels: np.ndarray, settings: SetSettings, progress: Progress
) -> tuple[Attribution, np.ndarray]:
    """Maps of one part of the pictures, and the probabilities (B, K)."""
    progress(0.0, "")
    batch = classifier.prepare(images)
    probabilities = _probabilities(classifier, batch)
    target = _target(settings.target, classifier, probabilities.argmax(1), labels)
    attribution = explain(
        classifier, batch, settings.method, target, layer=settings.layer, of=settings.of, progress=progress
    )
    return attribution, probabilities


def _group(columns: dict[str, np.ndarray], kind: str) -> dict[str, np.ndarray]:
    """The columns named ``kind:NAME`` as float32, by NAME."""
    return {k.split(":", 1)[1]: v.astype(np.float32) for k, v in columns.items() if k.startswith(f"{kind}:")}


def network_labels(checkpoint: Checkpoint, dataset: FaceDataset) -> np.ndarray:
    """Labels of a data set as class numbers of the network, int64 (N,); -1 where the network has no such class."""
    try:
        match = match_classes(checkpoint.classes, dataset.classes)
    except UserError:  # no common class: the maps are still useful
        return np.full(len(dataset), UNLABELLED, np.int64)
    network_class = np.where(match.of_label >= 0, match.of_network[match.of_label], UNLABELLED)
    labels = np.asarray(dataset.labels, np.int64)
    return np.where(labels >= 0, network_class[labels], UNLABELLED)


def _probabilities(classifier: Classifier, batch: Tensor) -> np.ndarray:
    with classifier.exclusive() as model, torch.no_grad():
        return model(batch).softmax(1).float().cpu().numpy()


def _target(target: str, classifier: Classifier, predicted: np.ndarray, labels: np.ndarray) -> list[int]:
    if target == PREDICTED:
        return predicted.tolist()
    if target == LABEL:
        return labels.tolist()
    return [classifier.classes.index(target)] * len(predicted)


def _region_columns(
    attribution: Attribution, classifier: Classifier, truth: DrawnTruth | None
) -> dict[str, np.ndarray]:
    """Shares of regions, and agreement with units, of a part."""
    size, count = attribution.values.shape[1:], len(attribution.values)
    masks = region_masks((size[0], size[1])) if truth is None else truth.masks
    shares = region_relevance(attribution, masks)
    columns = {f"region:{name}": share for name, share in shares.items()}
    columns |= {f"area:{name}": np.broadcast_to(mask.mean((-2, -1)), (count,)) for name, mask in masks.items()}
    columns["alarm"] = background_alarm(shares, masks)
    if truth is None:
        agreement = unit_agreement(attribution, classifier.classes, unit_areas((size[0], size[1])))
    else:
        agreements = [
            unit_agreement(attribution.one(i), classifier.classes, areas, units=[units])
            for i, (units, areas) in enumerate(zip(truth.units, truth.unit_areas, strict=True))
        ]
        agreement = {name: np.concatenate([picture[name] for picture in agreements]) for name in AGREEMENTS}
    return columns | {f"unit:{name}": values for name, values in agreement.items()}
