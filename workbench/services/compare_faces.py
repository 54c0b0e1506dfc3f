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
from fer_models.evaluation.significance import Comparison, agreement_matrix, compare, paired
from workbench.services import background
from workbench.services.background import Job
from workbench.services.predictions import digest
from workbench.services.standing import training
from workbench.services.wording import percent

#: Metrics of the table.
FIGURES = ("accuracy", "balanced_accuracy", "macro_f1", "mcc", "log_loss", "ece")
#: A corrected p-value below this counts as more than chance.
LEVEL = 0.05


@dataclass(frozen=True)
class Standing:
    """Networks on the n pictures that all of them answered.

    Args:
        evaluations: cut to those pictures, in the order of ``names``.
        estimates: of each network, metric -> value and interval.
        pairs: every two networks by accuracy.
        best: metric -> place of the network that beats each other one by more than chance; others are absent.
        agreement: float (M, M), share of pictures with the same answer, right or wrong.
    """

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


def start(names: Sequence[str], evaluations: Sequence[Evaluation]) -> Job:
    """Compare in the background; the job's result is the :class:`Standing`. Asked again, it is the same job."""
    key = ("compare faces", tuple(names), tuple(digest(each) for each in evaluations))
    return background.once(key, lambda tell: standing(names, evaluations, tell))


def standing(
    names: Sequence[str], evaluations: Sequence[Evaluation], tell: background.Progress = lambda done, what: None
) -> Standing:
    """All that the table says, in seconds for a few networks.

    Raises:
        UserError: If fewer than two are given, or they were not measured on the same pictures and classes.
    """
    same = paired(evaluations)
    steps = len(FIGURES) + 1
    tell(0, "intervals")
    estimates = tuple(each.estimate(FIGURES) for each in same)
    best: dict[str, int] = {}
    pairs: list[Comparison] = []
    for i, metric in enumerate(FIGURES):
        tell((i + 1) / steps, f"chance in {METRICS[metric].title}")
        found = compare(same, metric)
        if metric == "accuracy":
            pairs = found
        if (winner := _winner(metric, [each[metric].value for each in estimates], found)) is not None:
            best[metric] = winner
    return Standing(tuple(names), tuple(same), estimates, tuple(pairs), best, agreement_matrix(same))


def p_value(pair: Comparison) -> float:
    """Corrected for the number of pairs: McNemar's exact one for accuracy, that of the paired bootstrap for others."""
    return pair.mcnemar_holm if pair.metric == "accuracy" else pair.p_holm


def _winner(metric: str, values: Sequence[float], pairs: Sequence[Comparison]) -> int | None:
    chosen = METRICS[metric]
    top = max(range(len(values)), key=lambda i: values[i] if chosen.direction == "higher" else -values[i])
    against = [pair for pair in pairs if top in (pair.a, pair.b)]
    return top if all(p_value(pair) < LEVEL for pair in against) else None


def sentences(found: Standing) -> list[str]:
    """For each pair what only one of the two gets right, the difference, and whether it can be chance."""
    told = []
    for pair in found.pairs:
        a, b = found.names[pair.a], found.names[pair.b]
        low, high = 100 * pair.difference.low, 100 * pair.difference.high
        verdict = "is more than chance" if p_value(pair) < LEVEL else "can be chance"
        corrected = f", corrected for {len(found.pairs)} pairs" if len(found.pairs) > 1 else ""
        told.append(
            f"{a} alone gets {pair.mcnemar.only_a:,} pictures right, {b} alone {pair.mcnemar.only_b:,}: the difference "
            f"in accuracy of {100 * pair.difference.value:+.1f} points [{low:+.1f}, {high:+.1f}] {verdict} "
            f"(McNemar's exact test, {_p(p_value(pair))}{corrected}). They give the same answer to "
            f"{percent(float(found.agreement[pair.a, pair.b]))} of the {found.n:,} pictures."
        )
    return told


def columns() -> list[str]:
    """Heads of the figures' columns."""
    return [f"{METRICS[key].title}{', %' if METRICS[key].percent else ''}" for key in FIGURES]


def cells(found: Standing) -> list[list[str]]:
    """Of each network its figures as ``66.8 [65.3, 68.3]``."""
    return [[_text(key, each[key]) for key in FIGURES] for each in found.estimates]


def marked(found: Standing) -> set[tuple[int, int]]:
    """Row and column of the figures that stand in bold."""
    return {(place, FIGURES.index(key)) for key, place in found.best.items()}


def csv(found: Standing) -> str:
    """A line a network and metric, with all digits and where it comes from."""
    rows = []
    for name, each, estimates in zip(found.names, found.evaluations, found.estimates, strict=True):
        for key in FIGURES:
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
    """The table for a paper (package ``booktabs``), what is best beyond chance in bold."""
    table = pd.DataFrame(cells(found), columns=columns())
    table.insert(0, "Network", list(found.names))
    bold = {(row, column + 1) for row, column in marked(found)}
    places = pd.DataFrame(
        [["textbf:--rwrap;" if (i, j) in bold else "" for j in range(table.shape[1])] for i in range(len(table))],
        columns=table.columns,
    )
    first = found.evaluations[0]
    caption = (
        f"{first.data}, {first.split}, n = {found.n:,}; in brackets 95 \\% intervals. Bold: better than each other one "
        "by more than chance (paired, Holm-corrected, p < 0.05)."
    ).replace("_", r"\_")
    style = table.style.format(escape="latex").format_index(escape="latex", axis=1).hide(axis="index")
    text = style.apply(lambda _: places, axis=None).to_latex(
        hrules=True, caption=caption, column_format="l" + "r" * len(FIGURES)
    )
    return f"% needs \\usepackage{{booktabs}}\n{text}"


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
    found = training(checkpoint, dataset, name)
    return 0 if found is None else int(np.isin(evaluation.positions, found[1].train).sum())


def _p(value: float) -> str:
    return "p < 0.001" if value < 0.001 else f"p = {value:.2g}"


def _text(metric: str, estimate: Estimate) -> str:
    if METRICS[metric].percent:
        return f"{100 * estimate.value:.1f} [{100 * estimate.low:.1f}, {100 * estimate.high:.1f}]"
    return f"{estimate.value:.3f} [{estimate.low:.3f}, {estimate.high:.3f}]"
