"""The matrix across data sets: the jobs that compute it, the texts of its cells, and its files."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fer_models.classifier import Classifier
from fer_models.device import inference_device
from fer_models.evaluation.comparison.label_maps import map_text, map_words
from fer_models.evaluation.comparison.transfer import Cell, Pair, Transfer, transfer_matrix
from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.metrics import METRICS
from fer_models.evaluation.predictions import predictions_for
from fer_models.evaluation.protocol import Protocol
from fer_models.progress import Progress, within
from fer_models.tables import latex_table, records_csv
from workbench.app import jobs
from workbench.app.jobs import Job

#: Largest product of images and networks that are compared in less than a second.
_QUICK = 40_000
#: Metrics that the matrix can show.
FIGURES = ("accuracy", "balanced_accuracy", "macro_f1")


def predict(pairs: Sequence[Pair]) -> Job:
    """Compute the predictions of each pair in the background; every table is cached as soon as it is complete."""
    total = sum(len(each.part.index) for each in pairs)

    def work(progress: Progress) -> int:
        done = 0
        for each in pairs:
            pair_name = f"{each.network.name} on {each.part.name} of {each.name}"
            pair_progress = within(progress, done / max(total, 1), (done + len(each.part.index)) / max(total, 1))

            def step(fraction: float, message: str, whole: Progress = pair_progress, where: str = pair_name) -> None:
                whole(fraction, f"{where}, {message}")

            progress(done / max(total, 1), pair_name)
            classifier = Classifier(each.network, inference_device())
            predictions_for(classifier, each.dataset, Protocol(each.part, each.network.selection), progress=step)
            done += len(each.part.index)
        return done

    return jobs.start(
        _key(pairs), f"Predictions of {_networks(len({p.network.identity for p in pairs}))}", work, lane="long"
    )


def find_predictions(pairs: Sequence[Pair]) -> Job | None:
    """The job of :func:`predict`, if it was begun."""
    return jobs.find(_key(pairs))


def start(rows: Sequence[Sequence[tuple[Pair, Evaluation | None]]], metric: str) -> Job:
    """Compute the matrix in the background; the job's result is the :class:`Transfer`."""
    return jobs.start(
        _matrix_key(rows, metric),
        f"Comparison of {_networks(len(rows))} across data sets",
        lambda progress: transfer_matrix(rows, metric, progress),
        lane="short",
    )


def find(rows: Sequence[Sequence[tuple[Pair, Evaluation | None]]], metric: str) -> Job | None:
    """The job of :func:`start`, if it was begun."""
    return jobs.find(_matrix_key(rows, metric))


def is_quick(rows: Sequence[Sequence[tuple[Pair, Evaluation | None]]]) -> bool:
    """Whether :func:`transfer` takes less than a second: its cost grows with pictures and pairs of networks."""
    pictures = sum(evaluation.n for row in rows for _, evaluation in row if evaluation is not None)
    return pictures * len(rows) <= _QUICK


def _networks(count: int) -> str:
    return "1 network" if count == 1 else f"{count} networks"


def _matrix_key(rows: Sequence[Sequence[tuple[Pair, Evaluation | None]]], metric: str) -> tuple[object, ...]:
    digests = tuple(tuple("" if evaluation is None else evaluation.identity for _, evaluation in row) for row in rows)
    names = tuple((row[0][0].network.identity, row[0][0].network.name) for row in rows)
    return ("transfer", metric, names, tuple(each.name for each, _ in rows[0]), digests)


def text(cell: Cell, metric: str) -> str:
    """``66.8 [65.3, 68.3]``, or why there is none."""
    if cell.estimate is None:
        return cell.problem
    value, low, high = (100 * v for v in cell.estimate) if METRICS[metric].percent else cell.estimate
    return f"{value:.1f} [{low:.1f}, {high:.1f}]"


def maps(result: Transfer) -> dict[str, str]:
    """Data set -> its label map in words, if it has one."""
    lines_by_data: dict[str, list[str]] = {}
    for row in result.cells:
        for cell in row:
            lines_by_data.setdefault(cell.data, []).extend(map_words((line,)) for line in cell.label_map)
    return {name: ", ".join(dict.fromkeys(words)) for name, words in lines_by_data.items() if words}


def csv(result: Transfer) -> str:
    """One row per cell, with all digits and the source."""
    lines = []
    for trained, row in zip(result.trained_on, result.cells, strict=True):
        for cell in row:
            value, low, high = cell.estimate or (np.nan, np.nan, np.nan)
            lines.append(
                {
                    "network": cell.network,
                    "trained_on": trained,
                    "measured_on": cell.data,
                    "split": cell.split,
                    "metric": result.metric,
                    "value": value,
                    "low": low,
                    "high": high,
                    "n": cell.n,
                    "classes": " ".join(cell.classes),
                    "pictures_seen_in_training": cell.seen,
                    "best_beyond_chance": cell.best,
                    "label_map": map_text(cell.label_map),
                    "remark": cell.problem,
                }
            )
    return records_csv(lines)


def latex(result: Transfer) -> str:
    """The matrix for a paper (package ``booktabs``)."""
    rows = [
        [network, trained, *(text(cell, result.metric) + ("*" if cell.seen else "") for cell in row)]
        for network, trained, row in zip(result.networks, result.trained_on, result.cells, strict=True)
    ]
    bold = {(i, j + 2) for i, row in enumerate(result.cells) for j, cell in enumerate(row) if cell.best}
    caption = (
        f"{METRICS[result.metric].title} in % with 95 % intervals, networks by the data that they were trained on. "
        "Bold: better than each other one of the column by more than chance (paired, Holm-corrected, p < 0.05)."
        + (" *: trained on some of these images." if any(c.seen for row in result.cells for c in row) else "")
        + "".join(f" Label map of {name}: {words}." for name, words in maps(result).items())
    )
    return latex_table(["Network", "Trained on", *result.data], rows, caption=caption, bold=bold)


def _key(pairs: Sequence[Pair]) -> tuple[object, ...]:
    return ("transfer predictions", *((p.network.identity, p.name, p.part.key) for p in pairs))
