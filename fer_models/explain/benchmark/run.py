"""Which method can be believed: methods x networks x tests on faces whose truth is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fer_models.classifier import Classifier
from fer_models.data.dataset import FaceDataset
from fer_models.errors import UserError
from fer_models.evaluation.intervals import Estimate, percentile_interval, row_weights
from fer_models.explain.base import EXPLAINERS, USUAL_METHOD, explain, unsupported_methods
from fer_models.explain.face_parts.action_units import unit_areas
from fer_models.explain.face_parts.drawn import drawn_options, drawn_truth
from fer_models.explain.faithfulness import FAITHFULNESS, REFERENCES, Trial
from fer_models.explain.sets.batch import network_labels
from fer_models.labels import EMOTION_ACTION_UNITS, canonical, is_emotion
from fer_models.progress import Progress, silent, within

#: What is measured unless something else is asked for: removal, and the places of the expression's action units.
USUAL_METRICS = ("insertion", "deletion", "road", "average_drop", "relevance_mass", "relevance_rank", "pointing_game")
#: Methods of some milliseconds a picture, a spread over the families; all others are only slower.
USUAL_METHODS = (
    "grad_cam", "grad_cam_pp", "hires_cam", "layer_cam", "eigen_cam", "full_grad", "saliency", "input_x_gradient",
    "integrated_gradients", "guided_backprop",
)  # fmt: skip
_PART, _RESAMPLES = 32, 1000


@dataclass(frozen=True)
class Row:
    """One method on one network.

    Args:
        method: key of the method or name of a reference map.
        title: for a table.
        reference: whether it is a map that knows nothing of the network.
        seconds: wall-clock time a picture, ``nan`` for references.
        values: metric to float64 (N,), ``nan`` where a test has no answer; a test that a reference cannot take is
            absent.
    """

    network: str
    method: str
    title: str
    reference: bool
    seconds: float
    values: dict[str, np.ndarray]


@dataclass(frozen=True)
class Leaderboard:
    """What a benchmark found on n pictures; ``notes`` say what was left out and why."""

    data: str
    n: int
    metrics: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...]

    @property
    def networks(self) -> tuple[str, ...]:
        """Names of the networks in the order of the rows."""
        return tuple(dict.fromkeys(row.network for row in self.rows))

    def estimate(self, row: Row, metric: str) -> Estimate | None:
        """Mean over the pictures with its 95 % bootstrap interval; ``None`` where the test has no answer."""
        values = row.values.get(metric)
        if values is None or not np.isfinite(values).any():
            return None
        known = values[np.isfinite(values)]
        low, high = _interval(known)
        return Estimate(float(known.mean()), low, high)

    def best(self, network: str, metric: str) -> Row | None:
        """The row of a network that is better than each other one by more than chance; ``None`` if there is none.

        Pairs are compared picture by picture: the 95 % bootstrap interval of the mean difference leaves out zero.
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
            gain = gain[np.isfinite(gain)]
            if not len(gain) or _interval(gain)[0] <= 0:
                return None
        return first

    def unbeaten(self, row: Row, metric: str) -> list[str]:
        """Names of the reference maps of the same network that a row does not beat on average."""
        sign = 1 if FAITHFULNESS[metric].direction == "higher" else -1
        mine = self.estimate(row, metric)
        if mine is None:
            return []
        others = [(o.title, self.estimate(o, metric)) for o in self.rows if o.reference and o.network == row.network]
        return [title for title, theirs in others if theirs and sign * (mine.value - theirs.value) <= 0]


