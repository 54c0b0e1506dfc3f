"""Networks on the same faces: figures with intervals, whether their differences are more than chance, and the faces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from fer_models.checkpoint import Checkpoint
from fer_models.data import FaceDataset
from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.intervals import Estimate
from fer_models.evaluation.metrics import METRICS
from fer_models.evaluation.significance import LEVEL, Comparison, agreement_matrix, compare, paired, winner
from fer_models.evaluation.training_overlap import training_overlap
from fer_models.progress import Progress
from workbench.app import jobs
from workbench.app.jobs import Job
from workbench.app.latex import latex_table
from workbench.app.wording import percent

#: Metrics of the table, unless all are asked for.
FIGURES = ("accuracy", "balanced_accuracy", "macro_f1", "mcc", "log_loss", "ece")
ALL_FIGURES = tuple(METRICS)
#: Pictures times figures times networks and pairs that take less than a second.
_QUICK = 20_000


@dataclass(frozen=True)
class Standing:
    """Networks on the n pictures that all of them answered.

    Args:
        figures: keys of the metrics that were compared.
        evaluations: cut to those pictures, in the order of ``names``.
        estimates: of each network, metric -> value and interval.
        pairs: every two networks by accuracy.
        best: metric -> place of the network that beats each other one by more than chance; others are absent.
        agreement: float (M, M), share of pictures with the same answer, right or wrong.
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
        """How many pictures."""
        return self.evaluations[0].n


def start(names: Sequence[str], evaluations: Sequence[Evaluation], figures: tuple[str, ...] = FIGURES) -> Job:
    """Compare in the background; the job's result is the :class:`Standing`. Asked again, it is the same job."""
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
    tell: Progress = lambda done, what: None,
    figures: tuple[str, ...] = FIGURES,
) -> Standing:
    """All that the table says, in seconds for a few networks.

    Args:
        figures: keys of metrics, accuracy among them.

    Raises:
        UserError: If fewer than two are given, or they were not measured on the same pictures and classes.
    """
    same = paired(evaluations)
    steps = len(figures) + len(same)
    estimates = []
    for i, (name, each) in enumerate(zip(names, same, strict=True)):
        tell(i / steps, f"intervals of {name}")
        estimates.append(each.estimate(figures))
    best: dict[str, int] = {}
    pairs: list[Comparison] = []
    for i, metric in enumerate(figures):
        tell((i + len(same)) / steps, f"chance in {METRICS[metric].title}")
        found = compare(same, metric)
        if metric == "accuracy":
            pairs = found
        if (first := winner(metric, [each[metric].value for each in estimates], found)) is not None:
            best[metric] = first
    agreement = agreement_matrix(same)
    return Standing(figures, tuple(names), tuple(same), tuple(estimates), tuple(pairs), best, agreement)


def sentences(found: Standing) -> list[str]:
    """For each pair what only one of the two gets right, the difference, and whether it can be chance."""
    told = []
    for pair in found.pairs:
        a, b = found.names[pair.a], found.names[pair.b]
        low, high = 100 * pair.difference.low, 100 * pair.difference.high
        verdict = "is more than chance" if pair.p_corrected < LEVEL else "can be chance"
        corrected = f", corrected for {len(found.pairs)} pairs" if len(found.pairs) > 1 else ""
        told.append(
            f"{a} alone gets {pair.mcnemar.only_a:,} pictures right, {b} alone {pair.mcnemar.only_b:,}: the difference "
            f"in accuracy of {100 * pair.difference.value:+.1f} points [{low:+.1f}, {high:+.1f}] {verdict} "
            f"(McNemar's exact test, {_p(pair.p_corrected)}{corrected}). They give the same answer to "
            f"{percent(float(found.agreement[pair.a, pair.b]))} of the {found.n:,} pictures."
        )
    return told


def columns(found: Standing) -> list[str]:
    """Names of the figures, with the sign of those in per cent."""
    return [f"{METRICS[key].title}{', %' if METRICS[key].percent else ''}" for key in found.figures]


def cells(found: Standing) -> list[list[str]]:
    """Of each network its figures as ``66.8 [65.3, 68.3]``."""
    return [[_text(key, each[key]) for key in found.figures] for each in found.estimates]


def marked(found: Standing) -> set[tuple[int, int]]:
    """Network and figure, as places in :func:`cells`, of what stands in bold."""
    return {(place, found.figures.index(key)) for key, place in found.best.items()}


def csv(found: Standing) -> str:
    """A line a network and metric, with all digits and where it comes from."""
    rows = []
    for name, each, estimates in zip(found.names, found.evaluations, found.estimates, strict=True):
        for key in found.figures:
            place = found.best.get(key)
            rows.append(
                {
                    "network": name,
                    "metric": key,
                    **estimates[key]._asdict(),
                    "n": found.n,
                    "data": each.data,
                    "split": each.split,
                    "selected_on": each.selection,
                    "averaging": each.averaging,
                    "best_beyond_chance": place is not None and found.names[place] == name,
                }
            )
    return pd.DataFrame(rows).to_csv(index=False)


def latex(found: Standing) -> str:
    """The table for a paper (package ``booktabs``), what is best beyond chance in bold.

    A row is a network; where there are more figures than fit beside each other, a figure.
    """
    heads, rows, bold = oriented(found)
    first = found.evaluations[0]
    caption = (
        f"{first.data}, {first.split}, n = {found.n:,}; in brackets 95 \\% intervals. Bold: better than each other one "
        "by more than chance (paired, Holm-corrected, p < 0.05)."
    ).replace("_", r"\_")
    return latex_table(heads, rows, bold, caption)


def oriented(found: Standing) -> tuple[list[str], list[list[str]], set[tuple[int, int]]]:
    """Heads, rows and places in bold of the table: a row a network, or a row a figure where there are many."""
    body, names, figures, bold = cells(found), list(found.names), columns(found), marked(found)
    if len(figures) <= len(FIGURES):
        return ["Network", *figures], [[n, *line] for n, line in zip(names, body, strict=True)], _shifted(bold)
    turned = [[figure, *(line[i] for line in body)] for i, figure in enumerate(figures)]
    return ["Figure", *names], turned, _shifted({(figure, network) for network, figure in bold})


def _shifted(places: set[tuple[int, int]]) -> set[tuple[int, int]]:
    return {(row, column + 1) for row, column in places}


def only_right(right: Evaluation, wrong: Evaluation) -> np.ndarray:
    """Places, int64, of the pictures that one network gets right and the other wrong, its surest mistakes first."""
    chosen = np.flatnonzero((right.predictions == right.targets) & (wrong.predictions != wrong.targets))
    sure = wrong.probabilities[chosen, wrong.predictions[chosen]]
    return chosen[np.argsort(-sure, kind="stable")]


def seen(checkpoint: Checkpoint, evaluation: Evaluation, dataset: FaceDataset, name: str) -> int:
    """How many of the measured pictures trained the network, as far as can be told.

    Args:
        name: under which the data set was opened.
    """
    overlap = training_overlap(evaluation, checkpoint, dataset, name)
    return 0 if overlap is None else int(overlap.trained.sum())


def _p(value: float) -> str:
    return "p < 0.001" if value < 0.001 else f"p = {value:.2g}"


def _text(metric: str, estimate: Estimate) -> str:
    if METRICS[metric].percent:
        return f"{100 * estimate.value:.1f} [{100 * estimate.low:.1f}, {100 * estimate.high:.1f}]"
    return f"{estimate.value:.3f} [{estimate.low:.3f}, {estimate.high:.3f}]"
