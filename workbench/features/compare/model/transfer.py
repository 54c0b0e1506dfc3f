"""Trained on one data set, measured on others: a matrix of figures with the label map of every pair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from fer_models.checkpoint import Checkpoint
from fer_models.classifier import Classifier
from fer_models.data import FaceDataset
from fer_models.data.readers.base import split_role
from fer_models.errors import UserError
from fer_models.evaluation.class_match import LabelMap, class_key, match_classes
from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.intervals import Estimate
from fer_models.evaluation.metrics import METRICS
from fer_models.evaluation.part import Part
from fer_models.evaluation.predictions import predictions_for
from fer_models.evaluation.significance import compare
from fer_models.evaluation.training_overlap import held_out_part
from fer_models.progress import Progress, within
from workbench.app import jobs, machine
from workbench.app.jobs import Job
from workbench.app.latex import escaped, latex_table
from workbench.features.compare.model import same_faces

#: Metrics that the matrix can show.
FIGURES = ("accuracy", "balanced_accuracy", "macro_f1")


@dataclass(frozen=True, eq=False)
class Pair:
    """A network and the pictures of a data set that it is asked about; ``problem`` says why it cannot be.

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
    """The matrix, a row a network, a column a data set; ``metric`` is what stands in it."""

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
    """What to ask: the pictures that the network's own training protocol held out, or else the split.

    Args:
        label_map: of the data set; what of it this network has no class for is matched by name.

    Raises:
        UserError: If there is no such split.
    """
    part = held_out_part(network, dataset, name) or Part.of_split(dataset, split)
    problem = "" if len(part.index) else f"{split} has no picture with a known class"
    try:
        known = {class_key(own) for own in network.classes}
        wanted = tuple(line for line in label_map if not line[1] or class_key(line[1]) in known)
        part = replace(part, label_map=match_classes(network.classes, dataset.classes, wanted).label_map)
    except UserError:
        problem = "no class in common"
    return Pair(network, dataset, name, part, problem)


def predict(pairs: Sequence[Pair]) -> Job:
    """Ask each network about its pictures in the background; every table is cached on its own as soon as it is made."""
    total = sum(len(each.part.index) for each in pairs)

    def work(tell: jobs.Progress) -> int:
        machine.limit_threads()
        done = 0
        for each in pairs:
            where = f"{each.network.name} on {each.part.name} of {each.name}"

            whole = within(tell, done / max(total, 1), (done + len(each.part.index)) / max(total, 1))

            def step(fraction: float, message: str, whole: Progress = whole, where: str = where) -> None:
                whole(fraction, f"{where}, {message}")

            tell(done / max(total, 1), where)
            classifier = Classifier(each.network, machine.compute_device())
            predictions_for(
                classifier,
                each.dataset,
                each.part.index,
                split_name=each.part.name,
                selection=each.network.selection,
                label_map=each.part.label_map,
                progress=step,
            )
            done += len(each.part.index)
        return done

    return jobs.once(_key(pairs), work)


def forget(pairs: Sequence[Pair]) -> None:
    """Let :func:`predict` try again after a failure."""
    jobs.forget(_key(pairs))


def start(rows: Sequence[Sequence[tuple[Pair, Evaluation | None]]], metric: str) -> Job:
    """Compute the matrix in the background; the job's result is the :class:`Transfer`."""
    digests = tuple(tuple("" if found is None else found.identity for _, found in row) for row in rows)
    names = tuple((row[0][0].network.identity, row[0][0].network.name) for row in rows)
    key = ("transfer", metric, names, tuple(each.name for each, _ in rows[0]), digests)
    return jobs.once(key, lambda tell: transfer(rows, metric, tell))


def transfer(
    rows: Sequence[Sequence[tuple[Pair, Evaluation | None]]],
    metric: str,
    tell: jobs.Progress = lambda done, what: None,
) -> Transfer:
    """The matrix from predictions; ``None`` stands for a pair that cannot be asked."""
    cells: list[list[Cell]] = []
    for i, row in enumerate(rows):
        tell(i / (len(rows) + 1), f"intervals of {row[0][0].network.name}")
        cells.append([_cell(each, found, metric) for each, found in row])
    tell(len(rows) / (len(rows) + 1), "chance in the differences")
    for j in range(len(rows[0])):
        fair = [i for i, line in enumerate(cells) if line[j].estimate is not None and not line[j].seen]
        best = _best([found for i in fair if (found := rows[i][j][1]) is not None], metric)
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


def _cell(each: Pair, found: Evaluation | None, metric: str) -> Cell:
    own = each.network.provenance.get("data") == each.name
    if found is None:
        return Cell(each.network.name, each.name, each.part.name, None, 0, own, 0, problem=each.problem)
    seen = same_faces.seen(each.network, found, each.dataset, each.name)
    estimate = found.estimate((metric,))[metric]
    return Cell(
        each.network.name,
        each.name,
        found.split,
        estimate,
        found.n,
        own,
        seen,
        found.classes,
        label_map=found.label_map,
    )