def benchmark(
    networks: Mapping[str, Classifier],
    dataset: FaceDataset,
    *,
    methods: Sequence[str] = USUAL_METHODS,
    metrics: Sequence[str] = USUAL_METRICS,
    count: int = 48,
    seed: int = 0,
    tell: Progress = silent,
) -> Leaderboard:
    """Explain the same pictures with every method on every network, test the maps, and put three references beside.

    Pictures are drawn from those of the last split whose expression has action units (not neutral) and that every
    network knows as a class; the class that is explained is the label. Places are those that the expression's units
    move: as drawn for built-in faces, else from the template.

    Args:
        count: pictures, fewer where the split has not as many.
        tell: told the part done in [0, 1] and a few words; an exception raised inside cancels.

    Raises:
        UserError: If nothing is asked, a method or metric is unknown, or no picture fits.
    """
    if not networks or not methods or not metrics or count < 2:
        raise UserError("A benchmark needs a network, a method, a metric and at least 2 pictures.")
    _ = [EXPLAINERS[key] for key in methods], [FAITHFULNESS[key] for key in metrics]
    index = _pictures(networks, dataset, count, seed)
    rows: list[Row] = []
    notes: list[str] = []
    maps = [(name, key) for name in networks for key in (*methods, *REFERENCES)]
    for number, (name, key) in enumerate(maps):
        title = EXPLAINERS[key].title if key in EXPLAINERS else key

        step = within(tell, number / len(maps), (number + 1) / len(maps))
        step(0.0, f"{title}, {name}")
        if (reason := unsupported_methods(networks[name]).get(key)) is not None:
            notes.append(f"{title} is left out on {name}: {reason}")
            continue
        rows.append(_row(name, networks[name], key, title, dataset, index, metrics, seed, step))
    tell(1.0, "done")
    return Leaderboard(dataset.source, len(index), tuple(metrics), tuple(rows), tuple(notes))


def _row(
    name: str,
    classifier: Classifier,
    key: str,
    title: str,
    dataset: FaceDataset,
    index: np.ndarray,
    metrics: Sequence[str],
    seed: int,
    step: Progress,
) -> Row:
    labels, parts = network_labels(classifier.checkpoint, dataset), []
    seconds, reference = 0.0, key in REFERENCES
    for start in range(0, len(index), _PART):
        here = index[start : start + _PART]
        batch = classifier.prepare(np.asarray(dataset.images[here]))
        # A reference map needs a trial to be drawn for: any method's map gives its size and layer.
        found = explain(classifier, batch, USUAL_METHOD if reference else key, labels[here])
        trial = Trial(classifier, batch, found, _places(dataset, here, batch.shape[2]))
        if reference:
            trial = trial.with_values(REFERENCES[key](trial, seed + start), key)
        seconds += found.seconds
        part = {}
        for number, metric in enumerate(metrics):
            test = FAITHFULNESS[metric]()
            if not (reference and test.needs_method):
                part[metric] = test.measure(trial)
            step((start + len(here) * (number + 1) / len(metrics)) / len(index), f"{title}, {name}")
        parts.append(part)
    values = {metric: np.concatenate([part[metric] for part in parts]) for metric in parts[0]}
    return Row(name, key, title, reference, float("nan") if reference else seconds / len(index), values)


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
            "There are not two pictures of an expression with action units that all of these networks know; "
            "choose other data or networks."
        )
    return np.sort(np.random.default_rng(seed).permutation(index)[:count])


def _places(dataset: FaceDataset, index: np.ndarray, size: int) -> np.ndarray:
    """bool (B, size, size): what the units of each picture's expression move."""
    options = drawn_options(dataset)
    if options is not None:
        return drawn_truth(options, np.asarray(dataset.rows)[index], size).expression
    areas = unit_areas(size)
    units = [EMOTION_ACTION_UNITS[canonical(dataset.classes[int(k)])] for k in dataset.labels[index]]
    return np.stack([np.any([areas[unit] for unit in own], axis=0) for own in units])


def _interval(values: np.ndarray) -> tuple[float, float]:
    means = [weights @ values / len(values) for weights in row_weights(len(values), _RESAMPLES)]
    low, high = percentile_interval(np.concatenate(means))
    return float(low), float(high)
