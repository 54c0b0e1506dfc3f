"""Benchmark of explanation methods: methods x networks x tests on faces with ground truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fer_models.classifier import Classifier
from fer_models.data.dataset import FaceDataset
from fer_models.data.leaks.units import people_in, units_of
from fer_models.errors import UserError
from fer_models.evaluation.comparison.significance import LEVEL
from fer_models.evaluation.comparison.swap import mean_swap_p
from fer_models.evaluation.intervals import Estimate, mean_estimates
from fer_models.explain.base import EXPLAINERS, USUAL_METHOD, explain
from fer_models.explain.face_parts.action_units import unit_areas
from fer_models.explain.face_parts.drawn import drawn_options, drawn_truth
from fer_models.explain.faithfulness import FAITHFULNESS, REFERENCES, Trial
from fer_models.explain.sets.batch import network_labels
from fer_models.explain.usable import unsupported_methods
from fer_models.labels import EMOTION_ACTION_UNITS, canonical, is_emotion
from fer_models.progress import Progress, silent, within

#: Default metrics: removal of pixels, and agreement with the expression's action units.
USUAL_METRICS = ("insertion", "deletion", "road", "average_drop", "relevance_mass", "relevance_rank", "pointing_game")
#: Default methods: a few milliseconds a picture, from each family; the others are slower.
USUAL_METHODS = (
    "grad_cam",
    "grad_cam_pp",
    "hires_cam",
    "layer_cam",
    "eigen_cam",
    "full_grad",
    "saliency",
    "input_x_gradient",
    "integrated_gradients",
    "guided_backprop",
)
#: Images of the benchmark that the page opens with and that comes with networks.
USUAL_COUNT = 16
_PART, _RESAMPLES = 32, 1000


@dataclass(frozen=True)
class Row:
    """One method on one network.

    Args:
        method: key of the method or name of a reference map.
        title: for a table.
        reference: whether it is a reference map, which does not depend on the network.
        seconds: wall-clock time a picture, ``nan`` for references.
        values: metric to float64 (N,), ``nan`` where a metric is undefined; a metric that does not apply to references
            is absent.
    """

    network: str
    method: str
    title: str
    reference: bool
    seconds: float
    values: dict[str, np.ndarray]


@dataclass(frozen=True)
class Leaderboard:
    """Results of a benchmark on n images.

    Args:
        data: What was measured on.
        n: Number of images.
        metrics: Keys of the tests.
        rows: Methods and reference maps.
        notes: What was left out and why.
        units: int64 (N,), the person of each image; ``None`` where nobody is known.
    """

    data: str
    n: int
    metrics: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...]
    units: np.ndarray | None = None

    @property
    def people(self) -> int | None:
        """Number of people in these images, ``None`` where it is not known or each has one image."""
        return people_in(self.units)

    @property
    def networks(self) -> tuple[str, ...]:
        """Names of the networks in the order of the rows."""
        return tuple(dict.fromkeys(row.network for row in self.rows))

    def estimate(self, row: Row, metric: str) -> Estimate | None:
        """Mean over the images with its 95 % bootstrap interval; ``None`` if the metric is undefined.

        People are resampled where they are known, else images.
        """
        values = row.values.get(metric)
        if values is None or not np.isfinite(values).any():
            return None
        defined = np.isfinite(values)
        return mean_estimates(values[defined][:, None], _RESAMPLES, units=self._units_at(defined))[0]

    def best(self, network: str, metric: str) -> Row | None:
        """The row of a network that is significantly better than every other one; ``None`` if there is none.

        Pairs are compared image by image, by exchanging the two methods' values at random, for all images of a person
        together where people are known (p < 0.05). No correction for the number of methods is needed, since every one
        of the pairs must differ.
        """
        rows = [row for row in self.rows if row.network == network and self.estimate(row, metric) is not None]
        if len(rows) < 2:
            return None
        sign = 1 if FAITHFULNESS[metric].direction == "higher" else -1
        first = max(rows, key=lambda row: sign * float(np.nanmean(row.values[metric])))
        for other in rows:
            if other is first:
                continue
            gain = sign * (first.values[metric] - other.values[metric])
            defined = np.isfinite(gain)
            gain, units = gain[defined], self._units_at(defined)
            if not len(gain) or gain.mean() <= 0 or mean_swap_p(gain, units=units) >= LEVEL:
                return None
        return first

    def _units_at(self, images: np.ndarray) -> np.ndarray | None:
        return None if self.units is None else self.units[images]

    def unbeaten(self, row: Row, metric: str) -> list[str]:
        """Names of the reference maps of the same network that a row does not beat on average."""
        sign = 1 if FAITHFULNESS[metric].direction == "higher" else -1
        estimate = self.estimate(row, metric)
        if estimate is None:
            return []
        others = [(o.title, self.estimate(o, metric)) for o in self.rows if o.reference and o.network == row.network]
        return [title for title, reference in others if reference and sign * (estimate.value - reference.value) <= 0]


def benchmark(
    networks: Mapping[str, Classifier],
    dataset: FaceDataset,
    *,
    methods: Sequence[str] = USUAL_METHODS,
    metrics: Sequence[str] = USUAL_METRICS,
    count: int = 48,
    seed: int = 0,
    progress: Progress = silent,
) -> Leaderboard:
    """Explain the same pictures with every method on every network, and test the maps and three reference maps.

    Pictures are drawn from those of the last split whose expression has action units (not neutral) and is a class of
    every network; the label is explained. The ground truth is the area that the expression's action units move: as
    drawn for built-in faces, else from the template.

    Args:
        networks: By name.
        dataset: Its last split is used.
        methods: Keys of explanation methods.
        metrics: Keys of faithfulness metrics.
        count: Number of pictures, at most those of the split.
        seed: Of the drawn pictures and the random reference map.
        progress: Called with the fraction done and a message; an exception raised in it cancels.

    Raises:
        UserError: If there is nothing to do, a method or metric is unknown, or no picture fits.
    """
    if not networks or not methods or not metrics or count < 2:
        raise UserError("A benchmark needs a network, a method, a metric and at least 2 images.")
    _ = [EXPLAINERS[key] for key in methods], [FAITHFULNESS[key] for key in metrics]
    task = _Task(dataset, _pictures(networks, dataset, count, seed), tuple(metrics), seed)
    rows: list[Row] = []
    notes = list(dataset.notes)
    pairs = [(name, method) for name in networks for method in (*methods, *REFERENCES)]
    for number, (name, method) in enumerate(pairs):
        step = within(progress, number / len(pairs), (number + 1) / len(pairs))
        step(0.0, f"{_title(method)}, {name}")
        if (reason := unsupported_methods(networks[name]).get(method)) is not None:
            notes.append(f"{_title(method)} is left out on {name}: {reason}")
            continue
        rows.append(_row(name, networks[name], method, task, step))
    progress(1.0, "done")
    units = units_of(dataset, task.index)
    return Leaderboard(dataset.source, len(task.index), task.metrics, tuple(rows), tuple(notes), units)


@dataclass(frozen=True)
class _Task:
    """The pictures and tests that all rows share: positions int64 (N,) in the data set, metrics, seed of references."""

    dataset: FaceDataset
    index: np.ndarray
    metrics: tuple[str, ...]
    seed: int


def _row(network: str, classifier: Classifier, method: str, task: _Task, progress: Progress) -> Row:
    labels, parts = network_labels(classifier.checkpoint, task.dataset), []
    seconds, reference, title = 0.0, method in REFERENCES, _title(method)
    count = len(task.index)
    for start in range(0, count, _PART):
        index = task.index[start : start + _PART]
        batch = classifier.prepare(np.asarray(task.dataset.images[index]))
        # A reference map takes its size and layer from the map of a method.
        attribution = explain(classifier, batch, USUAL_METHOD if reference else method, labels[index])
        trial = Trial(classifier, batch, attribution, _expression_masks(task.dataset, index, batch.shape[2]))
        if reference:
            trial = trial.with_values(REFERENCES[method](trial, task.seed + start), method)
        seconds += attribution.seconds
        part = {}
        for number, metric in enumerate(task.metrics):
            test = FAITHFULNESS[metric]()
            if not (reference and test.needs_method):
                part[metric] = test.measure(trial)
            progress((start + len(index) * (number + 1) / len(task.metrics)) / count, f"{title}, {network}")
        parts.append(part)
    values = {metric: np.concatenate([part[metric] for part in parts]) for metric in parts[0]}
    return Row(network, method, title, reference, float("nan") if reference else seconds / count, values)


def _title(method: str) -> str:
    return EXPLAINERS[method].title if method in EXPLAINERS else method


def _pictures(networks: Mapping[str, Classifier], dataset: FaceDataset, count: int, seed: int) -> np.ndarray:
    """Positions, drawn without repetition and sorted."""
    emotions = [canonical(name) if is_emotion(name) else "" for name in dataset.classes]
    moved = np.array([bool(EMOTION_ACTION_UNITS.get(name)) for name in emotions] or [False])
    index = dataset.split_index(dataset.split_names[-1])
    labels = np.asarray(dataset.labels)[index]
    usable = (labels >= 0) & moved[labels]
    for classifier in networks.values():
        usable &= network_labels(classifier.checkpoint, dataset)[index] >= 0
    index = index[usable]
    if len(index) < 2:
        raise UserError(
            "There are not two images of an expression with action units that all of these networks know; "
            "choose other data or networks."
        )
    return np.sort(np.random.default_rng(seed).permutation(index)[:count])


def _expression_masks(dataset: FaceDataset, index: np.ndarray, size: int) -> np.ndarray:
    """bool (B, size, size): the area that the action units of each picture's expression move."""
    options = drawn_options(dataset)
    if options is not None:
        return drawn_truth(options, np.asarray(dataset.rows)[index], size).expression
    areas = unit_areas(size)
    units = [EMOTION_ACTION_UNITS[canonical(dataset.classes[int(k)])] for k in dataset.labels[index]]
    return np.stack([np.any([areas[unit] for unit in picture_units], axis=0) for picture_units in units])