def _best(evaluations: Sequence[Evaluation], metric: str) -> int | None:
    if len(evaluations) < 2:
        return None
    try:
        pairs = compare(evaluations, metric)
    except UserError:  # Other classes or other pictures: nothing can be told.
        return None
    values = [each.value(metric) for each in evaluations]
    return same_faces.winner(metric, values, pairs)


def label_lines(network: tuple[str, ...], data: tuple[str, ...], label_map: LabelMap) -> list[tuple[str, str, str]]:
    """Data set's class, the network's class that it counts as, and ``"by hand"``; a dash where the other side has none.

    Raises:
        UserError: If no class is common.
    """
    match = match_classes(network, data, label_map)
    by_hand = dict(match.label_map)
    counted = [network[int(match.of_network[k])] if k >= 0 else "–" for k in match.of_label]
    lines = [(own, other, "by hand" if own in by_hand else "") for own, other in zip(data, counted, strict=True)]
    return lines + [("–", name, "") for name in network if name not in counted]


def map_words(label_map: LabelMap) -> str:
    """``contempt as disgust, neutral left out``."""
    return ", ".join(f"{own} as {counted}" if counted else f"{own} left out" for own, counted in label_map)


def map_text(label_map: Sequence[tuple[str, str]]) -> str:
    """As ``fer evaluate --map`` takes it."""
    return ",".join(f"{own}={counted}" for own, counted in label_map)


def map_choices(networks: Sequence[Checkpoint], dataset: FaceDataset) -> list[tuple[str, str, list[str]]]:
    """Each of the data set's classes, what it counts as by name (``""`` for nothing), and all that it can count as."""
    known = list(dict.fromkeys(name for network in networks for name in network.classes))
    by_name = {own: other for own, other, _ in label_lines(tuple(known), dataset.classes, ()) if own != "–"}
    return [(own, "" if by_name[own] == "–" else by_name[own], [*known, ""]) for own in dataset.classes]


def text(cell: Cell, metric: str) -> str:
    """``66.8 [65.3, 68.3]``, or why there is none."""
    if cell.estimate is None:
        return cell.problem
    value, low, high = (100 * v for v in cell.estimate) if METRICS[metric].percent else cell.estimate
    return f"{value:.1f} [{low:.1f}, {high:.1f}]"


def maps(found: Transfer) -> dict[str, str]:
    """Data set -> its label map in words, of those that have one."""
    told: dict[str, list[str]] = {}
    for row in found.cells:
        for cell in row:
            told.setdefault(cell.data, []).extend(map_words((line,)) for line in cell.label_map)
    return {name: ", ".join(dict.fromkeys(words)) for name, words in told.items() if words}


def csv(found: Transfer) -> str:
    """A line a cell, with all digits and where it comes from."""
    lines = []
    for trained, row in zip(found.trained_on, found.cells, strict=True):
        for cell in row:
            value, low, high = cell.estimate or (np.nan, np.nan, np.nan)
            lines.append(
                {"network": cell.network, "trained_on": trained, "measured_on": cell.data, "split": cell.split,
                 "metric": found.metric, "value": value, "low": low, "high": high, "n": cell.n,
                 "classes": " ".join(cell.classes), "pictures_seen_in_training": cell.seen,
                 "best_beyond_chance": cell.best, "label_map": map_text(cell.label_map), "remark": cell.problem}
            )  # fmt: skip
    return pd.DataFrame(lines).to_csv(index=False)


def latex(found: Transfer) -> str:
    """The matrix for a paper (package ``booktabs``)."""
    rows = [
        [network, trained, *(text(cell, found.metric) + ("*" if cell.seen else "") for cell in row)]
        for network, trained, row in zip(found.networks, found.trained_on, found.cells, strict=True)
    ]
    bold = {(i, j + 2) for i, row in enumerate(found.cells) for j, cell in enumerate(row) if cell.best}
    caption = escaped(
        f"{METRICS[found.metric].title} in % with 95 % intervals, networks by the data that they were trained on. "
        "Bold: better than each other one of the column by more than chance (paired, Holm-corrected, p < 0.05)."
        + (" *: trained on some of these pictures." if any(c.seen for row in found.cells for c in row) else "")
        + "".join(f" Label map of {name}: {words}." for name, words in maps(found).items())
    )
    return latex_table(["Network", "Trained on", *found.data], rows, bold, caption)


def _key(pairs: Sequence[Pair]) -> tuple[object, ...]:
    return ("transfer predictions", *((p.network.identity, p.name, p.part.key) for p in pairs))
