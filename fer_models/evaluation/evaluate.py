"""Measure a network on labelled pictures."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from fer_models.classifier import Classifier, Prediction
from fer_models.data.dataset import FaceDataset
from fer_models.data.leaks.units import Units, independent, people_in
from fer_models.display import Displayed
from fer_models.errors import UserError
from fer_models.evaluation.class_match import LabelMap, match_classes, softmax
from fer_models.evaluation.exchanged_labels import exchanged_labels
from fer_models.evaluation.intervals import Estimate, chosen_metrics, estimates, share_estimate
from fer_models.evaluation.metrics import METRICS, Metric, confusion
from fer_models.evaluation.protocol import Protocol
from fer_models.evaluation.sentence import count_text, figure_sentence
from fer_models.progress import Progress

#: With fewer images of a class, its figures and means over classes are uncertain, and PR AUC is biased.
FEW = 30


@dataclass(frozen=True)
class Evaluation(Displayed):
    """Predictions for N labelled pictures over the K classes that network and data set share.

    Args:
        targets, predictions: int64 (N,), positions in ``classes``.
        logits, probabilities: float32 (N, K).
        embeddings: float32 (N, F), or ``None`` where they were not kept.
        positions: int64 (N,), indices in the data set.
        rows: int64 (N,), the data set's own row numbers.
        fingerprint: SHA-256 of the pictures and labels that were measured.
        selection: on what the network was selected.
        averaging: test-time averaging.
        notes: sentences on what the data set says of itself, what was left out, and what counts as another class.
        label_map: which of the data set's classes count as another class or not at all, against their names.
        units: int64 (N,), the person or photograph of each image; images of one are not independent. ``None``: all are.
        of_photographs: whether ``units`` are photographs.
        embeddings_kept: share of the squared length of the embeddings that ``embeddings`` hold, in [0, 1]; those that
            come with a network are shortened.
    """

    classes: tuple[str, ...]
    targets: np.ndarray
    predictions: np.ndarray
    logits: np.ndarray
    probabilities: np.ndarray
    embeddings: np.ndarray | None
    positions: np.ndarray
    rows: np.ndarray
    data: str
    fingerprint: str
    split: str
    selection: str
    averaging: str = "none"
    notes: tuple[str, ...] = ()
    label_map: LabelMap = ()
    units: np.ndarray | None = None
    of_photographs: bool = False
    embeddings_kept: float = 1.0
    _cache: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def n(self) -> int:
        return len(self.targets)

    @property
    def people(self) -> int | None:
        """Number of people in these images, ``None`` where it is not known or each has one image."""
        return None if self.of_photographs else people_in(self.units)

    @property
    def photographs(self) -> int | None:
        """Number of photographs where some of these images are copies of each other, else ``None``."""
        return people_in(self.units) if self.of_photographs else None

    @property
    def confusion(self) -> np.ndarray:
        """int64 (K, K), rows true."""
        return confusion(self.targets, self.predictions, len(self.classes))

    @property
    def identity(self) -> str:
        """SHA-256 of the logits and of what they were measured on, as a key for caches."""
        digest = hashlib.sha256(np.ascontiguousarray(self.logits).tobytes())
        measured = f"{self.fingerprint} {self.split} {self.averaging} {self.selection} {self.label_map}"
        digest.update(measured.encode())
        return digest.hexdigest()

    def take(self, selected: np.ndarray) -> Evaluation:
        """The same predictions for some of the pictures: a boolean mask (N,) or indices into the N."""
        per_picture = ("targets", "predictions", "logits", "probabilities", "positions", "rows")
        arrays: dict[str, Any] = {name: getattr(self, name)[selected] for name in per_picture}
        if self.units is not None:
            arrays["units"] = self.units[selected]
        return replace(self, **arrays, embeddings=None if self.embeddings is None else self.embeddings[selected])

    def estimate(self, names: Sequence[str] | None = None) -> dict[str, Estimate]:
        """Value and 95 % interval of the named metrics, or of all; computed once.

        Raises:
            UserError: If a name is unknown, or there is no labelled picture.
        """
        metrics = chosen_metrics(METRICS, names)
        if missing := {key: metric for key, metric in metrics.items() if key not in self._cache}:
            self._cache.update(self._estimates(missing))
        return {key: self._cache[key] for key in metrics}

    def _estimates(self, metrics: dict[str, Metric]) -> dict[str, Estimate]:
        return estimates(metrics, self.targets, self.probabilities, self.predictions, units=self.units)

    def value(self, metric: str) -> float:
        """The named metric without an interval."""
        return METRICS[metric].value(self.confusion, self.targets, self.probabilities)

    def recalls(self) -> dict[str, Estimate]:
        """Recall of each class with its interval, all NaN for a class without images."""
        return {
            name: self.share(self.predictions == self.targets, self.targets == k) or Estimate(*[float("nan")] * 3)
            for k, name in enumerate(self.classes)
        }

    def share(self, hits: np.ndarray, among: np.ndarray | None = None) -> Estimate | None:
        """The share of images that count, with its interval; ``None`` where there is no image to count.

        Args:
            hits: bool (N,), which images count.
            among: bool (N,), the images that are looked at; all by default.
        """
        among = np.ones(self.n, bool) if among is None else among
        return share_estimate(hits[among], None if self.units is None else self.units[among]) if among.any() else None

    @property
    def few(self) -> str:
        """What is said where a class has no image, or fewer than :data:`FEW`; else ``""``."""
        counts = dict(zip(self.classes, self.confusion.sum(1).tolist(), strict=True))
        few = ", ".join(name for name, n in counts.items() if 0 < n < FEW)
        absent = ", ".join(name for name, n in counts.items() if not n)
        said = []
        if absent:
            said.append(f"There is no image of {absent}; means over classes leave them out.")
        if sum(n > 0 for n in counts.values()) == 1:
            said.append("All images are of one class, so accuracy is its recall, and kappa and MCC are undefined.")
        if few:
            said.append(
                f"Fewer than {FEW} images of {few} were measured: recalls and means over classes are uncertain, and PR "
                "AUC comes out too high on average."
            )
        return " ".join(said)

    def to_json(self) -> dict[str, Any]:
        """What ``fer evaluate`` prints: figures as shares in [0, 1] with 95 % intervals.

        Raises:
            UserError: If there is no labelled picture.
        """
        figures = self.estimate(("accuracy", "macro_f1"))
        return {
            "n": self.n,
            "people": self.people,
            "photographs": self.photographs,
            "classes": list(self.classes),
            "accuracy": figures["accuracy"].to_json(),
            "macro_f1": figures["macro_f1"].to_json(),
            "recall": {name: estimate.to_json() for name, estimate in self.recalls().items()},
            "confusion": self.confusion.tolist(),
            "data": self.data,
            "fingerprint": self.fingerprint,
            "split": self.split,
            "selection": self.selection,
            "averaging": self.averaging,
            "notes": [*self.notes, *([self.few] if self.few else [])],
            "label_map": dict(self.label_map),
        }

    def metric_rows(self, names: Sequence[str] | None = None) -> list[dict[str, Any]]:
        """Lines of a checkpoint's ``metrics.json``: the named metrics, or all, accuracy first."""
        origin = {"data": self.data, "split": self.split, "selection": self.selection, "averaging": self.averaging}
        figures = self.estimate(names)
        ordered = sorted(figures, key=lambda key: key != "accuracy")
        groups = {"people": self.people, "photographs": self.photographs}
        counts = {"n": self.n} | {name: count for name, count in groups.items() if count is not None}
        return [{"metric": key, **figures[key].to_json(), **counts, **origin} for key in ordered]

    def sentence(self, metric: str = "accuracy") -> str:
        """The figure with its interval, n, split and selection rule, in one line."""
        estimate = self.estimate((metric,))[metric]
        n, percent = count_text(self.n, self.people, self.photographs), METRICS[metric].percent
        return figure_sentence(*estimate, n, self.split, self.selection, percent=percent)


