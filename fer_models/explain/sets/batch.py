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

#: Told the part done in [0, 1] and a few words; an exception raised inside cancels.
#: What can be explained besides a class by its name.
PREDICTED, LABEL = "predicted", "label"
AGREEMENTS = ("mass", "rank", "cosine", "area")
_PART, _SHEET = 128, 60


@dataclass(frozen=True)
class SetSettings:
    """How every picture is explained.

    Args:
        method: key of an explanation method.
        layer: name of a layer, the usual one if ``None``.
        target: ``"predicted"``, ``"label"``, or the name of one class for all pictures.
        of: ``"logit"`` or ``"probability"``.
    """

    method: str = USUAL_METHOD
    target: str = PREDICTED
    layer: str | None = None
    of: str = "logit"


@dataclass(frozen=True)
class ExplainedSet:
    """What a method finds in N pictures; arrays are in the order in which they were asked for.

    Args:
        settings: as asked.
        layer, layer_size: what was used, ``None`` for methods without a layer.
        classes: of the network; all class numbers below count in them.
        positions: int64 (N,), places in the data set.
        rows: int64 (N,), its own row numbers.
        labels: int64 (N,), -1 where unknown.
        predictions, targets: int64 (N,).
        confidence: float32 (N,).
        positive: bool (N,), whether anything speaks for the target; without it, shares are ``nan``.
        regions: name to float32 (N,), share of the positive relevance.
        areas: the same for the share of the picture.
        alarm: bool (N,), whether the background holds more than its share of the picture.
        agreement: ``mass``, ``rank``, ``cosine``, ``area`` (see ``unit_agreement``), float32 (N,).
        by_label, by_prediction: mean heatmaps (K, H, W).
        sheet: int64 (M,), which of the N a contact sheet shows.
        sheet_maps: float32 (M, H, W), their heatmaps.
        truth: whether regions and units are those that were drawn, not a template's.
        seconds: wall-clock time of all.
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
    truth: bool
    seconds: float

    @property
    def n(self) -> int:
        return len(self.positions)

    def where(self) -> str:
        """One sentence on what tells the regions."""
        if self.truth:
            return "Regions and action units are those that were drawn, picture by picture."
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
    tell: Progress = silent,
    keep: Callable[[int, np.ndarray], None] | None = None,
) -> ExplainedSet:
    """Predict and explain the pictures of a data set at ``index`` in parts of 128.

    Args:
        keep: given the place of the first picture of a part and its signed maps (b, H, W), for those who want all.

    Raises:
        UserError: If there is no picture, the method, layer or class is unknown, the method cannot run on this network,
            or labels are asked for that the network does not know.
    """
    settings = settings or SetSettings()
    index = np.asarray(index, np.int64)
    labels = network_labels(classifier.checkpoint, dataset)[index]
    if settings.target == LABEL:
        index, labels = index[labels >= 0], labels[labels >= 0]
    elif settings.target != PREDICTED and settings.target not in classifier.classes:
        known = ", ".join(classifier.classes)
        raise UserError(f"This network has no class {settings.target!r}; choose predicted, label, or one of: {known}.")
    if not len(index):
        raise UserError("There is no picture to explain; choose another split, or another target than the label.")
    begun, size = time.perf_counter(), classifier.checkpoint.preprocess.size
    options = drawn_options(dataset)
    means = [MapMeans(len(classifier.classes), (size, size)) for _ in range(2)]
    sheet = np.unique(np.linspace(0, len(index) - 1, min(_SHEET, len(index))).round().astype(np.int64))
    parts: dict[str, list[np.ndarray]] = {}
    first: Attribution | None = None
    for start in range(0, len(index), _PART):
        here = slice(start, min(start + _PART, len(index)))
        tell(start / len(index), f"{start:,} of {len(index):,} pictures")
        batch = classifier.prepare(np.asarray(dataset.images[index[here]]))
        probabilities = _probabilities(classifier, batch)
        predicted = probabilities.argmax(1)
        target = _target(settings.target, classifier, predicted, labels[here])

        def step(share: float, message: str, here: slice = here) -> None:
            done = here.start + share * (here.stop - here.start)
            tell(done / len(index), f"{int(done):,} of {len(index):,} pictures")

        found = explain(classifier, batch, settings.method, target, layer=settings.layer, of=settings.of, progress=step)
        truth = None if options is None else drawn_truth(options, dataset.rows[index[here]], size)
        heatmaps = found.heatmap()
        means[0].add(heatmaps, labels[here])
        means[1].add(heatmaps, predicted)
        shown = sheet[(sheet >= here.start) & (sheet < here.stop)] - here.start
        columns = {"predictions": predicted, "targets": found.target, "positive": found.has_positive}
        columns |= {"confidence": probabilities.max(1), "sheet": heatmaps[shown]} | _places(found, classifier, truth)
        for name, values in columns.items():
            parts.setdefault(name, []).append(values)
        if keep is not None:
            keep(here.start, found.values)
        first = found if first is None else first
    tell(1.0, "done")
    assert first is not None
    whole = {name: np.concatenate(values) for name, values in parts.items()}

    def named(kind: str) -> dict[str, np.ndarray]:
        return {k.split(":", 1)[1]: v.astype(np.float32) for k, v in whole.items() if k.startswith(f"{kind}:")}

    return ExplainedSet(
        settings=settings,
        layer=first.layer,
        layer_size=first.layer_size,
        classes=classifier.classes,
        positions=index,
        rows=np.asarray(dataset.rows)[index],
        labels=labels,
        predictions=whole["predictions"].astype(np.int64),
        targets=whole["targets"].astype(np.int64),
        confidence=whole["confidence"].astype(np.float32),
        positive=whole["positive"].astype(bool),
        regions=named("region"),
        areas=named("area"),
        alarm=whole["alarm"].astype(bool),
        agreement=named("unit"),
        by_label=means[0].result(),
        by_prediction=means[1].result(),
        sheet=sheet,
        sheet_maps=whole["sheet"].astype(np.float32),
        truth=options is not None,
        seconds=time.perf_counter() - begun,
    )


def network_labels(checkpoint: Checkpoint, dataset: FaceDataset) -> np.ndarray:
    """Labels of a data set as class numbers of the network, int64 (N,); -1 where the network has no such class."""
    try:
        match = match_classes(checkpoint.classes, dataset.classes)
    except UserError:  # no class is common: the maps can still be looked at
        return np.full(len(dataset), UNLABELLED, np.int64)
    known = np.where(match.of_label >= 0, match.of_network[match.of_label], UNLABELLED)
    labels = np.asarray(dataset.labels, np.int64)
    return np.where(labels >= 0, known[labels], UNLABELLED)


def _probabilities(classifier: Classifier, batch: Tensor) -> np.ndarray:
    with classifier.exclusive() as model, torch.no_grad():
        return model(batch).softmax(1).float().cpu().numpy()


def _target(asked: str, classifier: Classifier, predicted: np.ndarray, labels: np.ndarray) -> list[int]:
    if asked == PREDICTED:
        return predicted.tolist()
    if asked == LABEL:
        return labels.tolist()
    return [classifier.classes.index(asked)] * len(predicted)


def _places(found: Attribution, classifier: Classifier, truth: DrawnTruth | None) -> dict[str, np.ndarray]:
    """Shares of regions, and agreement with units, of a part."""
    size, count = found.values.shape[1:], len(found.values)
    masks = region_masks((size[0], size[1])) if truth is None else truth.masks
    shares = region_relevance(found, masks)
    columns = {f"region:{name}": share for name, share in shares.items()}
    columns |= {f"area:{name}": np.broadcast_to(mask.mean((-2, -1)), (count,)) for name, mask in masks.items()}
    columns["alarm"] = background_alarm(shares, masks)
    if truth is None:
        agreement = unit_agreement(found, classifier.classes, unit_areas((size[0], size[1])))
    else:
        each = [
            unit_agreement(found.one(i), classifier.classes, areas, units=[units])
            for i, (units, areas) in enumerate(zip(truth.units, truth.unit_areas, strict=True))
        ]
        agreement = {name: np.concatenate([one[name] for one in each]) for name in AGREEMENTS}
    return columns | {f"unit:{name}": values for name, values in agreement.items()}
