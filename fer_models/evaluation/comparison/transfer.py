"""Trained on one data set, measured on others: a matrix of figures with the label map of every pair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from fer_models.checkpoint import Checkpoint
from fer_models.data.dataset import FaceDataset
from fer_models.data.readers.base import split_role
from fer_models.errors import UserError
from fer_models.evaluation.class_match import LabelMap, class_key, match_classes
from fer_models.evaluation.comparison.significance import compare, winner
from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.intervals import Estimate
from fer_models.evaluation.part import Part
from fer_models.evaluation.training_overlap import held_out_part, training_overlap
from fer_models.progress import Progress, silent


@dataclass(frozen=True, eq=False)
class Pair:
    """A network and the pictures of a data set to measure it on; ``problem`` says why that is impossible.

    Args:
        name: under which the data set was opened.
    """

    network: Checkpoint
    dataset: FaceDataset
    name: str
    part: Part
    problem: str = ""


@dataclass(frozen=True)
class Cell:
    """A figure of one network on one data set.

    Args:
        estimate: ``None`` where ``problem`` says why there is none. n: pictures. split: of which part.
        own: it was trained on this data set. seen: how many of these very pictures trained it.
        best: better than each other network of this column by more than chance.
        label_map: which of the data set's classes count as another one, against their names.
    """

    network: str
    data: str
    split: str
    estimate: Estimate | None
    n: int
    own: bool
    seen: int
    classes: tuple[str, ...] = ()
    best: bool = False
    problem: str = ""
    label_map: LabelMap = ()


@dataclass(frozen=True)
class Transfer:
    """The matrix, a row a network, a column a data set; ``metric`` is what it shows."""

    metric: str
    networks: tuple[str, ...]
    trained_on: tuple[str, ...]
    data: tuple[str, ...]
    cells: tuple[tuple[Cell, ...], ...]


def usual_split(dataset: FaceDataset) -> str:
    """The set's own test split, else its validation split, else its last one."""
    names = list(dataset.split_names)
    return next((name for role in (2, 1) for name in reversed(names) if split_role(name) == role), names[-1])


def pair(network: Checkpoint, dataset: FaceDataset, name: str, split: str, label_map: LabelMap = ()) -> Pair:
    """What to measure: the pictures that the network's own training protocol held out, or else the split.

    Args:
        label_map: of the data set; what of it this network has no class for is matched by name.

    Raises:
        UserError: If there is no such split.
    """
    part = held_out_part(network, dataset, name) or Part.of_split(dataset, split)
    problem = "" if len(part.index) else f"{split} has no image with a known class"
    try:
        outputs = {class_key(name) for name in network.classes}
        fitting = tuple(line for line in label_map if not line[1] or class_key(line[1]) in outputs)
        part = replace(part, label_map=match_classes(network.classes, dataset.classes, fitting).label_map)
    except UserError:
        problem = "no class in common"
    return Pair(network, dataset, name, part, problem)


def transfer_matrix(
    rows: Sequence[Sequence[tuple[Pair, Evaluation | None]]],
    metric: str,
    progress: Progress = silent,
) -> Transfer:
    """The matrix from predictions; ``None`` for a pair that cannot be measured."""
    cells: list[list[Cell]] = []
    for i, row in enumerate(rows):
        progress(i / (len(rows) + 1), f"intervals of {row[0][0].network.name}")
        cells.append([_cell(each, evaluation, metric) for each, evaluation in row])
    progress(len(rows) / (len(rows) + 1), "chance in the differences")
    for j in range(len(rows[0])):
        fair = [i for i, line in enumerate(cells) if line[j].estimate is not None and not line[j].seen]
        best = _best([evaluation for i in fair if (evaluation := rows[i][j][1]) is not None], metric)
        if best is not None:
            at = fair[best]
            cells[at][j] = replace(cells[at][j], best=True)
    networks = [row[0][0].network for row in rows]
    return Transfer(
        metric,
        tuple(network.name for network in networks),
        tuple(str(network.provenance.get("data", "not known")) for network in networks),
        tuple(each.name for each, _ in rows[0]),
        tuple(tuple(line) for line in cells),
    )


def _cell(each: Pair, evaluation: Evaluation | None, metric: str) -> Cell:
    on_own_data = each.network.provenance.get("data") == each.name
    if evaluation is None:
        return Cell(each.network.name, each.name, each.part.name, None, 0, on_own_data, 0, problem=each.problem)
    overlap = training_overlap(evaluation, each.network, each.dataset, each.name)
    return Cell(
        each.network.name,
        each.name,
        evaluation.split,
        evaluation.estimate((metric,))[metric],
        evaluation.n,
        on_own_data,
        0 if overlap is None else int(overlap.trained.sum()),
        evaluation.classes,
        label_map=evaluation.label_map,
    )


def _best(evaluations: Sequence[Evaluation], metric: str) -> int | None:
    if len(evaluations) < 2:
        return None
    try:
        pairs = compare(evaluations, metric)
    except UserError:  # other classes or other pictures: they cannot be compared
        return None
    values = [each.value(metric) for each in evaluations]
    return winner(metric, values, pairs)