def evaluate(
    network: Classifier | Prediction,
    dataset: FaceDataset,
    protocol: Protocol,
    *,
    batch_size: int = 64,
    progress: Progress | None = None,
    units: Units | None = None,
) -> Evaluation:
    """Predict the labelled pictures of a part and keep what every figure is made from.

    Args:
        network: A network, or its :class:`Prediction` for exactly the pictures of the part.
        dataset: The data set that the part is of.
        protocol: What is measured and how; pictures without a label are left out.
        batch_size: Pictures a forward pass.
        progress: Called after every batch.
        units: What is independent among the images of the part; looked for unless given.

    Raises:
        UserError: If no class is common, no labelled picture is left, predictions and pictures differ in number, or a
            class of the label map is unknown.

    Example:
        >>> from fer_models import load_checkpoint
        >>> from fer_models.data import open_dataset
        >>> from fer_models.evaluation.part import Part
        >>> data = open_dataset("synthetic:count=70,seed=0")
        >>> network = load_checkpoint("checkpoints/fcsdnet-synthetic")
        >>> evaluation = evaluate(network, data, Protocol(Part.of_split(data, "test"), selection="val"))
        >>> evaluation.estimate(["accuracy"])["accuracy"].low < evaluation.value("accuracy")
        True
    """
    part, index = protocol.part, protocol.part.index
    match = match_classes(network.classes, dataset.classes, part.label_map)
    labels = np.asarray(dataset.labels)[index]
    targets = np.where(labels >= 0, match.of_label[labels], -1)
    keep = targets >= 0
    if not keep.any():
        raise UserError(
            f"{part.name} of {dataset.name} has no image with a known class that the network has; "
            "choose another split or data set."
        )
    positions = index[keep]
    if isinstance(network, Prediction):
        if len(network.logits) != len(index):
            raise UserError(
                f"There are {len(network.logits)} predictions for {len(index)} images; predict the same split again."
            )
        logits, embeddings = network.logits[keep], network.embedding[keep]
    else:
        logits, embeddings = _predict(
            network, dataset, positions, protocol.averaging, batch_size=batch_size, progress=progress
        )
    logits = np.ascontiguousarray(logits[:, match.of_network])
    predictions = logits.argmax(1)
    units = independent(dataset, positions) if units is None else units.at(keep)
    exchanged = exchanged_labels(targets[keep], predictions, match.classes)
    return Evaluation(
        classes=match.classes,
        targets=targets[keep],
        predictions=predictions,
        logits=logits,
        probabilities=softmax(logits),
        embeddings=embeddings,
        positions=positions,
        rows=np.asarray(dataset.rows)[positions],
        data=dataset.name,
        fingerprint=dataset.fingerprint(positions),
        split=part.name,
        selection=protocol.selection,
        averaging=protocol.averaging,
        notes=(*dataset.notes, *match.notes, *([exchanged] if exchanged else [])),
        label_map=match.label_map,
        units=units.of,
        of_photographs=units.photographs,
    )


def _predict(
    classifier: Classifier,
    dataset: FaceDataset,
    positions: np.ndarray,
    averaging: str,
    *,
    batch_size: int,
    progress: Progress | None,
) -> tuple[np.ndarray, np.ndarray]:
    logits, embeddings = [], []
    for start in range(0, len(positions), batch_size):
        part = classifier.predict(
            dataset.images[positions[start : start + batch_size]],
            batch_size=batch_size,
            averaging=averaging,
            exact=True,  # a figure must not depend on which implementation was fastest
        )
        logits.append(part.logits)
        embeddings.append(part.embedding)
        if progress:
            done = min(start + batch_size, len(positions))
            progress(done / len(positions), f"{done:,} of {len(positions):,} images")
    return np.concatenate(logits), np.concatenate(embeddings)
