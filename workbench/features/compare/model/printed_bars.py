"""One metric of a paper over methods and data sets: printed, and beside it what was measured here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fer_models.evaluation.claims.paper_figures import OUR_METRICS, paper_figures
from fer_models.papers import PAPERS
from workbench.app.datasets import known
from workbench.app.inventory import TrainedNetwork


@dataclass(frozen=True)
class Measured:
    """The paper's own network, measured here on a data set; shares in [0, 1].

    Args:
        name: Of the trained network.
        value: The metric.
        low: Lower end of its interval.
        high: Upper end of its interval.
        split: What it was measured on.
    """

    name: str
    value: float
    low: float
    high: float
    split: str


@dataclass(frozen=True)
class Bars:
    """Values by method and data set, in the paper's order; ``measured`` by data set."""

    datasets: tuple[str, ...]
    printed: dict[str, dict[str, float]]
    measured: dict[str, Measured]


def metrics(paper: str) -> list[str]:
    """The metrics that a paper prints and that can be measured, in its order."""
    return [m for m in dict.fromkeys(f.metric for f in paper_figures(paper=paper)) if m in OUR_METRICS]


def bars(paper: str, metric: str, networks: Iterable[TrainedNetwork]) -> Bars:
    """A metric of a paper; single folds are left out, of several tables the first counts."""
    printed: dict[str, dict[str, float]] = {}
    readers: dict[str, str] = {}
    for figure in paper_figures(paper=paper, metric=metric):
        if figure.case.startswith("R#"):
            continue
        name = f"{figure.method}, {figure.case}" if figure.case and figure.case != "average" else figure.method
        printed.setdefault(name, {}).setdefault(figure.dataset, figure.value)
        readers.setdefault(figure.dataset, figure.reader)
    reader_of = {entry.name: entry.reader.split(":")[0] for entry in known()}
    own = (PAPERS[paper].network, *PAPERS[paper].other_networks)
    measured: dict[str, Measured] = {}
    for network in networks:
        checkpoint = network.checkpoint
        if checkpoint is None or checkpoint.network not in own:
            continue
        for row in checkpoint.figures(OUR_METRICS[metric])[:1]:
            reader = reader_of.get(str(row.get("data")), str(row.get("data")))
            for dataset in (name for name, key in readers.items() if key == reader):
                found = Measured(network.title, row["value"], row["low"], row["high"], str(row.get("split", "")))
                if dataset not in measured or found.value > measured[dataset].value:
                    measured[dataset] = found
    return Bars(tuple(readers), printed, measured)
