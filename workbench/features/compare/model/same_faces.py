"""Networks on the same faces: figures with intervals, significance of their differences, and the faces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fer_models.checkpoint import Checkpoint
from fer_models.data import FaceDataset
from fer_models.evaluation.comparison.significance import Comparison, agreement_matrix, compare, paired, winner
from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.intervals import Estimate
from fer_models.evaluation.metrics import METRICS
from fer_models.evaluation.sentence import interval_text
from fer_models.evaluation.training_overlap import training_overlap
from fer_models.progress import Progress
from fer_models.tables import latex_table, records_csv
from workbench.app import jobs
from workbench.app.jobs import Job
from workbench.app.wording import percent

#: Metrics of the short table.
FIGURES = ("accuracy", "balanced_accuracy", "macro_f1", "mcc", "log_loss", "ece")
ALL_FIGURES = tuple(METRICS)
#: Largest product of images, figures, and networks plus pairs that takes less than a second.
_QUICK = 20_000


@dataclass(frozen=True)
class Standing:
    """Networks on the n images that all of them have predictions for.

    Args:
        figures: Keys of the metrics that were compared.
        names: Names of the M networks.
        evaluations: Their predictions for those images, in the order of ``names``.
        estimates: For each network, metric -> value and interval.
        pairs: Comparisons of accuracy of all pairs.
        best: Metric -> index of the network that is significantly better than each other; absent if there is none.
        agreement: float (M, M), share of images with the same prediction, right or wrong.
    """

    figures: tuple[str, ...]
    names: tuple[str, ...]
    evaluations: tuple[Evaluation, ...]
    estimates: tuple[dict[str, Estimate], ...]
    pairs: tuple[Comparison, ...]
    best: dict[str, int]
    agreement: np.ndarray

    @property
    def n(self) -> int:
        """Number of images."""
        return self.evaluations[0].n


def start(names: Sequence[str], evaluations: Sequence[Evaluation], figures: tuple[str, ...] = FIGURES) -> Job:
    """Compare in the background, or find the job that does; its result is the :class:`Standing`."""
    return jobs.start(
        _key(names, evaluations, figures),
        f"Comparison of {len(names)} networks",
        lambda progress: standing(names, evaluations, progress, figures),
        lane="short",
    )


def find(names: Sequence[str], evaluations: Sequence[Evaluation], figures: tuple[str, ...]) -> Job | None:
    """The job of :func:`start`, if it was begun."""
    return jobs.find(_key(names, evaluations, figures))


def is_quick(evaluations: Sequence[Evaluation], figures: tuple[str, ...]) -> bool:
    """Whether :func:`standing` takes less than a second: its cost grows with pictures, figures and pairs."""
    pairs = len(evaluations) * (len(evaluations) - 1) // 2
    return evaluations[0].n * len(figures) * (pairs + len(evaluations)) <= _QUICK


def _key(names: Sequence[str], evaluations: Sequence[Evaluation], figures: tuple[str, ...]) -> tuple[object, ...]:
    return ("compare faces", figures, tuple(names), tuple(each.identity for each in evaluations))


def standing(
    names: Sequence[str],
    evaluations: Sequence[Evaluation],
    progress: Progress = lambda done, what: None,
    figures: tuple[str, ...] = FIGURES,
) -> Standing:
    """Everything the table shows; takes seconds for a few networks.

    Args:
        names: Names of the networks.
        evaluations: Their predictions.
        progress: Called with the fraction done and a message.
        figures: Keys of metrics, including accuracy.

    Raises:
        UserError: If there are fewer than two networks, or their images or classes differ.
    """
    common = paired(evaluations)
    steps = len(figures) + len(common)
    estimates = []
    for i, (name, each) in enumerate(zip(names, common, strict=True)):
        progress(i / steps, f"intervals of {name}")
        estimates.append(each.estimate(figures))
    best: dict[str, int] = {}
    pairs: list[Comparison] = []
    for i, metric in enumerate(figures):
        progress((i + len(common)) / steps, f"chance in {METRICS[metric].title}")
        comparisons = compare(common, metric)
        if metric == "accuracy":
            pairs = comparisons
        if (winner_index := winner(metric, [each[metric].value for each in estimates], comparisons)) is not None:
            best[metric] = winner_index
    agreement = agreement_matrix(common)
    return Standing(figures, tuple(names), tuple(common), tuple(estimates), tuple(pairs), best, agreement)


def sentences(results: Standing) -> list[str]:
    """For each pair: how many images only one of the two gets right, the difference, and whether it is significant."""
    lines = []
    for pair in results.pairs:
        a, b = results.names[pair.a], results.names[pair.b]
        better = b if pair.difference.value < 0 else a
        gap, ends = abs(100 * pair.difference.value), sorted((100 * pair.difference.low, 100 * pair.difference.high))
        low, high = ends if better == a else (-ends[1], -ends[0])
        verdict = f"{better} is more accurate" if pair.proven else "No proven winner"
        corrected = f", corrected for {len(results.pairs)} pairs" if len(results.pairs) > 1 else ""
        lines.append(
            f"**{verdict}: {better} {gap:+.1f} points [{low:+.1f}, {high:+.1f}], {_p(pair.p_holm)}{corrected}.** "
            f"{a} alone gets {pair.only_a:,} images right, {b} alone {pair.only_b:,} (McNemar's exact test). Both give "
            f"the same answer to {percent(float(results.agreement[pair.a, pair.b]))} of the {results.n:,} images."
        )
    return lines


def columns(results: Standing) -> list[str]:
    """Titles of the figures, with the unit of those in per cent."""
    return [f"{METRICS[key].title}{', %' if METRICS[key].percent else ''}" for key in results.figures]


def cells(results: Standing) -> list[list[str]]:
    """The figures of each network as ``66.8 [65.3, 68.3]``."""
    return [[_text(key, each[key]) for key in results.figures] for each in results.estimates]


def marked(results: Standing) -> set[tuple[int, int]]:
    """Row and column, in :func:`cells`, of the bold cells."""
    return {(row, results.figures.index(key)) for key, row in results.best.items()}


def csv(results: Standing) -> str:
    """One row per network and metric, with all digits and the source."""
    rows = []
    for name, each, estimates in zip(results.names, results.evaluations, results.estimates, strict=True):
        for key in results.figures:
            best = results.best.get(key)
            rows.append(
                {
                    "network": name,
                    "metric": key,
                    **estimates[key]._asdict(),
                    "n": results.n,
                    "data": each.data,
                    "split": each.split,
                    "selected_on": each.selection,
                    "averaging": each.averaging,
                    "best_beyond_chance": best is not None and results.names[best] == name,
                }
            )
    return records_csv(rows)


def latex(results: Standing) -> str:
    """The table for a paper (package ``booktabs``), what is best beyond chance in bold.

    A row is a network; where there are more figures than fit beside each other, a figure.
    """
    heads, rows, bold = oriented(results)
    first = results.evaluations[0]
    caption = (
        f"{first.data}, {first.split}, n = {results.n:,}; in brackets 95 % intervals. Bold: better than each other "
        "one by more than chance (paired, Holm-corrected, p < 0.05)."
    )
    return latex_table(heads, rows, caption=caption, bold=bold)


def oriented(results: Standing) -> tuple[list[str], list[list[str]], set[tuple[int, int]]]:
    """Heads, rows and bold cells of the table: one row per network, or one per figure if there are many figures."""
    body, names, figures, bold = cells(results), list(results.names), columns(results), marked(results)
    if len(figures) <= len(FIGURES):
        return ["Network", *figures], [[n, *line] for n, line in zip(names, body, strict=True)], _shifted(bold)
    turned = [[figure, *(line[i] for line in body)] for i, figure in enumerate(figures)]
    return ["Figure", *names], turned, _shifted({(figure, network) for network, figure in bold})


def _shifted(bold: set[tuple[int, int]]) -> set[tuple[int, int]]:
    return {(row, column + 1) for row, column in bold}


def only_right(right: Evaluation, wrong: Evaluation) -> np.ndarray:
    """Indices, int64, of images that ``right`` gets right and ``wrong`` wrong, most confident mistakes first."""
    indices = np.flatnonzero((right.predictions == right.targets) & (wrong.predictions != wrong.targets))
    confidence = wrong.probabilities[indices, wrong.predictions[indices]]
    return indices[np.argsort(-confidence, kind="stable")]


def seen(checkpoint: Checkpoint, evaluation: Evaluation, dataset: FaceDataset, name: str) -> int:
    """How many of the measured images trained the network, as far as is recorded.

    Args:
        checkpoint: The network.
        evaluation: Its predictions.
        dataset: The data set.
        name: Name under which the data set was opened.
    """
    overlap = training_overlap(evaluation, checkpoint, dataset, name)
    return 0 if overlap is None else int(overlap.trained.sum())


def _p(value: float | None) -> str:
    if value is None:
        return "no test"
    return "p < 0.001" if value < 0.001 else f"p = {value:.2g}"


def _text(metric: str, estimate: Estimate) -> str:
    return interval_text(*estimate, percent=METRICS[metric].percent, unit=False)
